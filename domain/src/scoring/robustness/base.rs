//! The ranking as it is, and the means to evaluate again with other bids within a bound.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Case;
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::BidId;
use crate::scoring::entrant::Entrant;
use crate::scoring::evaluation::{Evaluation, evaluate};
use crate::scoring::ranking::Ranking;
use crate::scoring::scorecard::Mark;
use crate::tender::criteria::Leaf;
use crate::tender::lot::Lot;
use crate::tender::plan::Plan;

/// The most marks that leaving out and capping compute again: some seconds of work, whatever the number of bids.
pub const MAX_MARKS: u64 = 5_000_000;

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
    /// For each criterion that compares bids, what it compares, the lowest first.
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
        let mut compared = evaluation.compared();
        for values in &mut compared {
            values.sort_unstable();
        }
        Ok(Some(Self {
            compared,
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

/// Evaluates again, as long as the bound allows.
pub(super) struct Reruns<'a> {
    case: Case<'a>,
    cost: u64,
    left: u64,
}

impl<'a> Reruns<'a> {
    pub(super) fn new(case: &Case<'a>, base: &Base<'_>) -> Self {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX).max(1);
        Self {
            case: *case,
            cost: count(base.marks.len()).saturating_mul(count(base.leaves.len())),
            left: MAX_MARKS,
        }
    }

    /// The lot.
    pub(super) fn lot(&self) -> &'a Lot {
        self.case.lot
    }

    /// The plan.
    pub(super) fn plan(&self) -> &'a Plan {
        self.case.plan
    }

    /// The bids.
    pub(super) fn entrants(&self) -> &'a [Entrant] {
        self.case.entrants
    }

    /// The ranking without some bids; `None` when the bound is reached.
    pub(super) fn without(
        &mut self,
        bids: &BTreeSet<BidId>,
    ) -> Result<Option<Ranking>, ArithmeticError> {
        let entrants = self.remaining(bids);
        self.with(&entrants)
    }

    /// The ranking of other bids; `None` when the bound is reached.
    pub(super) fn with(
        &mut self,
        entrants: &[Entrant],
    ) -> Result<Option<Ranking>, ArithmeticError> {
        if !self.afford() {
            return Ok(None);
        }
        let evaluation = evaluate(self.case.plan, self.case.lot, entrants, self.case.facts)?;
        Ok(Some(evaluation.ranking().clone()))
    }

    /// The winner by other criteria, of all bids or without some; `None` also when the bound is reached.
    pub(super) fn winner_by(
        &mut self,
        lot: &Lot,
        without: &BTreeSet<BidId>,
    ) -> Result<Option<BidId>, ArithmeticError> {
        if !self.afford() {
            return Ok(None);
        }
        let entrants = self.remaining(without);
        let evaluation = evaluate(self.case.plan, lot, &entrants, self.case.facts)?;
        Ok(evaluation.ranking().winner())
    }

    fn remaining(&self, without: &BTreeSet<BidId>) -> Vec<Entrant> {
        let stay = |entrant: &&Entrant| !without.contains(&entrant.bid);
        self.case.entrants.iter().filter(stay).cloned().collect()
    }

    fn afford(&mut self) -> bool {
        let left = self.left.checked_sub(self.cost);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}
