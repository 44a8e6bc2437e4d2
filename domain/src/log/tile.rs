//! Tiles (C2SP tlog-tiles): the tree cut into files of at most 256 hashes, and where each file is.
//!
//! A tile of level `L` holds the hashes of complete subtrees of height `8 L`. The hashes of the heights between are not
//! stored: [`hash_in_tile`] folds them from the tile.

use super::{
    hash::Hash,
    tree::{NodeId, TreeError, row_above},
};

/// Height of a tile: the levels of the tree from its hashes to its root.
pub const TILE_HEIGHT: u8 = 8;
/// Hashes (or entries) in a full tile.
pub const TILE_WIDTH: u16 = 256;
/// The highest level the path form knows; a tree of 64-bit size has tiles up to level 7.
pub(super) const MAX_LEVEL: u8 = 63;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileKind {
    /// Hashes of complete subtrees of height `8 * level`.
    Hashes {
        /// 0 for leaf hashes.
        level: u8,
    },
    /// The entries themselves, as a bundle ([`super::bundle`]).
    Entries,
}

/// Names one tile. Its text form is the path below the log: `tile/0/x001/x234/067`, `tile/entries/000.p/17`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TilePath {
    kind: TileKind,
    index: u64,
    width: u16,
}

/// Why a path or the content of a tile is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// Not the one form that the specification gives a tile's path.
    #[error(
        "{path:?} is not a tile path ({reason}): use tile/<level>/<index> or tile/entries/<index>, with .p/<width> for a partial tile"
    )]
    Path {
        /// The path given.
        path: String,
        /// The part that is wrong.
        reason: &'static str,
    },
    /// Level or width out of range.
    #[error(
        "level {level} with width {width} is no tile: levels go from 0 to 63, widths from 1 to 256"
    )]
    NoSuchTile {
        /// The level asked for, 0 for entries.
        level: u8,
        /// The width asked for.
        width: u16,
    },
    /// The content does not have the length that the path says.
    #[error("{path} must have {expected} bytes, got {got}: fetch the tile again")]
    HashesLength {
        /// The tile.
        path: TilePath,
        /// Bytes that its width makes.
        expected: usize,
        /// Bytes given.
        got: usize,
    },
    /// The hash asked for is not within this tile.
    #[error("the hash at level {}, index {} is not in {path}: read the tile that holds it", .node.level, .node.index)]
    NotInTile {
        /// The hash asked for.
        node: NodeId,
        /// The tile.
        path: TilePath,
    },
    /// The hash asked for is not in the tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// An entry bundle ends early, has bytes left over, or holds another number of entries than its path says.
    #[error(
        "the entry bundle holds {got} whole entries with {rest} bytes left over, expected {expected} and none: fetch the bundle again"
    )]
    Bundle {
        /// Entries that the path says.
        expected: u16,
        /// Whole entries found.
        got: usize,
        /// Bytes after the last whole entry.
        rest: usize,
    },
    /// An entry longer than its 16-bit length can say.
    #[error(
        "an entry has at most 65535 bytes, got {0}: store the content as a blob and put its hash in the entry"
    )]
    EntryTooLarge(usize),
}

impl TilePath {
    /// The tile of this kind and index with `width` hashes or entries: 256 for a full tile, 1 to 255 for a partial one.
    pub fn new(kind: TileKind, index: u64, width: u16) -> Result<Self, TileError> {
        let level = match kind {
            TileKind::Hashes { level } => level,
            TileKind::Entries => 0,
        };
        if level > MAX_LEVEL || width == 0 || width > TILE_WIDTH {
            return Err(TileError::NoSuchTile { level, width });
        }
        Ok(Self { kind, index, width })
    }

    /// The tile that lets one compute the hash of `node` in a tree of `size` entries, as wide as that tree makes it.
    pub fn holding(node: NodeId, size: u64) -> Result<Self, TileError> {
        let outside = || TreeError::OutsideTree {
            index: node.index,
            size,
        };
        let (level, first, count) = row_below(node).ok_or_else(outside)?;
        let index = first >> TILE_HEIGHT;
        let end = first.checked_add(count).ok_or_else(outside)?;
        let hashes = hashes_at(level, size);
        if end > hashes {
            return Err(outside().into());
        }
        let width = width_at(index, hashes).ok_or_else(outside)?;
        Self::new(TileKind::Hashes { level }, index, width)
    }

    /// The bundle that holds entry `index` in a tree of `size` entries.
    pub fn holding_entry(index: u64, size: u64) -> Result<Self, TileError> {
        let outside = TreeError::OutsideTree { index, size };
        if index >= size {
            return Err(outside.into());
        }
        let tile = index >> TILE_HEIGHT;
        let width = width_at(tile, size).ok_or(outside)?;
        Self::new(TileKind::Entries, tile, width)
    }

    /// What the tile holds.
    pub fn kind(&self) -> TileKind {
        self.kind
    }

    /// Its position among the tiles of its kind and level.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Its number of hashes or entries, 1 to 256.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it is full, and so will never change.
    pub fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// Coordinates of the hashes it holds, in order; for entries, those of their leaves. Empty where the tile lies beyond
    /// every possible tree.
    pub fn nodes(&self) -> Vec<NodeId> {
        let level = match self.kind {
            TileKind::Hashes { level } => level.checked_mul(TILE_HEIGHT),
            TileKind::Entries => Some(0),
        };
        let first = self.index.checked_mul(u64::from(TILE_WIDTH));
        let (Some(level), Some(first)) = (level, first) else {
            return Vec::new();
        };
        (0..u64::from(self.width))
            .filter_map(|offset| first.checked_add(offset))
            .map(|index| NodeId { level, index })
            .collect()
    }
}

/// The tiles that a tree of `new` entries has and one of `old` entries has not, or has narrower: the entry bundles, then the
/// hash tiles from the leaves upwards. From 0 these are all tiles of the tree.
pub fn tiles_between(old: u64, new: u64) -> Result<impl Iterator<Item = TilePath>, TileError> {
    if old > new {
        return Err(TreeError::SizesReversed { old, new }.into());
    }
    let hashes = (0..TILE_HEIGHT).flat_map(move |level| {
        let kind = TileKind::Hashes { level };
        grown_tiles(kind, hashes_at(level, old), hashes_at(level, new))
    });
    Ok(grown_tiles(TileKind::Entries, old, new).chain(hashes))
}

/// The tiles of one row that change when it grows from `old` to `new` hashes.
fn grown_tiles(kind: TileKind, old: u64, new: u64) -> impl Iterator<Item = TilePath> {
    let end = if old == new { 0 } else { new };
    ((old >> TILE_HEIGHT)..=(end >> TILE_HEIGHT)).filter_map(move |index| {
        let width = width_at(index, end)?;
        Some(TilePath { kind, index, width })
    })
}

/// How many hashes the tiles of `level` hold together in a tree of `size` entries.
fn hashes_at(level: u8, size: u64) -> u64 {
    u32::from(level)
        .checked_mul(u32::from(TILE_HEIGHT))
        .and_then(|height| size.checked_shr(height))
        .unwrap_or(0)
}

/// Width of tile `index` in a row of `hashes`; none for a tile that would be empty.
fn width_at(index: u64, hashes: u64) -> Option<u16> {
    let before = index.checked_mul(u64::from(TILE_WIDTH))?;
    let here = hashes.checked_sub(before)?.min(u64::from(TILE_WIDTH));
    u16::try_from(here).ok().filter(|width| *width > 0)
}

/// The stored hashes that `node` is folded from: tile level, index of the first, how many (1 to 128).
fn row_below(node: NodeId) -> Option<(u8, u64, u64)> {
    let level = node.level.checked_div(TILE_HEIGHT)?;
    let height = u32::from(node.level.checked_rem(TILE_HEIGHT)?);
    let count = 1_u64.checked_shl(height)?;
    Some((level, node.index.checked_mul(count)?, count))
}

/// The content of a hash tile: its hashes one after the other.
pub fn encode_hashes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// The hashes of a tile from its content, which must be as long as the path says.
pub fn decode_hashes(path: TilePath, content: &[u8]) -> Result<Vec<Hash>, TileError> {
    let (hashes, rest) = content.as_chunks::<32>();
    if hashes.len() != usize::from(path.width) || !rest.is_empty() {
        return Err(TileError::HashesLength {
            path,
            expected: usize::from(path.width).saturating_mul(32),
            got: content.len(),
        });
    }
    Ok(hashes.iter().copied().map(Hash).collect())
}

/// The hash of `node`, folded from the `hashes` of the tile at `path` ([`TilePath::holding`] names it).
pub fn hash_in_tile(path: TilePath, hashes: &[Hash], node: NodeId) -> Result<Hash, TileError> {
    let not_here = || TileError::NotInTile { node, path };
    let (level, first, count) = row_below(node).ok_or_else(not_here)?;
    if path.kind != (TileKind::Hashes { level }) || path.index != first >> TILE_HEIGHT {
        return Err(not_here());
    }
    let start =
        usize::try_from(first & u64::from(TILE_WIDTH.saturating_sub(1))).map_err(|_| not_here())?;
    let count = usize::try_from(count).map_err(|_| not_here())?;
    let mut row = hashes
        .get(start..)
        .and_then(|rest| rest.get(..count))
        .ok_or_else(not_here)?
        .to_vec();
    while row.len() > 1 {
        row = row_above(&row);
    }
    row.first().copied().ok_or_else(not_here)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::log::{
        hash::{leaf_hash, sha256},
        merkle_proof::ProofPlan,
        tree::{Frontier, frontier_nodes},
    };

    fn hashes(level: u8, index: u64, width: u16) -> TilePath {
        TilePath::new(TileKind::Hashes { level }, index, width).unwrap()
    }

    fn entries(index: u64, width: u16) -> TilePath {
        TilePath::new(TileKind::Entries, index, width).unwrap()
    }

    #[test]
    fn a_tile_without_hashes_or_beyond_the_levels_is_refused() {
        for (level, width) in [(0, 0), (0, 257), (64, 1)] {
            assert_eq!(
                TilePath::new(TileKind::Hashes { level }, 0, width),
                Err(TileError::NoSuchTile { level, width })
            );
        }
    }

    #[test]
    fn a_tree_of_70_000_has_the_tiles_that_the_specification_counts() {
        let all: Vec<TilePath> = tiles_between(0, 70_000).unwrap().collect();
        let of = |kind| -> Vec<TilePath> {
            all.iter()
                .copied()
                .filter(|path| path.kind() == kind)
                .collect()
        };
        let level0 = of(TileKind::Hashes { level: 0 });
        assert_eq!(level0.iter().filter(|path| path.is_full()).count(), 273);
        assert_eq!(level0.last(), Some(&hashes(0, 273, 112)));
        assert_eq!(
            of(TileKind::Hashes { level: 1 }),
            [hashes(1, 0, 256), hashes(1, 1, 17)]
        );
        assert_eq!(of(TileKind::Hashes { level: 2 }), [hashes(2, 0, 1)]);
        assert_eq!(of(TileKind::Entries).last(), Some(&entries(273, 112)));
        assert_eq!(all.len(), 274 * 2 + 2 + 1);
        assert_eq!(
            tiles_between(0, 256).unwrap().collect::<Vec<_>>(),
            [entries(0, 256), hashes(0, 0, 256), hashes(1, 0, 1)]
        );
    }

    #[test]
    fn growth_names_only_the_tiles_that_change() {
        let between = |old, new| tiles_between(old, new).unwrap().collect::<Vec<_>>();
        assert_eq!(between(0, 0), []);
        assert_eq!(between(300, 300), []);
        assert_eq!(between(300, 301), [entries(1, 45), hashes(0, 1, 45)]);
        assert_eq!(
            between(511, 513),
            [
                entries(1, 256),
                entries(2, 1),
                hashes(0, 1, 256),
                hashes(0, 2, 1),
                hashes(1, 0, 2)
            ]
        );
        assert!(tiles_between(2, 1).is_err());
        // Lazy: the first tiles of the largest tree come at once.
        assert_eq!(
            tiles_between(0, u64::MAX).unwrap().next(),
            Some(entries(0, 256))
        );
    }

    #[test]
    fn content_of_another_length_is_refused() {
        let content = encode_hashes(&[sha256(b"a"), sha256(b"b")]);
        assert_eq!(
            decode_hashes(hashes(0, 0, 2), &content),
            Ok(vec![sha256(b"a"), sha256(b"b")])
        );
        for (width, content) in [
            (1, &content[..]),
            (3, &content),
            (2, &content[1..]),
            (1, &[]),
        ] {
            assert!(decode_hashes(hashes(0, 0, width), content).is_err());
        }
    }

    /// A store of tiles alone, as a folder on a CDN would be.
    fn tiled(size: u64) -> (HashMap<TilePath, Vec<u8>>, HashMap<NodeId, Hash>, Frontier) {
        let mut stored = HashMap::new();
        let mut frontier = Frontier::new();
        for index in 0..size {
            frontier
                .push_and_store(leaf_hash(&index.to_be_bytes()), |id, hash| {
                    stored.insert(id, hash);
                })
                .unwrap();
        }
        let tiles = tiles_between(0, size)
            .unwrap()
            .filter(|path| path.kind() != TileKind::Entries)
            .map(|path| {
                let row: Vec<Hash> = path.nodes().iter().map(|id| stored[id]).collect();
                (path, encode_hashes(&row))
            })
            .collect();
        (tiles, stored, frontier)
    }

    #[test]
    fn tiles_alone_give_the_root_and_every_proof() {
        for size in [1, 2, 255, 256, 257, 600, 65_536, 65_900] {
            let (tiles, stored, frontier) = tiled(size);
            let read = |node: NodeId| {
                let path = TilePath::holding(node, size).unwrap();
                let row = decode_hashes(path, &tiles[&path]).unwrap();
                hash_in_tile(path, &row, node).unwrap()
            };
            let edge = frontier_nodes(size).into_iter().map(read).collect();
            assert_eq!(Frontier::from_hashes(size, edge).unwrap(), frontier);
            for index in [0, size / 3, size - 1] {
                for node in ProofPlan::inclusion(index, size).unwrap().nodes() {
                    assert_eq!(read(node), stored[&node], "{node:?} of {size}");
                }
            }
        }
    }

    #[test]
    fn a_hash_outside_the_tree_or_the_tile_is_refused() {
        let node = |level, index| NodeId { level, index };
        for outside in [
            node(0, 300),
            node(1, 150),
            node(8, 1),
            node(9, 0),
            node(64, 0),
            node(255, 0),
            node(7, u64::MAX),
        ] {
            assert!(TilePath::holding(outside, 300).is_err(), "{outside:?}");
        }
        let row = vec![sha256(b""); 44];
        let path = hashes(0, 1, 44);
        assert!(hash_in_tile(path, &row, node(0, 299)).is_ok());
        for not_here in [
            node(0, 255),
            node(0, 300),
            node(2, 75),
            node(8, 1),
            node(64, 1),
        ] {
            assert!(matches!(
                hash_in_tile(path, &row, not_here),
                Err(TileError::NotInTile { .. })
            ));
        }
        assert_eq!(TilePath::holding_entry(299, 300), Ok(entries(1, 44)));
        assert_eq!(TilePath::holding_entry(255, 300), Ok(entries(0, 256)));
        assert!(TilePath::holding_entry(300, 300).is_err());
    }
}
