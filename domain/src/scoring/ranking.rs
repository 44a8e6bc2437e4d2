//! Totals to ranks. Equal totals are decided by the published list and never by the order of rows.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::draw::lot;
use super::entrant::{Entrant, Facts};
use super::points::Points;
use super::rules::{Price, Reason};
use super::scorecard::Mark;
use crate::ids::BidId;
use crate::tender::code::CriterionCode;
use crate::tender::criteria::Leaf;
use crate::tender::disclosure::BidField;
use crate::tender::plan::{Plan, TieBreak};

/// A bid's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// 1 is the winner.
    pub rank: u32,
    /// The bid.
    pub bid: BidId,
    /// Its total; none where a mark is withheld from the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Points>,
    /// What put it before the next bid with an equal total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tie_decided_by: Option<TieBreak>,
}

/// A rule or the method without a value, and the bids for which it has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoValue {
    /// The criterion; none where the method has no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criterion: Option<CriterionCode>,
    /// The name of the rule or the method.
    pub rule: String,
    /// Why it has no value.
    pub reason: Reason,
    /// The bids.
    pub bids: Vec<BidId>,
}

/// The ranking of one lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ranking {
    /// The places from the first; empty when every bid was excluded.
    Ranked(Vec<Place>),
    /// No ranking, because rules have no value.
    Withheld(Vec<NoValue>),
    /// Not every mark is known to the reader, so that at most the log's word stands for the ranking. A bid with an unknown
    /// value is never ranked, and neither is any other beside it.
    NotKnown,
}

impl Ranking {
    /// The bid at rank 1, if there is one.
    pub fn winner(&self) -> Option<BidId> {
        match self {
            Self::Ranked(places) => places.first().map(|place| place.bid),
            _ => None,
        }
    }

    /// Whether these bids, and no others, have the places from the first, or have none because the ranking is withheld: all
    /// that a reader can check who does not know every mark.
    pub(crate) fn places_exactly(&self, bids: &[BidId]) -> bool {
        match self {
            Self::Ranked(places) => {
                let named: BTreeSet<BidId> = places.iter().map(|place| place.bid).collect();
                let in_order = places
                    .iter()
                    .zip(1_u32..)
                    .all(|(place, rank)| place.rank == rank);
                in_order && places.len() == bids.len() && bids.iter().all(|bid| named.contains(bid))
            }
            Self::Withheld(_) => true,
            Self::NotKnown => false,
        }
    }

    /// The ranking as the log tells it. Without all marks there are no totals and nothing on what decided between equal
    /// ones, from which a hidden mark could be found; of a missing value that follows from a hidden field only where.
    #[must_use]
    pub(crate) fn published(&self, told: &Told) -> Self {
        match self {
            Self::Ranked(places) => {
                let place = |place: &Place| Place {
                    total: place.total.filter(|_| told.totals),
                    tie_decided_by: place.tie_decided_by.clone().filter(|_| told.ties),
                    ..place.clone()
                };
                Self::Ranked(places.iter().map(place).collect())
            }
            Self::Withheld(missing) => {
                let mut published: Vec<NoValue> = Vec::new();
                for gap in missing.iter().map(|gap| gap.published(told)) {
                    if !published.contains(&gap) {
                        published.push(gap);
                    }
                }
                Self::Withheld(published)
            }
            Self::NotKnown => Self::NotKnown,
        }
    }

    /// Whether it says nothing that the plan withholds.
    pub(crate) fn is_published(&self, told: &Told) -> bool {
        *self == self.published(told)
    }

    /// Whether a drawn lot decided a place.
    pub fn used_lot(&self) -> bool {
        match self {
            Self::Ranked(places) => places
                .iter()
                .any(|place| place.tie_decided_by == Some(TieBreak::DrawnLot)),
            _ => false,
        }
    }
}

impl NoValue {
    fn published(&self, told: &Told) -> Self {
        let hidden = match &self.criterion {
            Some(code) => told.hidden.contains(code),
            None => !told.totals,
        };
        if hidden {
            Self {
                reason: Reason::Withheld,
                bids: Vec::new(),
                ..self.clone()
            }
        } else {
            self.clone()
        }
    }
}

/// What the log may tell of the ranking of a lot.
#[derive(Debug)]
pub(crate) struct Told {
    /// Criteria whose marks follow from a hidden field.
    hidden: BTreeSet<CriterionCode>,
    /// Whether every mark and the method follow from what stands in the log.
    totals: bool,
    /// Whether the same goes for what decides between equal totals.
    ties: bool,
}

impl Told {
    /// By the disclosure of the plan.
    pub(crate) fn new(plan: &Plan, leaves: &[Leaf<'_>]) -> Self {
        let disclosure = &plan.disclosure;
        let hidden = leaves
            .iter()
            .filter(|leaf| !disclosure.shows(&leaf.rule.reads()));
        let hidden: BTreeSet<CriterionCode> =
            hidden.map(|leaf| leaf.criterion.code.clone()).collect();
        let totals = hidden.is_empty() && disclosure.shows(plan.method.reads());
        let by_price = plan.tie_breaks.contains(&TieBreak::LowerPrice);
        Self {
            ties: totals && (!by_price || disclosure.in_log(BidField::Price)),
            hidden,
            totals,
        }
    }
}

/// What the ranking is made from, per bid.
pub(super) struct Row<'a> {
    pub(super) entrant: &'a Entrant,
    pub(super) marks: &'a [Mark],
    /// Marks that stand in the place of those at an index.
    pub(super) changed: &'a [(usize, Mark)],
    /// None while a mark is missing or not known.
    pub(super) total: Option<Mark>,
}

impl Row<'_> {
    fn total(&self) -> Option<Points> {
        self.total.and_then(Mark::rounded)
    }

    fn mark(&self, index: usize) -> Option<Mark> {
        let changed = self.changed.iter().find(|(at, _)| *at == index);
        changed
            .map(|(_, mark)| *mark)
            .or_else(|| self.marks.get(index).copied())
    }

    /// Whether every mark and the total have a value.
    fn whole(&self) -> bool {
        matches!(self.total, Some(Mark::Defined { .. }))
    }

    /// Whether a mark or the total follows from something that is not known.
    fn hidden(&self) -> bool {
        let hidden = |mark: Mark| matches!(mark, Mark::Withheld(_) | Mark::Unknown(_));
        let mut marks = (0..self.marks.len()).filter_map(|index| self.mark(index));
        !self.whole() && (marks.any(hidden) || self.total.is_some_and(hidden))
    }
}

/// Ranks the rows.
pub(super) fn rank(plan: &Plan, leaves: &[Leaf<'_>], rows: &[Row<'_>], facts: &Facts) -> Ranking {
    let needs_price = plan.tie_breaks.contains(&TieBreak::LowerPrice);
    let price_hidden = |row: &Row<'_>| needs_price && row.entrant.content.price.is_none();
    if rows.iter().any(|row| row.hidden() || price_hidden(row)) {
        return Ranking::NotKnown;
    }
    let missing = if rows.iter().all(Row::whole) {
        Vec::new()
    } else {
        without_value(plan, leaves, rows)
    };
    if !missing.is_empty() {
        return Ranking::Withheld(missing);
    }
    let mut sorted: Vec<&Row<'_>> = rows.iter().collect();
    let better = |a: &Row<'_>, b: &Row<'_>| match (a.total(), b.total()) {
        (Some(a), Some(b)) => plan.method.compare(a, b),
        // Every total is known here.
        _ => Ordering::Equal,
    };
    sorted.sort_by(|a, b| better(a, b).then_with(|| tie(plan, leaves, facts, a, b).0));
    let places = sorted.iter().zip(1_u32..).map(|(row, rank)| {
        let next = usize::try_from(rank).ok().and_then(|next| sorted.get(next));
        let tied = next.filter(|next| next.total() == row.total());
        Place {
            rank,
            bid: row.entrant.bid,
            total: row.total(),
            tie_decided_by: tied.and_then(|next| tie(plan, leaves, facts, row, next).1.cloned()),
        }
    });
    Ranking::Ranked(places.collect())
}

/// Every rule and reason for which some bid has no mark, and every reason for which it has no total.
fn without_value(plan: &Plan, leaves: &[Leaf<'_>], rows: &[Row<'_>]) -> Vec<NoValue> {
    let mut missing: Vec<NoValue> = Vec::new();
    let mut note = |criterion: Option<&CriterionCode>, rule: &str, reason, bid| {
        let known = missing
            .iter_mut()
            .find(|known| known.criterion.as_ref() == criterion && known.reason == reason);
        match known {
            Some(known) => known.bids.push(bid),
            None => missing.push(NoValue {
                criterion: criterion.cloned(),
                rule: rule.to_owned(),
                reason,
                bids: vec![bid],
            }),
        }
    };
    for (index, leaf) in leaves.iter().enumerate() {
        for row in rows {
            if let Some(Mark::Undefined(reason)) = row.mark(index) {
                let code = &leaf.criterion.code;
                note(Some(code), leaf.rule.id(), reason, row.entrant.bid);
            }
        }
    }
    for row in rows {
        if let Some(Mark::Undefined(reason)) = row.total {
            note(None, plan.method.id(), reason, row.entrant.bid);
        }
    }
    missing
}

/// Compares two bids of equal totals by the published list; `Less` stands before. Also names what decided.
fn tie<'p>(
    plan: &'p Plan,
    leaves: &[Leaf<'_>],
    facts: &Facts,
    a: &Row<'_>,
    b: &Row<'_>,
) -> (Ordering, Option<&'p TieBreak>) {
    let by = |tie: &TieBreak| match tie {
        TieBreak::CriterionMark(code) => {
            let index = leaves.iter().position(|leaf| leaf.criterion.code == *code);
            let mark = |row: &Row<'_>| index.and_then(|index| row.mark(index)?.rounded());
            mark(b).cmp(&mark(a))
        }
        TieBreak::LowerPrice => {
            let price = |row: &Row<'_>| {
                let price = Price::of(plan, row.entrant.content.price?).ok()?;
                Some(price.minor)
            };
            price(a).cmp(&price(b))
        }
        TieBreak::EarlierReceipt => a.entrant.received_at.cmp(&b.entrant.received_at),
        TieBreak::DrawnLot => {
            let lot = |row: &Row<'_>| lot(facts.seed, row.entrant.sealed);
            lot(a).cmp(&lot(b))
        }
    };
    plan.tie_breaks
        .iter()
        .map(|tie| (by(tie), Some(tie)))
        .find(|(order, _)| order.is_ne())
        .unwrap_or((Ordering::Equal, None))
}
