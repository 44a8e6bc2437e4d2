//! Challenges: anyone may object to a verified claim in public. A challenge is routed to the body in charge, answered
//! within published days, and every step is an entry.

pub mod entries;
pub mod rules;
pub mod screen;
mod state;

pub use state::{Challenge, Decision, Proposal, State};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::Quantity;
use crate::ids::{ChallengeId, OrganisationId, ProposalId};

/// What the objection is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// Less was delivered than was verified, or nothing.
    Delivery,
    /// The outcome was counted before.
    CountedTwice,
    /// A verifier was not independent.
    Independence,
    /// The outcome did not last.
    Undone,
    /// It is not what the contract asked for.
    Contract,
}

impl Ground {
    /// Every ground.
    pub const ALL: [Self; 5] = [
        Self::Delivery,
        Self::CountedTwice,
        Self::Independence,
        Self::Undone,
        Self::Contract,
    ];

    /// The word for the ground.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::CountedTwice => "counted_twice",
            Self::Independence => "independence",
            Self::Undone => "undone",
            Self::Contract => "contract",
        }
    }
}

/// Who answers a challenge.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case", tag = "kind", content = "organisation")]
pub enum Body {
    /// The registry: its registrars.
    Registry,
    /// A contract's buyer: its officers.
    Buyer(OrganisationId),
}

/// What an upheld challenge asks for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// It was issued in error.
    Correct,
    /// The outcome was undone.
    Reverse,
}

impl Remedy {
    /// The word for the remedy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::Reverse => "reverse",
        }
    }
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "outcome", deny_unknown_fields)]
pub enum Outcome {
    /// The claim stands.
    Dismissed,
    /// Less of the claim stands.
    Upheld {
        /// What stays verified.
        verified: Quantity,
        /// Why the rest falls.
        remedy: Remedy,
    },
}

/// The decision behind a correction or reversal.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case", tag = "of", content = "id")]
pub enum Basis {
    /// A challenge that was upheld for good.
    Challenge(ChallengeId),
    /// A registrar's own proposal.
    Proposal(ProposalId),
}
