//! Why a step cannot be taken with a tender, and what to do instead.

use super::stage::{Stage, Step};
use crate::time::Time;

/// Why a step cannot be taken with a tender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TenderError {
    /// After the deadline.
    #[error("the tender closed at {closes_at}: bids that arrive later are refused")]
    Closed {
        /// The deadline.
        closes_at: Time,
    },
    /// The tender was cancelled.
    #[error("the tender was cancelled: nothing more can be done with it")]
    Cancelled,
    /// Before the opening time.
    #[error("the bids can be opened after {closes_at}, from {opens_at} on")]
    NotYetOpen {
        /// The deadline.
        closes_at: Time,
        /// The earliest opening.
        opens_at: Time,
    },
    /// Another stage is needed.
    #[error("the tender is {stage}: it cannot {step} now; next: {}", .stage.next())]
    WrongStage {
        /// Where it is.
        stage: Stage,
        /// What was tried.
        step: Step,
    },
    /// A second envelope where there is one.
    #[error("the plan has one envelope: the prices were opened with the bids, compute the ranking")]
    OneEnvelope,
    /// Prices that are still closed.
    #[error("the price envelopes are closed: two officers open them before the ranking")]
    PricesClosed,
    /// After the deadline for questions.
    #[error("questions were taken until {until}: look at the answers")]
    QuestionsClosed {
        /// The deadline for questions.
        until: Time,
    },
    /// Before the end of the standstill.
    #[error("the standstill ends at {ends_at}: sign the contract from then on")]
    StandsStill {
        /// The first instant after it.
        ends_at: Time,
    },
    /// A standstill that is over, or never was.
    #[error("there is no standstill to suspend any more: ask a court, or annul the award")]
    NothingToSuspend,
    /// A contract that is signed already.
    #[error("a contract of this tender is signed: annul the award instead")]
    PartlyContracted,
}
