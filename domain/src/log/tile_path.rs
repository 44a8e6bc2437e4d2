//! The text form of a tile's path (C2SP tlog-tiles): one form for each tile, and no other is read.

use std::{fmt, str::FromStr};

use super::tile::{MAX_LEVEL, TILE_WIDTH, TileError, TileKind, TilePath};

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            TileKind::Hashes { level } => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        f.write_str(&index_groups(self.index()))?;
        if self.is_full() {
            Ok(())
        } else {
            write!(f, ".p/{}", self.width())
        }
    }
}

/// The index in groups of three digits, all but the last with an `x` before it.
fn index_groups(index: u64) -> String {
    let mut groups = format!("{:03}", index % 1_000);
    let mut rest = index / 1_000;
    while rest > 0 {
        groups = format!("x{:03}/{groups}", rest % 1_000);
        rest /= 1_000;
    }
    groups
}

impl FromStr for TilePath {
    type Err = TileError;

    fn from_str(text: &str) -> Result<Self, TileError> {
        let wrong = |reason| TileError::Path {
            path: text.to_owned(),
            reason,
        };
        let rest = text
            .strip_prefix("tile/")
            .ok_or_else(|| wrong("it does not begin with tile/"))?;
        let (kind, rest) = rest
            .split_once('/')
            .ok_or_else(|| wrong("the index is missing"))?;
        let kind = if kind == "entries" {
            TileKind::Entries
        } else {
            let level = plain_number(kind)
                .and_then(|level| u8::try_from(level).ok())
                .filter(|level| *level <= MAX_LEVEL)
                .ok_or_else(|| wrong("the level is neither entries nor 0 to 63"))?;
            TileKind::Hashes { level }
        };
        let (groups, width) = match rest.split_once(".p/") {
            None => (rest, TILE_WIDTH),
            Some((groups, width)) => {
                let width = plain_number(width)
                    .and_then(|width| u16::try_from(width).ok())
                    .filter(|width| (1..TILE_WIDTH).contains(width))
                    .ok_or_else(|| wrong("the width of a partial tile is not 1 to 255"))?;
                (groups, width)
            }
        };
        let index = parse_groups(groups).ok_or_else(|| {
            wrong("the index is not groups of three digits, all but the last with x")
        })?;
        Self::new(kind, index, width)
    }
}

/// Decimal digits without a sign or needless zeroes.
fn plain_number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Reads what [`index_groups`] writes and nothing else.
fn parse_groups(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let index: u64 = digits.parse().ok()?;
    (index_groups(index) == text).then_some(index)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hashes(level: u8, index: u64, width: u16) -> TilePath {
        TilePath::new(TileKind::Hashes { level }, index, width).unwrap()
    }

    fn entries(index: u64, width: u16) -> TilePath {
        TilePath::new(TileKind::Entries, index, width).unwrap()
    }

    #[test]
    fn paths_have_the_form_of_the_specification() {
        for (path, text) in [
            (hashes(0, 0, 256), "tile/0/000"),
            (hashes(0, 1_234_067, 256), "tile/0/x001/x234/067"),
            (hashes(7, 1_000, 1), "tile/7/x001/000.p/1"),
            (hashes(63, 999, 255), "tile/63/999.p/255"),
            (entries(0, 17), "tile/entries/000.p/17"),
            (entries(1_000_000, 256), "tile/entries/x001/x000/000"),
            (
                hashes(0, u64::MAX, 256),
                "tile/0/x018/x446/x744/x073/x709/x551/615",
            ),
        ] {
            assert_eq!(path.to_string(), text);
            assert_eq!(text.parse(), Ok(path));
        }
    }

    #[test]
    fn any_other_form_of_a_path_is_refused() {
        for text in [
            "",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "/tile/0/000",
            "tile/0/000/",
            "tile/00/000",
            "tile/+0/000",
            "tile/-1/000",
            "tile/64/000",
            "tile/256/000",
            "tile/x/000",
            "tile/Entries/000",
            "tile/data/000",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/00x",
            "tile/0/x000/000",
            "tile/0/x000/x001/000",
            "tile/0/001/000",
            "tile/0/x001000",
            "tile/0/x001//000",
            "tile/0/x001/x000",
            "tile/0/X001/000",
            "tile/0/000.p",
            "tile/0/000.p/",
            "tile/0/000.p/0",
            "tile/0/000.p/01",
            "tile/0/000.p/256",
            "tile/0/000.p/1.p/1",
            "tile/0/000.P/1",
            "tile/0/000 ",
            "tile/0/../000",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
            "tile/0/\u{0661}\u{0661}\u{0661}",
        ] {
            assert!(
                matches!(text.parse::<TilePath>(), Err(TileError::Path { .. })),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn path_and_text_are_inverse(level in 0_u8..64, index in any::<u64>(), width in 1_u16..=256, is_entries in any::<bool>()) {
            let kind = if is_entries { TileKind::Entries } else { TileKind::Hashes { level } };
            let path = TilePath::new(kind, index, width).unwrap();
            prop_assert_eq!(path.to_string().parse(), Ok(path));
            prop_assert!(path.nodes().len() <= 256);
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "tile/(entries|[0-9]{1,3})/[x0-9/]{0,12}(\\.p/[0-9]{0,4})?") {
            if let Ok(path) = text.parse::<TilePath>() {
                prop_assert_eq!(path.to_string(), text);
            }
        }
    }
}
