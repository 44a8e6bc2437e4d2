//! Contracts, their KPIs, claims of delivery, and verification.
//!
//! The `decide_*` functions are the rules. The use-case calls them with facts from the database before it writes an
//! entry; replay calls them with facts from the entries before.

pub mod beneficiary;
pub mod claim;
pub mod counting;
pub mod entries;
pub mod erasure;
pub mod exclusion;
pub mod information;
pub mod kpi;
pub mod media;
pub mod performance;
pub mod person;
pub mod quorum;
pub mod rating;
pub mod reference;
pub mod refusals;
pub mod retention;
pub mod schedule;
pub mod sight;
pub mod signing;
pub mod small_cells;
pub mod state;
pub mod status;
pub mod submission;
pub mod text;
pub mod variation;
pub mod verification;

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod people_tests;
#[cfg(test)]
mod quorum_confirmed_tests;
#[cfg(test)]
mod quorum_leaving_tests;
#[cfg(test)]
mod quorum_replay_tests;
#[cfg(test)]
mod replay_tests;
#[cfg(test)]
pub(crate) mod story;

pub use claim::{Claim, Evidence, KpiRef};
pub use counting::Counted;
pub use kpi::Kpi;
pub use reference::ExternalReference;
pub use signing::Contract;
pub use state::{RecordedClaim, State};
pub use status::ClaimStatus;
pub use verification::Verification;
