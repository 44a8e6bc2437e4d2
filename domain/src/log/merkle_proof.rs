//! Inclusion and consistency proofs (RFC 6962 sections 2.1.1 and 2.1.2; verified as in RFC 9162 sections 2.1.3.2 and
//! 2.1.4.2).
//!
//! Making a proof has two pure halves, so that the caller may read its store in between as it likes: a [`ProofPlan`]
//! lists the O(log n) coordinates to read, then folds the hashes read into the proof.

use super::{
    hash::{Hash, empty_root, node_hash},
    tree::{NodeId, TreeError, complete_subtrees, fold},
};

/// What to read for a proof, and how to make the proof from what was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofPlan {
    /// For each hash of the proof, in proof order, the complete subtrees it is folded from.
    parts: Vec<Vec<NodeId>>,
}

impl ProofPlan {
    /// What proves that entry `index` is in the tree of `size` entries.
    pub fn inclusion(index: u64, size: u64) -> Result<Self, TreeError> {
        if index >= size {
            return Err(TreeError::OutsideTree { index, size });
        }
        let mut parts = Vec::new();
        let (mut from, mut to) = (0, size);
        while let Some(middle) = split(from, to) {
            if index < middle {
                parts.push(complete_subtrees(middle, to));
                to = middle;
            } else {
                parts.push(complete_subtrees(from, middle));
                from = middle;
            }
        }
        parts.reverse();
        Ok(Self { parts })
    }

    /// What proves that the tree of `old` entries is the beginning of the tree of `new` entries. Nothing needs to be
    /// read when `old` is 0 or equals `new`.
    pub fn consistency(old: u64, new: u64) -> Result<Self, TreeError> {
        if old > new {
            return Err(TreeError::SizesReversed { old, new });
        }
        let mut parts = Vec::new();
        let (mut from, mut to) = (0, new);
        while old != 0
            && old != to
            && let Some(middle) = split(from, to)
        {
            if old <= middle {
                parts.push(complete_subtrees(middle, to));
                to = middle;
            } else {
                parts.push(complete_subtrees(from, middle));
                from = middle;
            }
        }
        // Where the old tree ends inside the new one. At from = 0 this is the old root itself, which the verifier has.
        if from != 0 {
            parts.push(complete_subtrees(from, to));
        }
        parts.reverse();
        Ok(Self { parts })
    }

    /// The coordinates to read, in the order in which [`ProofPlan::assemble`] wants their hashes.
    pub fn nodes(&self) -> Vec<NodeId> {
        self.parts.concat()
    }

    /// The proof, from one hash for each of [`ProofPlan::nodes`].
    pub fn assemble(&self, hashes: &[Hash]) -> Result<Vec<Hash>, TreeError> {
        let expected = self.parts.iter().map(Vec::len).sum();
        let wrong_count = || TreeError::WrongHashCount {
            expected,
            got: hashes.len(),
        };
        let mut rest = hashes;
        let mut proof = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let (row, after) = rest.split_at_checked(part.len()).ok_or_else(wrong_count)?;
            proof.push(fold(row).ok_or_else(wrong_count)?);
            rest = after;
        }
        if rest.is_empty() {
            Ok(proof)
        } else {
            Err(wrong_count())
        }
    }
}

/// Where RFC 6962 splits the leaves `from .. to`: after the largest power of two smaller than their number. None for a
/// single leaf.
fn split(from: u64, to: u64) -> Option<u64> {
    let last = to.checked_sub(from)?.checked_sub(1)?;
    let power = 1_u64.checked_shl(last.checked_ilog2()?)?;
    from.checked_add(power)
}

/// Why a proof does not convince.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The claim itself is impossible.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The proof has too few or too many hashes for these sizes.
    #[error(
        "the proof has {got} hashes, which is not the number for these sizes: ask for the proof for exactly these sizes"
    )]
    WrongLength {
        /// How many hashes the proof has.
        got: usize,
    },
    /// The proof leads to another root than the checkpoint has.
    #[error(
        "the proof leads to root {computed}, the checkpoint says {expected}: the entry, the proof or the checkpoint was altered"
    )]
    RootMismatch {
        /// The root of the checkpoint.
        expected: Hash,
        /// The root that the proof leads to.
        computed: Hash,
    },
}

/// Checks that the leaf with hash `leaf` is entry `index` of the tree with `size` entries and this `root`.
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(TreeError::OutsideTree { index, size }.into());
    }
    let wrong_length = ProofError::WrongLength { got: proof.len() };
    let (mut node, mut last) = (index, size.saturating_sub(1));
    let mut computed = leaf;
    for &hash in proof {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            computed = node_hash(hash, computed);
            (node, last) = skip_lone_levels(node, last);
        } else {
            computed = node_hash(computed, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    same_root(root, computed)
}

/// Checks that the tree of `old_size` entries with `old_root` is the beginning of the tree of `new_size` with `new_root`.
/// From the empty tree anything follows, with an empty proof.
pub fn verify_consistency(
    old_size: u64,
    old_root: Hash,
    new_size: u64,
    new_root: Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    let wrong_length = ProofError::WrongLength { got: proof.len() };
    if old_size > new_size {
        return Err(TreeError::SizesReversed {
            old: old_size,
            new: new_size,
        }
        .into());
    }
    if old_size == 0 || old_size == new_size {
        if !proof.is_empty() {
            return Err(wrong_length);
        }
        if old_size == 0 {
            same_root(old_root, empty_root())?;
        }
        return if old_size == new_size {
            same_root(new_root, old_root)
        } else {
            Ok(())
        };
    }
    let (mut node, mut last) = (old_size.saturating_sub(1), new_size.saturating_sub(1));
    // Up to the largest complete subtree that ends the old tree; the proof begins there.
    let level = node.trailing_ones();
    node = node.checked_shr(level).unwrap_or(0);
    last = last.checked_shr(level).unwrap_or(0);
    let (seed, rest) = if old_size.is_power_of_two() {
        (old_root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or_else(|| wrong_length.clone())?;
        (*first, rest)
    };
    let (mut old_computed, mut new_computed) = (seed, seed);
    for &hash in rest {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            old_computed = node_hash(hash, old_computed);
            new_computed = node_hash(hash, new_computed);
            (node, last) = skip_lone_levels(node, last);
        } else {
            new_computed = node_hash(new_computed, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    same_root(old_root, old_computed)?;
    same_root(new_root, new_computed)
}

/// A rightmost node without a sibling stands for itself on the levels above; no hash is spent on those.
fn skip_lone_levels(mut node: u64, mut last: u64) -> (u64, u64) {
    while node & 1 == 0 && node != 0 {
        node >>= 1;
        last >>= 1;
    }
    (node, last)
}

fn same_root(expected: Hash, computed: Hash) -> Result<(), ProofError> {
    if expected == computed {
        Ok(())
    } else {
        Err(ProofError::RootMismatch { expected, computed })
    }
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
    use crate::log::{
        hash::{leaf_hash, sha256},
        tree::Frontier,
    };

    /// Our tree with every stored hash, its root at every size, and an independent tree of the same entries.
    struct Both {
        stored: HashMap<NodeId, Hash>,
        roots: Vec<Hash>,
        other: MemoryBackedTree<Sha256, Vec<u8>>,
    }

    fn entry(index: u64) -> Vec<u8> {
        format!("entry {index}").into_bytes()
    }

    fn both(size: u64) -> Both {
        let mut frontier = Frontier::new();
        let mut both = Both {
            stored: HashMap::new(),
            roots: vec![frontier.root()],
            other: MemoryBackedTree::new(),
        };
        for index in 0..size {
            frontier
                .push_and_store(leaf_hash(&entry(index)), |id, hash| {
                    both.stored.insert(id, hash);
                })
                .unwrap();
            both.roots.push(frontier.root());
            both.other.push(entry(index));
        }
        both
    }

    impl Both {
        fn prove(&self, plan: &ProofPlan) -> Vec<Hash> {
            let read: Vec<Hash> = plan.nodes().iter().map(|id| self.stored[id]).collect();
            assert!(read.len() <= 128, "a proof reads O(log n) hashes");
            plan.assemble(&read).unwrap()
        }

        fn root(&self, size: u64) -> Hash {
            self.roots[usize::try_from(size).unwrap()]
        }
    }

    fn concatenated(proof: &[Hash]) -> Vec<u8> {
        proof.iter().flat_map(|hash| hash.0).collect()
    }

    fn check_inclusion(both: &Both, index: u64, size: u64) {
        let proof = both.prove(&ProofPlan::inclusion(index, size).unwrap());
        let leaf = leaf_hash(&entry(index));
        verify_inclusion(leaf, index, size, &proof, both.root(size)).unwrap();
        if size == both.other.len() {
            let theirs = both.other.prove_inclusion(usize::try_from(index).unwrap());
            assert_eq!(concatenated(&proof), theirs.as_bytes());
        }
    }

    fn check_consistency(both: &Both, old: u64, new: u64) {
        let proof = both.prove(&ProofPlan::consistency(old, new).unwrap());
        verify_consistency(old, both.root(old), new, both.root(new), &proof).unwrap();
        if new == both.other.len() && old > 0 {
            let theirs = both
                .other
                .prove_consistency(usize::try_from(new - old).unwrap());
            assert_eq!(concatenated(&proof), theirs.as_bytes(), "{old} to {new}");
        }
    }

    #[test]
    fn all_proofs_of_small_trees_verify_at_every_size() {
        let both = both(70);
        for size in 0..=70 {
            for smaller in 0..=size {
                check_consistency(&both, smaller, size);
                if smaller < size {
                    check_inclusion(&both, smaller, size);
                }
            }
        }
    }

    #[test]
    fn proofs_up_to_300_are_those_of_an_independent_tree() {
        // The other tree proves at its full size only, so it grows along.
        let full = both(300);
        let mut growing = Both {
            stored: full.stored,
            roots: full.roots,
            other: MemoryBackedTree::new(),
        };
        for size in 1..=300 {
            growing.other.push(entry(size - 1));
            for smaller in (0..size).filter(|n| !(40..=297).contains(&size) || n % 13 == size % 13)
            {
                check_inclusion(&growing, smaller, size);
                check_consistency(&growing, smaller, size);
            }
        }
    }

    #[test]
    fn a_claim_about_what_is_not_there_is_refused() {
        let hash = sha256(b"");
        assert_eq!(
            ProofPlan::inclusion(3, 3),
            Err(TreeError::OutsideTree { index: 3, size: 3 })
        );
        assert_eq!(
            ProofPlan::consistency(4, 3),
            Err(TreeError::SizesReversed { old: 4, new: 3 })
        );
        assert!(verify_inclusion(hash, 0, 0, &[], hash).is_err());
        assert!(verify_consistency(4, hash, 3, hash, &[]).is_err());
        assert!(verify_consistency(0, hash, 3, sha256(b"x"), &[hash]).is_err());
        assert!(verify_consistency(0, sha256(b"x"), 3, sha256(b"x"), &[]).is_err());
        assert!(verify_consistency(3, hash, 3, sha256(b"x"), &[]).is_err());
        let plan = ProofPlan::inclusion(0, 4).unwrap();
        for got in [0, 1, 3] {
            assert_eq!(
                plan.assemble(&vec![hash; got]),
                Err(TreeError::WrongHashCount { expected: 2, got })
            );
        }
    }

    #[test]
    fn a_proof_altered_anywhere_is_refused() {
        let both = both(100);
        for (index, size) in [(0, 100), (63, 100), (64, 65), (99, 100), (5, 7)] {
            let proof = both.prove(&ProofPlan::inclusion(index, size).unwrap());
            let leaf = leaf_hash(&entry(index));
            let verify =
                |index, proof: &[Hash]| verify_inclusion(leaf, index, size, proof, both.root(size));
            assert!(verify(index, &proof).is_ok());
            for altered in alterations(&proof) {
                assert!(verify(index, &altered).is_err());
            }
            for other in (0..size).filter(|other| *other != index) {
                assert!(verify(other, &proof).is_err());
            }
            assert!(
                verify_inclusion(leaf_hash(b"other"), index, size, &proof, both.root(size))
                    .is_err()
            );
        }
        for (old, new) in [(1, 100), (64, 100), (63, 64), (37, 99)] {
            let proof = both.prove(&ProofPlan::consistency(old, new).unwrap());
            let verify = |old_root, new_root, proof: &[Hash]| {
                verify_consistency(old, old_root, new, new_root, proof)
            };
            assert!(verify(both.root(old), both.root(new), &proof).is_ok());
            for altered in alterations(&proof) {
                assert!(verify(both.root(old), both.root(new), &altered).is_err());
            }
            assert!(verify(both.root(old - 1), both.root(new), &proof).is_err());
            assert!(verify(both.root(old), both.root(new - 1), &proof).is_err());
        }
    }

    /// Each byte changed, each hash left out or doubled, one hash more.
    fn alterations(proof: &[Hash]) -> Vec<Vec<Hash>> {
        let mut all = vec![[proof, &[sha256(b"more")]].concat()];
        for at in 0..proof.len() {
            for byte in 0..32 {
                let mut changed = proof.to_vec();
                changed[at].0[byte] ^= 1;
                all.push(changed);
            }
            let mut shorter = proof.to_vec();
            let hash = shorter.remove(at);
            all.push(shorter);
            let mut longer = proof.to_vec();
            longer.insert(at, hash);
            all.push(longer);
        }
        all
    }

    #[test]
    fn plans_for_trees_of_any_size_stay_logarithmic() {
        for size in [u64::MAX, 1 << 63, (1 << 63) + 1, (1 << 40) - 1] {
            for at in [0, 1, size / 2, size / 3, size - 1] {
                let plan = ProofPlan::inclusion(at, size).unwrap();
                assert!(plan.nodes().len() <= 128);
                let plan = ProofPlan::consistency(at, size).unwrap();
                assert!(plan.nodes().len() <= 128);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn random_larger_trees_agree_with_an_independent_tree(size in 301_u64..3_000, picks in prop::collection::vec(any::<u64>(), 12)) {
            let both = both(size);
            prop_assert_eq!(both.root(size).0.to_vec(), both.other.root().as_bytes().to_vec());
            for pick in picks {
                check_inclusion(&both, pick % size, size);
                check_consistency(&both, pick % size, size);
            }
        }

        #[test]
        fn any_input_is_judged_without_a_panic(
            old in any::<u64>(), new in any::<u64>(), count in 0_usize..70, roots in any::<[[u8; 32]; 2]>(),
        ) {
            let [a, b] = roots.map(Hash);
            let proof = vec![a; count];
            prop_assert!(verify_inclusion(a, old, new, &proof, b).is_err());
            let _ = verify_consistency(old, a, new, b, &proof);
            let _ = ProofPlan::consistency(old, new);
            let _ = ProofPlan::inclusion(old, new);
        }
    }
}
