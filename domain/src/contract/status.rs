//! The life of a claim as one table.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a claim stands. A draft is not public and has no status here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimStatus {
    /// Waits for a verifier.
    Submitted,
    /// Verifiers are at work.
    InVerification,
    /// A verifier waits for an answer of the claimant.
    InformationRequested,
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
    /// Verifiers are given to it.
    Assign,
    /// A verifier asks the claimant.
    RequestInformation,
    /// The claimant answers.
    GiveInformation,
    /// A verifier accepts a quantity.
    Verify,
    /// All of several drawn verifiers have judged, and accept a quantity.
    Conclude,
    /// Verifiers refuse it.
    Reject,
    /// The claimant takes it back.
    Withdraw,
}

use ClaimStatus::{InVerification, InformationRequested, Rejected, Submitted, Verified, Withdrawn};
use ClaimStep::{Assign, Conclude, GiveInformation, Reject, RequestInformation, Verify, Withdraw};

/// Every step that exists; what is not here is refused.
const TABLE: &[(ClaimStatus, ClaimStep, ClaimStatus)] = &[
    (Submitted, Assign, InVerification),
    (Submitted, RequestInformation, InformationRequested),
    (Submitted, Verify, Verified),
    (Submitted, Reject, Rejected),
    (Submitted, Withdraw, Withdrawn),
    (InVerification, Assign, InVerification),
    (InVerification, RequestInformation, InformationRequested),
    (InVerification, Verify, Verified),
    (InVerification, Conclude, Verified),
    (InVerification, Reject, Rejected),
    (InVerification, Withdraw, Withdrawn),
    (InformationRequested, Assign, InformationRequested),
    (InformationRequested, GiveInformation, InVerification),
    // Whoever judged while the question was open accepted nothing, and nobody is left who waits for an answer.
    (InformationRequested, Conclude, Verified),
    (InformationRequested, Reject, Rejected),
    (InformationRequested, Withdraw, Withdrawn),
];

/// A step that a claim cannot take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the claim is {status}: it cannot {step}{}", if status.is_open() { " yet" } else { " any more" })]
pub struct WrongStatus {
    /// Where the claim stands.
    pub status: ClaimStatus,
    /// What was asked.
    pub step: ClaimStep,
}

impl ClaimStatus {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Submitted,
        InVerification,
        InformationRequested,
        Verified,
        Rejected,
        Withdrawn,
    ];

    /// Those in which the claim waits for a decision.
    pub const OPEN: [Self; 3] = [Submitted, InVerification, InformationRequested];

    /// The word for the status.
    pub fn as_str(self) -> &'static str {
        match self {
            Submitted => "submitted",
            InVerification => "in_verification",
            InformationRequested => "information_requested",
            Verified => "verified",
            Rejected => "rejected",
            Withdrawn => "withdrawn",
        }
    }

    /// Whether the claim waits for a decision.
    pub fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }

    /// Whether credits stand or may come to stand behind it, so that its evidence cannot be used again.
    pub fn is_live(self) -> bool {
        self.is_open() || self == Verified
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
        f.write_str(&self.as_str().replace('_', " "))
    }
}

impl fmt::Display for ClaimStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Assign => "be given to verifiers",
            RequestInformation => "be asked about",
            GiveInformation => "be answered",
            Verify | Conclude => "be verified",
            Reject => "be rejected",
            Withdraw => "be withdrawn",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [ClaimStep; 7] = [
        Assign,
        RequestInformation,
        GiveInformation,
        Verify,
        Conclude,
        Reject,
        Withdraw,
    ];

    #[test]
    fn only_an_open_claim_moves_on_and_each_can_end() {
        for status in ClaimStatus::ALL {
            let moves = STEPS.iter().any(|step| status.after(*step).is_ok());
            assert_eq!(moves, status.is_open(), "{status}");
            assert_eq!(status.after(Withdraw).is_ok(), status.is_open());
            assert_eq!(status.after(Reject).is_ok(), status.is_open());
        }
    }

    #[test]
    fn an_open_question_comes_before_a_verified_quantity_until_all_have_judged() {
        let asked = InVerification.after(RequestInformation).unwrap();
        assert!(asked.after(Verify).is_err());
        assert_eq!(asked.after(Conclude), Ok(Verified));
        assert!(Submitted.after(Conclude).is_err(), "nobody was drawn");
        assert_eq!(asked.after(GiveInformation), Ok(InVerification));
    }

    #[test]
    fn a_verified_claim_cannot_be_withdrawn_from_under_its_credits() {
        let error = Verified.after(Withdraw).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the claim is verified: it cannot be withdrawn any more"
        );
    }

    #[test]
    fn refused_and_withdrawn_claims_free_their_evidence() {
        assert!(ClaimStatus::OPEN.iter().all(|status| status.is_live()) && Verified.is_live());
        assert!(!Rejected.is_live() && !Withdrawn.is_live());
    }
}
