//! The tree: entries against the leaf tiles, each row of tiles against the row below, both against the signed root, and the
//! tree kept from an earlier run against the beginning of this one.
//!
//! The tree of the entries and the tree of the leaf tiles are built side by side from the first leaf in which they differ. A
//! tile that was altered is then told apart from an entry that was: whichever of the two trees has the signed root was not.

use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::hash::{Hash, leaf_hash};
use commonweal_domain::log::tile::{TILE_HEIGHT, TILE_WIDTH, TileKind, TilePath};
use commonweal_domain::log::tree::{Frontier, TreeError};

use crate::Sound;
use crate::parse::Entries;
use crate::report::{Finding, Report};
use crate::tiles::Tiles;

/// A tree that grows leaf by leaf and remembers whether it went through the root kept before.
#[derive(Clone)]
struct Growing {
    frontier: Frontier,
    continues_kept: bool,
}

/// The hashes of one row of tiles above the leaves that no tile was compared with yet.
#[derive(Default)]
struct Row {
    tile: u64,
    hashes: Vec<Hash>,
}

/// The check of one tree, in memory that does not grow with it.
pub(crate) struct TreeCheck<'a> {
    tiles: &'a Tiles<'a>,
    size: u64,
    kept: Option<&'a Checkpoint>,
    of_entries: Growing,
    /// None as long as it is the same.
    of_tiles: Option<Growing>,
    rows: Vec<Row>,
}

impl<'a> TreeCheck<'a> {
    pub(crate) fn new(tiles: &'a Tiles<'a>, size: u64, kept: Option<&'a Checkpoint>) -> Self {
        // Any tree continues the empty one; heads of the same size or larger were compared as they stand.
        let kept = kept.filter(|kept| 0 < kept.size() && kept.size() < size);
        Self {
            tiles,
            size,
            kept,
            of_entries: Growing {
                frontier: Frontier::new(),
                continues_kept: kept.is_none(),
            },
            of_tiles: None,
            rows: Vec::new(),
        }
    }

    /// Takes in the entries of a bundle, which may be fewer than its path says when it was cut.
    pub(crate) fn take(
        &mut self,
        path: TilePath,
        entries: &Entries,
        report: &mut Report,
    ) -> Result<(), Finding> {
        let leaves: Vec<Hash> = entries.iter().map(leaf_hash).collect();
        let of_tile = self.leaf_tile(path, &leaves, report);
        for (leaf, of_tile) in leaves.into_iter().zip(of_tile) {
            let index = self.of_entries.frontier.size();
            if leaf != of_tile {
                report.add(
                    Finding::discrepancy(
                        "leaf",
                        format!("the leaf hash in the tile, {of_tile}"),
                        format!("an entry with leaf hash {leaf}"),
                    )
                    .at(index),
                );
                if self.of_tiles.is_none() {
                    self.of_tiles = Some(self.of_entries.clone());
                }
            }
            self.push(leaf, of_tile, report)?;
        }
        Ok(())
    }

    /// The hashes of the leaf tile beside a bundle; those of the entries where it is not to be had, which is a finding.
    fn leaf_tile(&self, bundle: TilePath, leaves: &[Hash], report: &mut Report) -> Vec<Hash> {
        let path = TilePath::new(
            TileKind::Hashes { level: 0 },
            bundle.index(),
            bundle.width(),
        );
        let hashes = match path {
            Ok(path) => self.tiles.hashes(path),
            Err(error) => Err(Finding::cannot_tell("tile", "a leaf tile", error)),
        };
        hashes.unwrap_or_else(|finding| {
            report.add(finding);
            leaves.to_vec()
        })
    }

    /// Appends to both trees; the rows of tiles above are compared with that of the leaf tiles.
    fn push(&mut self, leaf: Hash, of_tile: Hash, report: &mut Report) -> Result<(), Finding> {
        let mut upper = Vec::new();
        let store = |level, hash| {
            if level > 0 {
                upper.push((level, hash));
            }
        };
        match &mut self.of_tiles {
            None => self.of_entries.push(leaf, self.kept, store)?,
            Some(of_tiles) => {
                self.of_entries.push(leaf, self.kept, |_, _| ())?;
                of_tiles.push(of_tile, self.kept, store)?;
            }
        }
        for (level, hash) in upper {
            let row = usize::from(level).saturating_sub(1);
            if self.rows.len() <= row {
                self.rows.resize_with(row.saturating_add(1), Row::default);
            }
            if let Some(pending) = self.rows.get_mut(row) {
                pending.hashes.push(hash);
                if pending.hashes.len() == usize::from(TILE_WIDTH) {
                    self.compare_row(level, report);
                }
            }
        }
        Ok(())
    }

    /// Compares the pending hashes of a row with its tile, and goes on to the next tile.
    fn compare_row(&mut self, level: u8, report: &mut Report) {
        let Some(row) = self.rows.get_mut(usize::from(level).saturating_sub(1)) else {
            return;
        };
        let width = u16::try_from(row.hashes.len()).unwrap_or(TILE_WIDTH);
        let compared = TilePath::new(TileKind::Hashes { level }, row.tile, width)
            .map_err(|error| Finding::cannot_tell("tile", "a tile of hashes", error))
            .and_then(|path| Ok((path, self.tiles.hashes(path)?)));
        match compared {
            Ok((_, hashes)) if hashes == row.hashes => {}
            Ok((path, _)) => report.add(Finding::discrepancy(
                "tile",
                format!("{path} to hold the hashes of the tiles below it"),
                "other hashes",
            )),
            Err(finding) => report.add(finding),
        }
        row.hashes.clear();
        row.tile = row.tile.saturating_add(1);
    }

    /// Ends the check at the signed root.
    pub(crate) fn finish(mut self, signed: Hash, report: &mut Report) -> Sound {
        for level in (1..).take(self.rows.len()) {
            let pending = self.rows.get(usize::from(level).saturating_sub(1));
            if pending.is_some_and(|row| !row.hashes.is_empty()) {
                self.compare_row(level, report);
            }
        }
        let computed = self.of_entries.frontier.root();
        if computed != signed {
            report.add(Finding::discrepancy(
                "root",
                format!(
                    "the signed root at {} entries, {}",
                    self.size,
                    signed.to_base64()
                ),
                format!("entries with root {}", computed.to_base64()),
            ));
        }
        let trees = [Some(&self.of_entries), self.of_tiles.as_ref()];
        let shown: Vec<&Growing> = trees
            .into_iter()
            .flatten()
            .filter(|tree| tree.frontier.root() == signed)
            .collect();
        match self.kept {
            _ if shown.is_empty() => Sound::No,
            Some(kept) if !shown.iter().any(|tree| tree.continues_kept) => {
                report.add(Finding::discrepancy(
                    "consistency",
                    format!(
                        "a log that begins with the {} entries signed before, root {}",
                        kept.size(),
                        kept.root().to_base64()
                    ),
                    "a log with another beginning",
                ));
                Sound::Forked
            }
            _ => Sound::Yes,
        }
    }
}

impl Growing {
    /// Appends a leaf, and hands the hashes that belong into tiles to `store` with their tile level.
    fn push(
        &mut self,
        leaf: Hash,
        kept: Option<&Checkpoint>,
        mut store: impl FnMut(u8, Hash),
    ) -> Result<(), Finding> {
        self.frontier
            .push_and_store(leaf, |node, hash| {
                if node.level % TILE_HEIGHT == 0 {
                    store(node.level / TILE_HEIGHT, hash);
                }
            })
            .map_err(|error: TreeError| {
                Finding::cannot_tell("tree", "a tree of 64-bit size", error)
            })?;
        if kept.is_some_and(|kept| kept.size() == self.frontier.size()) {
            self.continues_kept = kept.is_some_and(|kept| kept.root() == self.frontier.root());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use commonweal_domain::log::bundle::encode_bundle;
    use commonweal_domain::log::tile::{encode_hashes, tiles_between};

    use super::*;
    use crate::source::{Source, SourceError};

    /// Three levels of tiles.
    const SIZE: u64 = 65_600;

    struct Memory(HashMap<String, Vec<u8>>);

    impl Source for Memory {
        fn address(&self) -> String {
            "memory".to_owned()
        }

        fn read(&self, path: &str, _: u64) -> Result<Vec<u8>, SourceError> {
            let missing = || SourceError::Missing {
                path: path.to_owned(),
            };
            self.0.get(path).cloned().ok_or_else(missing)
        }
    }

    fn memory() -> (Memory, Hash) {
        let mut frontier = Frontier::new();
        let mut stored = HashMap::new();
        for index in 0..SIZE {
            frontier
                .push_and_store(leaf_hash(&index.to_be_bytes()), |node, hash| {
                    stored.insert(node, hash);
                })
                .unwrap();
        }
        let tiles = tiles_between(0, SIZE)
            .unwrap()
            .filter(|path| path.kind() != TileKind::Entries)
            .map(|path| {
                let row: Vec<Hash> = path.nodes().iter().map(|node| stored[node]).collect();
                (path.to_string(), encode_hashes(&row))
            });
        (Memory(tiles.collect()), frontier.root())
    }

    fn check(source: &Memory, root: Hash) -> (Sound, Report) {
        let tiles = Tiles::new(source);
        let mut report = Report::new(source.address());
        let mut check = TreeCheck::new(&tiles, SIZE, None);
        for first in (0..SIZE).step_by(256) {
            let path = TilePath::holding_entry(first, SIZE).unwrap();
            let entries: Vec<[u8; 8]> = (first..SIZE.min(first + 256))
                .map(u64::to_be_bytes)
                .collect();
            let entries = Entries {
                count: entries.len(),
                bundle: encode_bundle(entries).unwrap().into(),
            };
            check.take(path, &entries, &mut report).unwrap();
        }
        (check.finish(root, &mut report), report)
    }

    #[test]
    fn each_row_of_tiles_is_compared_with_the_row_below() {
        let (mut source, root) = memory();
        let (sound, report) = check(&source, root);
        assert_eq!((sound, report.findings.len()), (Sound::Yes, 0));

        for path in ["tile/1/000", "tile/2/000.p/1"] {
            source.0.get_mut(path).unwrap()[17] ^= 1;
            let (sound, report) = check(&source, root);
            assert_eq!((sound, report.discrepancies), (Sound::Yes, 1));
            assert!(
                report.findings[0]
                    .expected
                    .starts_with(&format!("{path} to hold"))
            );
            source.0.get_mut(path).unwrap()[17] ^= 1;
        }
    }

    #[test]
    fn a_root_that_the_entries_do_not_have_is_found() {
        let (source, root) = memory();
        let (sound, report) = check(&source, leaf_hash(b"another"));
        assert_eq!((sound, report.discrepancies), (Sound::No, 1));
        assert!(report.findings[0].found.contains(&root.to_base64()));
    }
}
