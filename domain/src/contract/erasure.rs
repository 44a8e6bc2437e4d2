//! Erasing the tokens of people behind a claim: after the years for which they are kept, or at a person's request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::claim::Claim;
use super::status::ClaimStatus;
use crate::ids::ClaimId;
use crate::time::{Date, Time};

/// Years after the delivery for which tokens are kept: so long a claim may be looked into, which a claim of the same days may
/// still be made in.
pub const YEARS_KEPT: u32 = 7;

/// Why tokens are erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErasureGround {
    /// The years for which they are kept are over.
    Retention,
    /// Somebody asked for it who may.
    Request,
}

/// Why nothing is erased.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErasureError {
    /// No people behind it.
    #[error("`claim`: {0} names nobody by a token: there is nothing to erase")]
    Nobody(ClaimId),
    /// Rejected or withdrawn.
    #[error("`claim`: {0} does not stand any more: its tokens were erased when it ended")]
    Ended(ClaimId),
    /// More than there are, or nobody.
    #[error("`person`: {people} people to erase, but the claim has the tokens of {left}")]
    NotThere {
        /// How many were to be erased.
        people: u32,
        /// How many are left.
        left: u32,
    },
    /// Before the years are over.
    #[error(
        "`ground`: tokens are kept until {until}, {YEARS_KEPT} years after the delivery: before that they are erased at a request alone"
    )]
    TooEarly {
        /// The first day on which they may be erased.
        until: Date,
    },
}

/// What the decision needs.
#[derive(Debug, Clone, Copy)]
pub struct ErasureFacts<'a> {
    /// The claim.
    pub claim: &'a Claim,
    /// Where it stands.
    pub status: ClaimStatus,
    /// People behind it whose tokens were erased before.
    pub erased: u32,
    /// The log's time.
    pub at: Time,
}

/// Whether the tokens of so many people behind a claim may be erased.
pub fn decide_erasure(
    people: u32,
    ground: ErasureGround,
    facts: &ErasureFacts<'_>,
) -> Result<(), ErasureError> {
    let claim = facts.claim;
    let named = claim.beneficiaries.as_ref();
    let named = named.ok_or(ErasureError::Nobody(claim.id))?.people;
    if !facts.status.is_live() {
        return Err(ErasureError::Ended(claim.id));
    }
    let left = named.saturating_sub(facts.erased);
    if !(1..=left).contains(&people) {
        return Err(ErasureError::NotThere { people, left });
    }
    let until = claim
        .period
        .to()
        .months_after(YEARS_KEPT.saturating_mul(12));
    match (ground, until) {
        (ErasureGround::Retention, Some(until)) if facts.at.date() < until => {
            Err(ErasureError::TooEarly { until })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::beneficiary::Beneficiaries;
    use super::super::fixtures::claim;
    use super::*;

    fn facts<'a>(claim: &'a Claim, erased: u32, at: &str) -> ErasureFacts<'a> {
        ErasureFacts {
            claim,
            status: ClaimStatus::Verified,
            erased,
            at: at.parse().unwrap(),
        }
    }

    #[test]
    fn tokens_are_erased_after_seven_years_or_at_a_request_and_never_twice() {
        let mut claim = claim(5, "6.0");
        let (request, retention) = (ErasureGround::Request, ErasureGround::Retention);
        let nobody = decide_erasure(1, request, &facts(&claim, 0, "2026-07-01T00:00:00Z"));
        assert_eq!(nobody, Err(ErasureError::Nobody(claim.id)));
        claim.beneficiaries = Some(Beneficiaries {
            people: 6,
            root: crate::log::hash::sha256(b"root"),
        });
        let soon = facts(&claim, 2, "2033-05-31T23:59:59Z");
        assert_eq!(decide_erasure(1, request, &soon), Ok(()));
        let until = "2033-06-01".parse().unwrap();
        let early = Err(ErasureError::TooEarly { until });
        assert_eq!(decide_erasure(4, retention, &soon), early);
        let late = facts(&claim, 2, "2033-06-01T00:00:00Z");
        assert_eq!(decide_erasure(4, retention, &late), Ok(()));
        for people in [0, 5] {
            let wrong = ErasureError::NotThere { people, left: 4 };
            assert_eq!(decide_erasure(people, request, &late), Err(wrong));
        }
        let ended = ErasureFacts {
            status: ClaimStatus::Withdrawn,
            ..late
        };
        let ended = decide_erasure(1, request, &ended);
        assert_eq!(ended, Err(ErasureError::Ended(claim.id)));
    }
}
