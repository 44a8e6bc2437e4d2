//! The life of a claim as one table.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a claim stands. A draft is not public and has no status here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimStatus {
    /// Waits for verification.
    Submitted,
    /// A verified quantity stands; final, so that no retired unit can lose its outcome.
    Verified,
    /// Verifiers refused it; final.
    Rejected,
    /// The claimant took it back before verification; final.
    Withdrawn,
}

/// What can happen to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClaimStep {
    /// Verifiers accept a quantity.
    Verify,
    /// Verifiers refuse it.
    Reject,
    /// The claimant takes it back.
    Withdraw,
}

use ClaimStatus::{Rejected, Submitted, Verified, Withdrawn};
use ClaimStep::{Reject, Verify, Withdraw};

/// Every step that exists; what is not here is refused.
const TABLE: &[(ClaimStatus, ClaimStep, ClaimStatus)] = &[
    (Submitted, Verify, Verified),
    (Submitted, Reject, Rejected),
    (Submitted, Withdraw, Withdrawn),
];

/// A step that a claim cannot take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the claim is {status}: only a submitted claim can be {step}")]
pub struct WrongStatus {
    /// Where the claim stands.
    pub status: ClaimStatus,
    /// What was asked.
    pub step: ClaimStep,
}

impl ClaimStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Submitted, Verified, Rejected, Withdrawn];

    /// The word for the status.
    pub fn as_str(self) -> &'static str {
        match self {
            Submitted => "submitted",
            Verified => "verified",
            Rejected => "rejected",
            Withdrawn => "withdrawn",
        }
    }

    /// Whether credits stand or may come to stand behind it, so that its evidence cannot be used again.
    pub fn is_live(self) -> bool {
        matches!(self, Submitted | Verified)
    }

    /// The status after a step.
    pub fn after(self, step: ClaimStep) -> Result<Self, WrongStatus> {
        TABLE
            .iter()
            .find(|(from, taken, _)| (*from, *taken) == (self, step))
            .map(|(_, _, to)| *to)
            .ok_or(WrongStatus { status: self, step })
    }
}

impl fmt::Display for ClaimStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ClaimStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verify => "verified",
            Reject => "rejected",
            Withdraw => "withdrawn",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_submitted_claim_moves_on() {
        for status in ClaimStatus::ALL {
            for step in [Verify, Reject, Withdraw] {
                assert_eq!(status.after(step).is_ok(), status == Submitted);
            }
        }
    }

    #[test]
    fn a_verified_claim_cannot_be_withdrawn_from_under_its_credits() {
        let error = Verified.after(Withdraw).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the claim is verified: only a submitted claim can be withdrawn"
        );
    }

    #[test]
    fn refused_and_withdrawn_claims_free_their_evidence() {
        assert!(Submitted.is_live() && Verified.is_live());
        assert!(!Rejected.is_live() && !Withdrawn.is_live());
    }
}
