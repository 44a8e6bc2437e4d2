//! Contracts, their KPIs, claims of delivery, and verification.
//!
//! The `decide_*` functions are the rules. The use-case calls them with facts from the database before it writes an
//! entry; replay calls them with facts from the entries before.

pub mod claim;
pub mod entries;
pub mod kpi;
pub mod signing;
mod state;
pub mod status;
pub mod submission;
pub mod text;
pub mod verification;

#[cfg(test)]
pub(crate) mod fixtures;

pub use claim::{Claim, Evidence, KpiRef};
pub use kpi::Kpi;
pub use signing::Contract;
pub use state::{RecordedClaim, State};
pub use status::ClaimStatus;
pub use verification::Verification;
