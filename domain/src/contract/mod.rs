//! Contracts, their KPIs, claims of delivery, and verification.
//!
//! The `decide_*` functions are the rules. The use-case calls them with facts from the database before it writes an
//! entry; replay calls them with facts from the entries before.

pub mod claim;
pub mod counting;
pub mod entries;
pub mod exclusion;
pub mod information;
pub mod kpi;
pub mod performance;
pub mod rating;
pub mod reference;
pub mod schedule;
pub mod signing;
pub mod state;
pub mod status;
pub mod submission;
pub mod text;
pub mod variation;
pub mod verification;

#[cfg(test)]
pub(crate) mod fixtures;
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
