//! Tenders: the evaluation plan, bids, the process and the award.

pub mod abnormal;
pub mod admission;
pub mod allocation;
pub mod amendment;
pub mod award;
pub mod bid;
pub mod bid_check;
pub mod code;
pub mod confirmation;
pub mod criteria;
pub mod delivery;
pub mod disclosure;
pub mod entries;
pub mod envelopes;
pub mod lot;
mod lot_check;
pub mod panel;
pub mod participation;
mod people;
pub mod plan;
pub mod plan_check;
pub mod plan_error;
pub mod plan_warning;
pub mod register;
pub mod reserved;
pub mod sealing;
pub mod stage;
mod stage_error;
mod stage_rules;
pub mod standstill;
mod state;
pub mod validity;

#[cfg(test)]
mod abnormal_tests;
#[cfg(test)]
mod admission_tests;
#[cfg(test)]
mod allocation_tests;
#[cfg(test)]
mod bidder;
#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "tests count freely")]
mod calibration_tests;
#[cfg(test)]
mod change_tests;
#[cfg(test)]
mod confirmation_tests;
#[cfg(test)]
mod envelope_tests;
#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod flag_tests;
#[cfg(test)]
mod lot_tests;
#[cfg(test)]
mod method_replay_tests;
#[cfg(test)]
mod obligation_tests;
#[cfg(test)]
mod opening_tests;
#[cfg(test)]
mod panel_replay_tests;
#[cfg(test)]
mod plan_tests;
#[cfg(test)]
mod process_tests;
#[cfg(test)]
mod replay_tests;
#[cfg(test)]
mod reserved_tests;
#[cfg(test)]
mod robustness_tests;
#[cfg(test)]
mod stage_tests;
#[cfg(test)]
pub(crate) mod story;
#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "tests count freely")]
mod story_panel;
#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "tests count freely")]
mod story_process;
#[cfg(test)]
mod withheld_tests;

pub use admission::{Admission, AdmissionDecision};
pub use award::Award;
pub use bid::{BidContent, Commitment};
pub use code::{CriterionCode, Weight};
pub use confirmation::{ConfirmationContent, ConfirmedShare};
pub use criteria::{Criterion, CriterionKind};
pub use disclosure::{BidField, Disclosure, DisclosurePlan};
pub use envelopes::PriceEnvelope;
pub use lot::{AllocationRule, Lot, LotCode, LotLimits, LotRef};
pub use participation::Participation;
pub use plan::Plan;
pub use plan_error::{PlanError, PlanProblem};
pub use stage::{Stage, Step, TenderError};
pub use standstill::{Running, Standstill, StandstillRule};
pub use state::{State, Tender};
pub use validity::Validity;
