//! The ranking as it is, and the means to evaluate again with other bids within a bound.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Case;
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::BidId;
use crate::scoring::entrant::Entrant;
use crate::scoring::evaluation::{Change, Evaluation};
use crate::scoring::ranking::Ranking;
use crate::scoring::scorecard::Mark;
use crate::tender::criteria::Leaf;

/// The most marks that leaving out and capping compute again for all lots of a tender together, each a like share, where
/// ranking everybody anew counts as one mark each: some seconds of work, whatever the number of bids.
pub const MAX_MARKS: u64 = 2_000_000;

/// The most changes of one sort that a report lists; the others are counted.
pub const LISTED: usize = 20;

/// The most places of a ranking that a report shows.
pub const SHOWN: usize = 10;

/// A ranking in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// The first bids in order, at most [`SHOWN`].
    Ranked(Vec<BidId>),
    /// A rule has no value, or nothing can be ranked.
    Withheld,
}

impl Outcome {
    /// A ranking in short.
    pub fn of(ranking: &Ranking) -> Self {
        match ranking {
            Ranking::Ranked(places) => {
                Self::Ranked(places.iter().take(SHOWN).map(|place| place.bid).collect())
            }
            Ranking::Withheld(_) | Ranking::NotKnown => Self::Withheld,
        }
    }

    /// The first bid.
    pub fn winner(&self) -> Option<BidId> {
        match self {
            Self::Ranked(places) => places.first().copied(),
            Self::Withheld => None,
        }
    }
}

/// The ranking as it is, with every exact mark.
#[derive(Debug)]
pub(super) struct Base<'a> {
    pub(super) leaves: Vec<Leaf<'a>>,
    pub(super) winner: BidId,
    /// The bids after the winner, by rank.
    pub(super) losers: Vec<BidId>,
    /// Exact marks in the order of the leaves.
    pub(super) marks: BTreeMap<BidId, Vec<Fraction>>,
    /// For each leaf what it compares, the lowest first; nothing where it does not compare.
    pub(super) compared: Vec<Vec<(Fraction, BidId)>>,
}

impl<'a> Base<'a> {
    /// `None` without a winner.
    pub(super) fn new(
        case: &Case<'a>,
        evaluation: &Evaluation<'_>,
    ) -> Result<Option<Self>, ArithmeticError> {
        let Ranking::Ranked(places) = evaluation.ranking() else {
            return Ok(None);
        };
        let mut order = places.iter().map(|place| place.bid);
        let Some(winner) = order.next() else {
            return Ok(None);
        };
        let exact = |mark: &Mark| match mark {
            Mark::Defined { exact, .. } => *exact,
            Mark::Undefined(_) | Mark::Withheld(_) | Mark::Unknown(_) => Fraction::ZERO,
        };
        Ok(Some(Self {
            compared: evaluation.compared(),
            leaves: case.plan.leaves_of(case.lot)?,
            winner,
            losers: order.collect(),
            marks: evaluation
                .marks()
                .map(|(bid, marks)| (bid, marks.iter().map(exact).collect()))
                .collect(),
        }))
    }

    /// The exact mark of a bid for the leaf at an index.
    pub(super) fn mark(&self, bid: BidId, leaf: usize) -> Fraction {
        let marks = self.marks.get(&bid);
        let mark = marks.and_then(|marks| marks.get(leaf)).copied();
        mark.unwrap_or(Fraction::ZERO)
    }

    /// The bids by falling mark of a leaf, equal ones by id.
    pub(super) fn by_mark(&self, leaf: usize) -> Vec<(Fraction, BidId)> {
        let marked = |(bid, marks): (&BidId, &Vec<Fraction>)| {
            (marks.get(leaf).copied().unwrap_or(Fraction::ZERO), *bid)
        };
        let mut sorted: Vec<_> = self.marks.iter().map(marked).collect();
        sorted.sort_by(|(a, left), (b, right)| b.cmp(a).then(left.cmp(right)));
        sorted
    }

    /// The bids that no rule of the plan excluded, by id.
    pub(super) fn taking_part<'e>(&self, case: &Case<'e>) -> Vec<&'e Entrant> {
        let mut bids: Vec<&Entrant> = case
            .entrants
            .iter()
            .filter(|entrant| self.marks.contains_key(&entrant.bid))
            .collect();
        bids.sort_by_key(|entrant| entrant.bid);
        bids
    }
}

/// Ranks again with a difference, as long as the bound allows.
pub(super) struct Reruns<'e, 'a> {
    evaluation: &'e Evaluation<'a>,
    compared: &'e [Vec<(Fraction, BidId)>],
    /// Marks of everybody on one criterion: what ranking them costs beside the marks.
    ranking: u64,
    left: u64,
}

impl<'e, 'a> Reruns<'e, 'a> {
    pub(super) fn new(evaluation: &'e Evaluation<'a>, base: &'e Base<'_>, case: &Case<'_>) -> Self {
        let lots = u64::try_from(case.plan.lots.len()).unwrap_or(u64::MAX);
        Self {
            evaluation,
            compared: &base.compared,
            ranking: u64::try_from(base.marks.len()).unwrap_or(u64::MAX),
            left: MAX_MARKS.checked_div(lots).unwrap_or(MAX_MARKS),
        }
    }

    /// The ranking with a difference; `None` when the bound is reached.
    pub(super) fn with(&mut self, change: &Change<'_>) -> Option<Ranking> {
        self.left = self.left.checked_sub(self.ranking)?;
        let (ranking, marks) = self.evaluation.again(change, self.compared);
        self.left = self.left.saturating_sub(marks);
        Some(ranking)
    }
}
