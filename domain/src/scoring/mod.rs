//! From plan, bids and consensus levels to marks, totals and ranks: exact, deterministic and explained.

pub mod agreement;
pub mod ahp;
pub mod comparison;
pub mod draw;
pub mod entrant;
pub mod evaluation;
pub mod exclusion;
pub mod generator;
pub mod letter;
pub mod methods;
pub mod plan_report;
mod points;
pub mod proxy;
pub mod proxy_pack;
pub mod ranking;
pub mod robustness;
pub mod rules;
pub mod scorecard;
pub mod sweep;

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "tests calculate freely")]
mod laws;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod withheld_tests;
#[cfg(test)]
mod worked_examples;

pub use entrant::{Entrant, Facts, KnownContent};
pub use evaluation::{Evaluation, evaluate};
pub use points::Points;
