//! Credits: classes, batches, accounts and postings.
//!
//! A credit is one smallest unit of a verified outcome. The `decide_*` functions are the rules: the use-case calls them
//! with facts from the database, replay with facts from the entries before, and both post what the entry says.

pub mod buffer;
pub mod class;
pub mod conservation;
pub mod entries;
pub mod hold;
pub mod issue;
pub mod ledger;
pub mod liability;
pub mod movement;
pub mod posting;
pub mod reduction;
pub mod retirement;
pub mod serials;
pub mod split;
mod state;
pub mod substitution;
pub mod terms;
mod units;

#[cfg(test)]
mod replay_tests;

pub use class::Class;
pub use ledger::Ledger;
pub use retirement::{Retirement, RetirementReason};
pub use serials::{SerialRange, Serials};
pub use state::{Batch, State};
