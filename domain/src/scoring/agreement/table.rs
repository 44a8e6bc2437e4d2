//! The marks of one criterion as a table.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{BidId, PersonId};
use crate::tender::panel::Panel;

/// A row for each bid and a column for each evaluator that has at least one mark, both by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    bids: Vec<BidId>,
    evaluators: Vec<PersonId>,
    rows: Vec<Vec<Option<u32>>>,
}

impl Table {
    /// Lays out the marks of those who sit on the panel now: the marks of whoever left it change nothing.
    pub fn of_panel(panel: &Panel, marks: &[(BidId, PersonId, u32)]) -> Self {
        let sits = |person| panel.seated(person).is_ok();
        let marks = marks.iter().filter(|(_, person, _)| sits(*person));
        Self::new(&marks.copied().collect::<Vec<_>>())
    }

    /// Lays out the marks of one criterion, each a bid, an evaluator and the level in points of the criterion's table.
    pub fn new(marks: &[(BidId, PersonId, u32)]) -> Self {
        let bids: BTreeSet<BidId> = marks.iter().map(|(bid, _, _)| *bid).collect();
        let evaluators: BTreeSet<PersonId> = marks.iter().map(|(_, person, _)| *person).collect();
        let given: BTreeMap<(BidId, PersonId), u32> = marks
            .iter()
            .map(|(bid, person, level)| ((*bid, *person), *level))
            .collect();
        let row = |bid: &BidId| {
            let mark = |person: &PersonId| given.get(&(*bid, *person)).copied();
            evaluators.iter().map(mark).collect()
        };
        Self {
            rows: bids.iter().map(row).collect(),
            bids: bids.into_iter().collect(),
            evaluators: evaluators.into_iter().collect(),
        }
    }

    /// The bids, in the order of the rows.
    pub fn bids(&self) -> &[BidId] {
        &self.bids
    }

    /// The evaluators, in the order of the columns.
    pub fn evaluators(&self) -> &[PersonId] {
        &self.evaluators
    }

    /// The marks by bid and evaluator; `None` where one is missing.
    pub fn rows(&self) -> &[Vec<Option<u32>>] {
        &self.rows
    }
}
