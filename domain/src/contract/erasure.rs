//! Erasing the tokens of people behind a claim: after the years for which they are kept, or at a person's request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::claim::Claim;
use super::status::ClaimStatus;
use crate::ids::{ChallengeId, ClaimId};
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

/// Of whom tokens were erased, as it may be told: a number would say for ever that one person asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// Of some of the people whose tokens were left.
    Some,
    /// Of all of them.
    All,
}

/// Why nothing is erased.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErasureError {
    /// No people behind it.
    #[error("`claim`: claim:{0} names nobody by a token: there is nothing to erase")]
    Nobody(ClaimId),
    /// Rejected or withdrawn.
    #[error("`claim`: claim:{0} does not stand any more: its tokens were erased when it ended")]
    Ended(ClaimId),
    /// Erased before, or never there.
    #[error("`person`: the claim has no such token, or none any more")]
    NotThere,
    /// Whoever decides about a challenge may need them. A person's own request comes first.
    #[error(
        "`ground`: challenge:{0} is about the claim, and its tokens are kept until that is decided for good and carried out: before \
         that they are erased at a request alone"
    )]
    Challenged(ChallengeId),
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
    /// Whether there is a token to erase; of a log, whether not all were erased before.
    pub left: bool,
    /// A challenge of the claim of which something may still come.
    pub challenged: Option<ChallengeId>,
    /// The log's time.
    pub at: Time,
}

/// Whether tokens of people behind a claim may be erased.
pub fn decide_erasure(ground: ErasureGround, facts: &ErasureFacts<'_>) -> Result<(), ErasureError> {
    let claim = facts.claim;
    if claim.beneficiaries.is_none() {
        return Err(ErasureError::Nobody(claim.id));
    }
    if !facts.status.is_live() {
        return Err(ErasureError::Ended(claim.id));
    }
    if !facts.left {
        return Err(ErasureError::NotThere);
    }
    if ground == ErasureGround::Request {
        return Ok(());
    }
    if let Some(challenge) = facts.challenged {
        return Err(ErasureError::Challenged(challenge));
    }
    let until = claim
        .period
        .to()
        .months_after(YEARS_KEPT.saturating_mul(12));
    match until {
        Some(until) if facts.at.date() < until => Err(ErasureError::TooEarly { until }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::beneficiary::Beneficiaries;
    use super::super::fixtures::{claim, id};
    use super::*;

    fn facts<'a>(claim: &'a Claim, at: &str) -> ErasureFacts<'a> {
        ErasureFacts {
            claim,
            status: ClaimStatus::Verified,
            left: true,
            challenged: None,
            at: at.parse().unwrap(),
        }
    }

    #[test]
    fn tokens_are_erased_after_seven_years_or_at_a_request_and_never_twice() {
        let mut claim = claim(5, "6.0");
        let (request, retention) = (ErasureGround::Request, ErasureGround::Retention);
        let nobody = decide_erasure(request, &facts(&claim, "2026-07-01T00:00:00Z"));
        assert_eq!(nobody, Err(ErasureError::Nobody(claim.id)));
        claim.beneficiaries = Some(Beneficiaries {
            people: 6,
            root: crate::log::hash::sha256(b"root"),
        });
        let soon = facts(&claim, "2033-05-31T23:59:59Z");
        assert_eq!(decide_erasure(request, &soon), Ok(()));
        let until = "2033-06-01".parse().unwrap();
        let early = Err(ErasureError::TooEarly { until });
        assert_eq!(decide_erasure(retention, &soon), early);
        let late = facts(&claim, "2033-06-01T00:00:00Z");
        assert_eq!(decide_erasure(retention, &late), Ok(()));
        let gone = ErasureFacts {
            left: false,
            ..late
        };
        let gone = decide_erasure(request, &gone);
        assert_eq!(gone, Err(ErasureError::NotThere));
        let challenged = ErasureFacts {
            challenged: Some(id(7)),
            ..late
        };
        let needed = Err(ErasureError::Challenged(id(7)));
        assert_eq!(decide_erasure(retention, &challenged), needed);
        assert_eq!(decide_erasure(request, &challenged), Ok(()));
        let ended = ErasureFacts {
            status: ClaimStatus::Withdrawn,
            ..late
        };
        let ended = decide_erasure(request, &ended);
        assert_eq!(ended, Err(ErasureError::Ended(claim.id)));
    }
}
