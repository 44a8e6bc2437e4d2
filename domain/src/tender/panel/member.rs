//! A member of a panel, with what they declared and since when they may see bids.

use std::collections::{BTreeMap, BTreeSet};

use super::Declared;
use crate::ids::{BidId, OrganisationId};
use crate::log::hash::Hash;
use crate::tender::code::CriterionCode;

/// A seat on a panel and who has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    /// Leads the panel and signs its consensus.
    pub chairs: bool,
    /// Marks every bid.
    pub marks: bool,
    /// The declaration about each bidder.
    pub declared: BTreeMap<OrganisationId, Declared>,
    /// Index of the entry that took the member from the panel.
    pub removed: Option<u64>,
    /// Whether an officer has filled the seat again, or left it empty by a decision.
    pub replaced: bool,
    /// Index of the entry in which the member marked the prepared answers.
    pub calibrated: Option<u64>,
    /// Marks that the chair stated missing.
    pub missing: BTreeSet<(BidId, CriterionCode)>,
    /// The consensus that the member signed off.
    pub signed_off: Option<Hash>,
    /// Spans of the log in which the member might see bids, as indexes from and until. Only replay asks for the past.
    pub(super) access: Vec<(u64, Option<u64>)>,
}

impl Member {
    /// A new member.
    pub fn seat(chairs: bool, marks: bool) -> Self {
        Self {
            chairs,
            marks,
            ..Self::default()
        }
    }

    /// Whether the member still sits on the panel.
    pub fn is_active(&self) -> bool {
        self.removed.is_none()
    }

    /// Whether the member may see the bids: a declaration about every bidder, none of them hard, each soft one
    /// countersigned.
    pub fn is_cleared(&self, bidders: &BTreeSet<OrganisationId>) -> bool {
        let clears = |bidder| self.declared.get(bidder).is_some_and(|one| one.clears());
        self.is_active() && bidders.iter().all(clears)
    }

    /// Whether the member could see bids when the entry of an index was written.
    pub(crate) fn had_access(&self, index: u64) -> bool {
        self.access
            .iter()
            .any(|(from, until)| *from < index && until.is_none_or(|until| index < until))
    }

    /// Takes the member from the panel.
    pub(super) fn remove(&mut self, index: u64) {
        self.removed = self.removed.or(Some(index));
        self.end_access(index);
    }

    /// Notes whether access began or ended with an entry.
    pub(super) fn note_access(&mut self, bidders: &BTreeSet<OrganisationId>, index: u64) {
        let open = self.access.last().is_some_and(|(_, until)| until.is_none());
        match (self.is_cleared(bidders), open) {
            (true, false) => self.access.push((index, None)),
            (false, true) => self.end_access(index),
            _ => {}
        }
    }

    fn end_access(&mut self, index: u64) {
        if let Some((_, until)) = self.access.last_mut() {
            *until = until.or(Some(index));
        }
    }
}
