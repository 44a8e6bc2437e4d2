//! The registry's half of each seed: a quorum has one link for each claim, and the root of the Merkle tree over all of them is
//! published with it, before any claim exists.
//!
//! No claimant can know the link of a claim before it is drawn, and the registry cannot choose it any more: both halves of a
//! seed are fixed before either side sees the other's. A link proves itself, and tells nothing of the other links: claims may be
//! drawn in any order.

use crate::log::hash::{Hash, empty_root, leaf_hash, sha256_of};
use crate::log::merkle_proof::verify_inclusion;
use crate::log::tree::row_above;

/// How many claims the links of one quorum serve.
pub const LINKS: u64 = 65_536;
/// How many links stand under one of the roots that are kept.
const WIDTH: u64 = 256;

const TAG: &[u8] = b"commonweal/link/v2\n";

/// Why there is no link, or something is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// More claims than links.
    #[error(
        "the links of this quorum are used up: publish the quorum again, then withdraw the claim and submit it anew"
    )]
    UsedUp,
    /// It does not lead to the published commitment.
    #[error("this is not link {position} of the quorum: its path does not lead to the commitment")]
    NotALink {
        /// Of the claim among those that the quorum binds, from 1.
        position: u64,
    },
    /// What is kept of the links does not belong together.
    #[error("the roots beside the secret of this quorum are not 256")]
    Damaged,
}

/// The links of a quorum as the registry keeps them: a secret, of which they are all made, and the roots of the subtrees of 256
/// links each, so that a path costs a thousand hashes and not 200,000.
#[derive(Clone)]
pub struct Links {
    secret: Hash,
    subtrees: Vec<Hash>,
}

impl Links {
    /// All links of a random secret. It takes 200,000 hashes: not a task for a thread on which others wait.
    pub fn new(secret: Hash) -> Self {
        let subtrees = (0..LINKS.div_euclid(WIDTH)).map(|number| root(leaves(secret, number)));
        Self {
            subtrees: subtrees.collect(),
            secret,
        }
    }

    /// The links as they were kept.
    pub fn restore(secret: Hash, subtrees: Vec<Hash>) -> Result<Self, LinkError> {
        match u64::try_from(subtrees.len()).map(|roots| roots.saturating_mul(WIDTH)) {
            Ok(LINKS) => Ok(Self { secret, subtrees }),
            _ => Err(LinkError::Damaged),
        }
    }

    /// What all links are made of.
    pub fn secret(&self) -> Hash {
        self.secret
    }

    /// The roots to keep beside the secret.
    pub fn subtrees(&self) -> &[Hash] {
        &self.subtrees
    }

    /// What is published: the root of the tree over all links.
    pub fn commitment(&self) -> Hash {
        root(self.subtrees.clone())
    }

    /// The link of the claim at a position, from 1.
    pub fn link(&self, position: u64) -> Result<Hash, LinkError> {
        Ok(link(self.secret, index(position)?))
    }

    /// What proves that link: the hashes from the leaf's sibling upwards.
    pub fn path(&self, position: u64) -> Result<Vec<Hash>, LinkError> {
        let index = index(position)?;
        let (number, place) = (index.div_euclid(WIDTH), index.rem_euclid(WIDTH));
        let mut path = siblings(leaves(self.secret, number), place);
        path.extend(siblings(self.subtrees.clone(), number));
        Ok(path)
    }
}

/// The leaf of a position, from 0.
fn index(position: u64) -> Result<u64, LinkError> {
    let index = position.checked_sub(1);
    index
        .filter(|index| *index < LINKS)
        .ok_or(LinkError::UsedUp)
}

fn link(secret: Hash, index: u64) -> Hash {
    sha256_of(&[TAG, secret.as_bytes(), &index.to_be_bytes()])
}

/// The leaves of one subtree.
fn leaves(secret: Hash, number: u64) -> Vec<Hash> {
    let first = number.saturating_mul(WIDTH);
    let all = first..first.saturating_add(WIDTH);
    all.map(|index| leaf_hash(link(secret, index).as_bytes()))
        .collect()
}

/// The root over a row of which the length is a power of two.
fn root(mut row: Vec<Hash>) -> Hash {
    while row.len() > 1 {
        row = row_above(&row);
    }
    row.first().copied().unwrap_or_else(empty_root)
}

/// The hashes beside the way from a place of such a row to its root.
fn siblings(mut row: Vec<Hash>, mut place: u64) -> Vec<Hash> {
    let mut found = Vec::new();
    while row.len() > 1 {
        let beside = usize::try_from(place ^ 1).ok();
        found.extend(beside.and_then(|beside| row.get(beside)));
        row = row_above(&row);
        place >>= 1;
    }
    found
}

/// Checks the link of the claim at a position, from 1, with its path.
pub fn check(commitment: Hash, position: u64, link: Hash, path: &[Hash]) -> Result<(), LinkError> {
    let leaf = leaf_hash(link.as_bytes());
    verify_inclusion(leaf, index(position)?, LINKS, path, commitment)
        .map_err(|_| LinkError::NotALink { position })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::log::hash::sha256;
    use crate::log::tree::Frontier;

    /// The links of one quorum.
    pub(crate) static FIRST: LazyLock<Links> = LazyLock::new(|| Links::new(sha256(b"first")));
    /// The links of another.
    pub(crate) static OTHER: LazyLock<Links> = LazyLock::new(|| Links::new(sha256(b"other")));

    #[test]
    fn every_link_leads_to_the_commitment_from_its_own_place_only() {
        let (links, other) = (&*FIRST, &*OTHER);
        let commitment = links.commitment();
        for position in [1, 2, 255, 256, 257, 40_000, LINKS] {
            let (link, path) = (links.link(position).unwrap(), links.path(position).unwrap());
            assert_eq!(path.len(), 16);
            assert_eq!(check(commitment, position, link, &path), Ok(()));
            let wrong = Err(LinkError::NotALink { position });
            let beside = if position == 1 {
                2
            } else {
                position.saturating_sub(1)
            };
            let elsewhere = Err(LinkError::NotALink { position: beside });
            assert_eq!(check(commitment, beside, link, &path), elsewhere);
            assert_eq!(check(other.commitment(), position, link, &path), wrong);
            let chosen = sha256(b"chosen");
            assert_eq!(check(commitment, position, chosen, &path), wrong);
            assert_eq!(check(commitment, position, link, &path[1..]), wrong);
            let longer = [&path[..], &[chosen][..]].concat();
            assert_eq!(check(commitment, position, link, &longer), wrong);
            let mut bent = path;
            bent[9] = chosen;
            assert_eq!(check(commitment, position, link, &bent), wrong);
        }
    }

    #[test]
    fn the_commitment_is_the_root_of_the_logs_own_tree() {
        let links = &*FIRST;
        let mut tree = Frontier::new();
        for position in 1..=LINKS {
            let link = links.link(position).unwrap();
            tree.push(leaf_hash(link.as_bytes())).unwrap();
        }
        assert_eq!(tree.root(), links.commitment());
    }

    #[test]
    fn there_is_no_link_before_the_first_or_after_the_last() {
        let links = &*FIRST;
        for position in [0, LINKS + 1] {
            assert_eq!(links.link(position), Err(LinkError::UsedUp));
            assert_eq!(links.path(position), Err(LinkError::UsedUp));
            let path = links.path(1).unwrap();
            let found = check(links.commitment(), position, links.secret(), &path);
            assert_eq!(found, Err(LinkError::UsedUp));
        }
    }

    #[test]
    fn kept_links_are_the_same_and_a_part_of_them_is_none() {
        let links = &*FIRST;
        let kept = Links::restore(links.secret(), links.subtrees().to_vec()).unwrap();
        assert_eq!(kept.path(300), links.path(300));
        let short = Links::restore(links.secret(), links.subtrees()[1..].to_vec());
        assert!(matches!(short, Err(LinkError::Damaged)));
    }
}
