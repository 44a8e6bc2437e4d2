//! Tenders: the evaluation plan, bids, the process and the award.

pub mod award;
pub mod bid;
pub mod bid_check;
pub mod code;
pub mod criteria;
pub mod disclosure;
pub mod participation;
pub mod plan;
pub mod plan_check;
pub mod plan_error;
pub mod plan_warning;

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod plan_tests;

pub use award::Award;
pub use bid::{BidContent, Commitment};
pub use code::{CriterionCode, Weight};
pub use criteria::{Criterion, CriterionKind};
pub use disclosure::{BidField, Disclosure, DisclosurePlan};
pub use participation::Participation;
pub use plan::Plan;
pub use plan_error::{PlanError, PlanProblem};

use std::collections::BTreeMap;

use crate::ids::TenderId;

/// What replay knows of tenders.
#[derive(Debug, Default)]
pub struct State {
    awards: BTreeMap<TenderId, Award>,
}

impl State {
    /// The award of a tender, once it is decided.
    pub fn award(&self, tender: TenderId) -> Option<&Award> {
        self.awards.get(&tender)
    }
}
