//! Tenders: the evaluation plan, bids, the process and the award.

pub mod award;
pub mod bid;
pub mod code;
pub mod participation;

pub use award::Award;
pub use bid::{BidContent, Commitment};
pub use code::{CriterionCode, Weight};
pub use participation::Participation;

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
