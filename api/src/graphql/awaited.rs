//! What claims and quorums wait for, and who can do what about it.

use async_graphql::{Enum, SimpleObject};
use commonweal_domain::contract::quorum::awaited as domain;

/// What something waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Awaited {
    /// Any independent verifier: no quorum binds the claim.
    Verification,
    /// The draw of verifiers for open seats, of whom there are enough.
    Draw,
    /// More verifiers: nobody is left who could be drawn for an open seat.
    MoreVerifiers,
    /// Drawn verifiers who have not judged.
    Findings,
    /// The claimant, whom a verifier asked.
    Answer,
}

/// One thing that something waits for.
#[derive(Debug, Clone, SimpleObject)]
pub struct AwaitedStep {
    /// What.
    awaited: Awaited,
    /// Who can do what about it, and by which mutation.
    next_step: String,
}

impl From<domain::Awaited> for AwaitedStep {
    fn from(step: domain::Awaited) -> Self {
        let awaited = match step {
            domain::Awaited::Verification => Awaited::Verification,
            domain::Awaited::Draw => Awaited::Draw,
            domain::Awaited::MoreVerifiers(_) => Awaited::MoreVerifiers,
            domain::Awaited::Findings => Awaited::Findings,
            domain::Awaited::Answer => Awaited::Answer,
        };
        Self {
            awaited,
            next_step: step.to_string(),
        }
    }
}
