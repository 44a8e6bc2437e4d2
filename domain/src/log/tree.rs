//! The Merkle tree (RFC 6962 section 2.1) as pure arithmetic: coordinates of stored hashes, the right edge, roots.
//!
//! A tree of `n` leaves is a row of *complete* subtrees, one for each set bit of `n`, largest first. Only complete
//! subtrees are ever stored, since their hashes never change; whatever else a root or a proof needs is folded
//! from them. Proofs are in [`crate::log::merkle_proof`].

use serde::{Deserialize, Serialize};

use super::hash::{Hash, empty_root, node_hash};

/// The place of a complete subtree: it covers the leaves `index * 2^level .. (index + 1) * 2^level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NodeId {
    /// Height of the subtree: 0 for a leaf.
    pub level: u8,
    /// Position among the subtrees of this height, from the left.
    pub index: u64,
}

/// Why something asked of a tree cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// The entry is not in a tree of this size.
    #[error(
        "entry {index} is not in a tree of {size} entries: ask for an index below the size, or a later checkpoint"
    )]
    OutsideTree {
        /// The index asked for.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// Consistency runs from the smaller tree to the larger.
    #[error("the old size {old} is larger than the new size {new}: exchange them")]
    SizesReversed {
        /// The size that was called old.
        old: u64,
        /// The size that was called new.
        new: u64,
    },
    /// The hashes given are not as many as the coordinates asked for.
    #[error("expected {expected} hashes, got {got}: pass one hash for each coordinate, in order")]
    WrongHashCount {
        /// How many there should be.
        expected: usize,
        /// How many there were.
        got: usize,
    },
    /// 2^64 − 1 entries.
    #[error("the tree is full")]
    Full,
}

/// The right edge of a tree: one hash for each complete subtree, largest first. At most 64 hashes are enough to
/// append for ever and to know the root at every size, so a log of any length is checked in constant memory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "RawFrontier", deny_unknown_fields)]
pub struct Frontier {
    size: u64,
    edge: Vec<Hash>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFrontier {
    size: u64,
    edge: Vec<Hash>,
}

impl TryFrom<RawFrontier> for Frontier {
    type Error = TreeError;

    fn try_from(raw: RawFrontier) -> Result<Self, TreeError> {
        Self::from_hashes(raw.size, raw.edge)
    }
}

impl Frontier {
    /// The edge of the empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// The edge of a stored tree of `size` leaves, from the hashes at [`frontier_nodes`], in that order.
    pub fn from_hashes(size: u64, edge: Vec<Hash>) -> Result<Self, TreeError> {
        let expected = frontier_nodes(size).len();
        if edge.len() != expected {
            return Err(TreeError::WrongHashCount {
                expected,
                got: edge.len(),
            });
        }
        Ok(Self { size, edge })
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes at [`frontier_nodes`] of the size, in that order.
    pub fn hashes(&self) -> &[Hash] {
        &self.edge
    }

    /// The root at this size.
    pub fn root(&self) -> Hash {
        fold(&self.edge).unwrap_or_else(empty_root)
    }

    /// Appends a leaf by its hash ([`super::hash::leaf_hash`]).
    pub fn push(&mut self, leaf: Hash) -> Result<(), TreeError> {
        self.push_and_store(leaf, |_, _| ())
    }

    /// Appends a leaf and hands each subtree that becomes complete to `store`: the leaf first, then upwards. A caller
    /// that keeps them all can prove everything about the tree at every size.
    pub fn push_and_store(
        &mut self,
        leaf: Hash,
        mut store: impl FnMut(NodeId, Hash),
    ) -> Result<(), TreeError> {
        let mut index = self.size;
        let size = self.size.checked_add(1).ok_or(TreeError::Full)?;
        let mut hash = leaf;
        let mut level = 0_u8;
        store(NodeId { level, index }, hash);
        // An odd index is a right child: its left sibling is the last of the edge, and both make their parent.
        while index & 1 == 1
            && let Some(left) = self.edge.pop()
        {
            hash = node_hash(left, hash);
            level = level.saturating_add(1);
            index >>= 1;
            store(NodeId { level, index }, hash);
        }
        self.edge.push(hash);
        self.size = size;
        Ok(())
    }
}

/// Coordinates of the right edge of a tree of `size` leaves, largest subtree first: what to read to append to it
/// ([`Frontier::from_hashes`]) or to know its root.
pub fn frontier_nodes(size: u64) -> Vec<NodeId> {
    complete_subtrees(0, size)
}

/// The complete subtrees that make up the leaves `from .. to`, left to right. `from` must be a multiple of the largest
/// power of two that fits the range, as it is for every range of RFC 6962.
pub(super) fn complete_subtrees(from: u64, to: u64) -> Vec<NodeId> {
    let length = to.saturating_sub(from);
    let mut start = from;
    let mut nodes = Vec::new();
    for level in (0..64_u8).rev() {
        let width = 1_u64 << (level & 63);
        if length & width != 0 {
            nodes.push(NodeId {
                level,
                index: start >> (level & 63),
            });
            start = start.saturating_add(width);
        }
    }
    nodes
}

/// The row above a row of complete subtrees of one height, of which there are an even number.
pub(crate) fn row_above(row: &[Hash]) -> Vec<Hash> {
    let (pairs, _) = row.as_chunks::<2>();
    pairs
        .iter()
        .map(|[left, right]| node_hash(*left, *right))
        .collect()
}

/// The hash of a row of complete subtrees, largest first; none for an empty row.
pub(super) fn fold(row: &[Hash]) -> Option<Hash> {
    row.iter()
        .rev()
        .copied()
        .reduce(|right, left| node_hash(left, right))
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "tests compute on small numbers"
)]
mod tests {
    use std::collections::HashMap;

    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;
    use sha2::Sha256;

    use super::*;
    use crate::log::hash::leaf_hash;

    /// The leaves that the test vectors of Certificate Transparency use, and the root after each.
    const CT_LEAVES: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    const CT_ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn the_roots_are_those_of_the_certificate_transparency_vectors() {
        let mut frontier = Frontier::new();
        assert_eq!(frontier.root(), empty_root());
        for (leaf, root) in CT_LEAVES.iter().zip(CT_ROOTS) {
            frontier
                .push(leaf_hash(&hex::decode(leaf).unwrap()))
                .unwrap();
            assert_eq!(frontier.root().to_string(), root);
        }
    }

    #[test]
    fn every_root_up_to_300_agrees_with_an_independent_tree() {
        let mut frontier = Frontier::new();
        let mut other = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        for index in 0..300_u64 {
            let entry = index.to_string().into_bytes();
            frontier.push(leaf_hash(&entry)).unwrap();
            other.push(entry);
            assert_eq!(
                frontier.root().as_bytes().as_slice(),
                other.root().as_bytes().as_slice(),
                "size {}",
                index + 1
            );
        }
    }

    #[test]
    fn stored_subtrees_restore_the_edge_at_every_size() {
        let mut frontier = Frontier::new();
        let mut stored = HashMap::new();
        for size in 0..300_u64 {
            let read: Vec<Hash> = frontier_nodes(size).iter().map(|id| stored[id]).collect();
            let restored = Frontier::from_hashes(size, read).unwrap();
            assert_eq!(restored, frontier);
            let text = serde_json::to_string(&restored).unwrap();
            assert_eq!(serde_json::from_str::<Frontier>(&text).unwrap(), frontier);
            frontier
                .push_and_store(leaf_hash(&size.to_be_bytes()), |id, hash| {
                    assert_eq!(stored.insert(id, hash), None, "stored once");
                })
                .unwrap();
        }
        // n leaves and n − (set bits of n) inner nodes.
        assert_eq!(stored.len(), 300 + 300 - 4);
    }

    #[test]
    fn an_edge_of_the_wrong_length_is_refused() {
        assert_eq!(
            Frontier::from_hashes(5, vec![empty_root(); 3]),
            Err(TreeError::WrongHashCount {
                expected: 2,
                got: 3
            })
        );
        assert!(serde_json::from_str::<Frontier>(r#"{"size":1,"edge":[]}"#).is_err());
        assert!(serde_json::from_str::<Frontier>(r#"{"size":0,"edge":[],"more":1}"#).is_err());
    }

    #[test]
    fn the_largest_tree_takes_no_further_leaf() {
        let mut full = Frontier::from_hashes(u64::MAX, vec![empty_root(); 64]).unwrap();
        let before = full.clone();
        assert_eq!(full.push(empty_root()), Err(TreeError::Full));
        assert_eq!(full, before);
    }

    proptest! {
        #[test]
        fn the_edge_covers_every_leaf_once_in_falling_widths(size in any::<u64>()) {
            let mut next = 0_u64;
            let mut last = 64;
            for node in frontier_nodes(size) {
                prop_assert!(node.level < last);
                prop_assert_eq!(node.index << node.level, next);
                next += 1 << node.level;
                last = node.level;
            }
            prop_assert_eq!(next, size);
        }
    }
}
