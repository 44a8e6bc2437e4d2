//! The registry's half of each seed: a chain of hashes whose end is published with the quorum, and of which each claim reveals
//! the link before.
//!
//! The registry is bound before any claim exists, and no claimant can know the link of a claim before it is drawn: both
//! halves are fixed before either side sees the other's. A link proves itself: hashed as often as its position says, it
//! gives the published end.

use crate::log::hash::{Hash, sha256};

/// How many claims one chain serves.
pub const LINKS: u64 = 65_536;

const TAG: &[u8] = b"commonweal/link/v1\n";

/// A link that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// More claims than links.
    #[error(
        "the chain of this quorum is used up: publish the quorum again, then withdraw the claim and submit it anew"
    )]
    UsedUp,
    /// It does not lead to the published end.
    #[error("link {position} of the chain does not lead to the published commitment")]
    NotALink {
        /// Of the claim among those that the quorum binds, from 1.
        position: u64,
    },
}

/// The link after a link.
fn after(link: Hash, steps: u64) -> Hash {
    (0..steps).fold(link, |link, _| sha256(&[TAG, link.as_bytes()].concat()))
}

/// What is published of a secret: the end of its chain.
pub fn commitment(secret: Hash) -> Hash {
    after(secret, LINKS)
}

/// The link of the claim at a position, from 1.
pub fn link(secret: Hash, position: u64) -> Result<Hash, ChainError> {
    let steps = LINKS.checked_sub(position).ok_or(ChainError::UsedUp)?;
    Ok(after(secret, steps))
}

/// A chain as far as it is revealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revealed {
    position: u64,
    link: Hash,
}

impl Revealed {
    /// A chain of which only the end is known.
    pub fn new(commitment: Hash) -> Self {
        Self {
            position: 0,
            link: commitment,
        }
    }

    /// Checks a link and remembers it, so that each step of the chain is hashed once where claims are drawn in turn.
    pub fn check(&mut self, position: u64, link: Hash) -> Result<(), ChainError> {
        if position > LINKS {
            return Err(ChainError::UsedUp);
        }
        let leads = match position.checked_sub(self.position) {
            Some(steps) => after(link, steps) == self.link,
            None => after(self.link, self.position.saturating_sub(position)) == link,
        };
        if !leads {
            return Err(ChainError::NotALink { position });
        }
        if position > self.position {
            *self = Self { position, link };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_commitment_in_any_order_and_no_other_does() {
        let secret = sha256(b"secret");
        let mut revealed = Revealed::new(commitment(secret));
        for position in [3, 1, 4, 4, 2] {
            let link = link(secret, position).unwrap();
            assert_eq!(revealed.check(position, link), Ok(()));
            let wrong = Err(ChainError::NotALink { position });
            assert_eq!(revealed.check(position, sha256(b"chosen")), wrong);
        }
        let early = link(secret, 5).unwrap();
        let wrong = Err(ChainError::NotALink { position: 6 });
        assert_eq!(revealed.check(6, early), wrong);
    }

    #[test]
    fn a_chain_ends_with_its_secret() {
        let secret = sha256(b"secret");
        assert_eq!(link(secret, LINKS), Ok(secret));
        assert_eq!(link(secret, LINKS + 1), Err(ChainError::UsedUp));
        let mut revealed = Revealed::new(commitment(secret));
        assert_eq!(revealed.check(LINKS + 1, secret), Err(ChainError::UsedUp));
    }
}
