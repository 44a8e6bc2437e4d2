//! The evaluation: exclusions first, then marks, totals and ranks. The service and the watchdog's tool run this code.

mod again;
mod basis;
mod publish;

pub(super) use again::Change;
pub use basis::Basis;
pub use publish::{PublishedResult, Score};

use super::entrant::{Entrant, Facts};
use super::exclusion::{Excluded, grounds};
use super::methods::Parts;
use super::points::Points;
use super::ranking::{Ranking, Row, rank};
use super::rules::{Case, Gap, Price, Range, Reason};
use super::scorecard::{Mark, Scorecard, ScoredMark, Source, TotalTrace};
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::BidId;
use crate::tender::criteria::Leaf;
use crate::tender::disclosure::BidField;
use crate::tender::lot::Lot;
use crate::tender::plan::{Plan, Rounding};

/// An evaluation of one lot with all marks; scorecards are explained on request.
#[derive(Debug)]
pub struct Evaluation<'a> {
    plan: &'a Plan,
    lot: &'a Lot,
    facts: &'a Facts,
    leaves: Vec<Leaf<'a>>,
    /// For each leaf the values with which a relative rule compares.
    ranges: Vec<Option<Result<Range, Gap>>>,
    excluded: Vec<Excluded>,
    scored: Vec<Scored<'a>>,
    ranking: Ranking,
}

#[derive(Debug)]
struct Scored<'a> {
    entrant: &'a Entrant,
    marks: Vec<Mark>,
    /// The exact sum of the rounded marks; none while one is missing or not known.
    sum: Option<Result<Points, Gap>>,
    /// None while a mark is missing or not known.
    total: Option<Mark>,
}

/// Evaluates the bids for a lot of the plan. Bids for other lots among the `entrants` are passed over, and their order does
/// not matter.
///
/// A rule or a method without a value withholds the ranking; only weights beyond exact numbers are an error, which
/// [`Plan::check`] refuses.
pub fn evaluate<'a>(
    plan: &'a Plan,
    lot: &'a Lot,
    entrants: &'a [Entrant],
    facts: &'a Facts,
) -> Result<Evaluation<'a>, ArithmeticError> {
    let leaves = plan.leaves_of(lot)?;
    let of_lot = |entrant: &&Entrant| entrant.lot == lot.code;
    let mut sorted: Vec<&Entrant> = entrants.iter().filter(of_lot).collect();
    sorted.sort_by_key(|entrant| entrant.bid);
    let mut excluded = Vec::new();
    let mut eligible = Vec::new();
    for entrant in sorted {
        let grounds = grounds(plan, lot, &leaves, entrant, facts);
        if grounds.is_empty() {
            eligible.push(entrant);
        } else {
            let bid = entrant.bid;
            excluded.push(Excluded { bid, grounds });
        }
    }
    let mut evaluation = Evaluation {
        plan,
        lot,
        facts,
        ranges: vec![None; leaves.len()],
        leaves,
        excluded,
        scored: Vec::new(),
        ranking: Ranking::NotKnown,
    };
    let leaves = evaluation.leaves.iter().enumerate();
    let ranges = leaves.map(|(index, leaf)| evaluation.range(index, leaf, &eligible));
    evaluation.ranges = ranges.collect();
    for entrant in eligible {
        let scored = evaluation.score(entrant);
        evaluation.scored.push(scored);
    }
    evaluation.ranking = {
        let rows: Vec<Row<'_>> = evaluation.scored.iter().map(Scored::row).collect();
        rank(plan, &evaluation.leaves, &rows, facts)
    };
    Ok(evaluation)
}

impl Scored<'_> {
    fn row(&self) -> Row<'_> {
        Row {
            entrant: self.entrant,
            marks: &self.marks,
            changed: &[],
            total: self.total,
        }
    }
}

impl<'a> Evaluation<'a> {
    /// The ranking, or why it is withheld or not known.
    pub fn ranking(&self) -> &Ranking {
        &self.ranking
    }

    /// Bids that the plan excludes, by id.
    pub fn excluded(&self) -> &[Excluded] {
        &self.excluded
    }

    /// The points of each criterion, in the order of the marks.
    pub fn points(&self) -> impl Iterator<Item = Fraction> + '_ {
        self.leaves.iter().map(|leaf| leaf.points)
    }

    /// The marks of every bid that was scored, by id, each in the order of the plan's leaves.
    pub fn marks(&self) -> impl Iterator<Item = (BidId, &[Mark])> {
        self.scored
            .iter()
            .map(|scored| (scored.entrant.bid, scored.marks.as_slice()))
    }

    /// For each leaf what it compares, the lowest first, in the order of the plan's leaves; nothing where it does not compare.
    pub(super) fn compared(&self) -> Vec<Vec<(Fraction, BidId)>> {
        let values = self.leaves.iter().enumerate().map(|(index, leaf)| {
            let value = |scored: &Scored<'_>| {
                let case = self.case(index, leaf, scored.entrant);
                let value = leaf.rule.compares(&case)?.ok()?;
                Some((value, scored.entrant.bid))
            };
            let mut values: Vec<_> = self.scored.iter().filter_map(value).collect();
            values.sort_unstable();
            values
        });
        values.collect()
    }

    /// The explained marks of a bid that was scored.
    pub fn scorecard(&self, bid: BidId) -> Option<Scorecard> {
        let by_id = self
            .scored
            .binary_search_by_key(&bid, |scored| scored.entrant.bid);
        Some(self.explain(self.scored.get(by_id.ok()?)?))
    }

    /// The explained marks of every bid that was scored, by id.
    pub fn scorecards(&self) -> impl Iterator<Item = Scorecard> + '_ {
        self.scored.iter().map(|scored| self.explain(scored))
    }

    fn case<'b>(&'b self, index: usize, leaf: &'b Leaf<'a>, entrant: &'b Entrant) -> Case<'b> {
        self.case_in(self.ranges.get(index).copied().flatten(), leaf, entrant)
    }

    fn case_in<'b>(
        &'b self,
        range: Option<Result<Range, Gap>>,
        leaf: &'b Leaf<'a>,
        entrant: &'b Entrant,
    ) -> Case<'b> {
        Case {
            plan: self.plan,
            code: &leaf.criterion.code,
            points: leaf.points,
            entrant,
            range,
            facts: self.facts,
        }
    }

    /// The values that a relative rule compares, among bids that have one; not known when one of them is not.
    fn range(
        &self,
        index: usize,
        leaf: &Leaf<'a>,
        eligible: &[&Entrant],
    ) -> Option<Result<Range, Gap>> {
        let values = eligible
            .iter()
            .filter_map(|entrant| leaf.rule.compares(&self.case(index, leaf, entrant)));
        spanned(values)
    }

    /// A gap as it stands in a scorecard: what the plan publishes and is still not there, nobody knows.
    fn without_value(&self, gap: Gap) -> Mark {
        match gap {
            Gap::NotKnown(field) if self.plan.disclosure.in_log(field) => Mark::Unknown(field),
            Gap::NotKnown(field) => Mark::Withheld(field),
            Gap::Undefined(reason) => Mark::Undefined(reason),
        }
    }

    fn score(&self, entrant: &'a Entrant) -> Scored<'a> {
        let leaves = self.leaves.iter().enumerate();
        let marks = leaves.map(|(index, leaf)| self.mark(leaf, &self.case(index, leaf, entrant)));
        let marks: Vec<Mark> = marks.collect();
        let rounded: Option<Vec<Points>> = marks.iter().map(|mark| mark.rounded()).collect();
        let sum = rounded.map(|rounded| self.sum(rounded.into_iter()));
        Scored {
            entrant,
            total: sum.map(|sum| self.total(entrant, sum)),
            marks,
            sum,
        }
    }

    fn mark(&self, leaf: &Leaf<'_>, case: &Case<'_>) -> Mark {
        let rounded = leaf.rule.mark(case).and_then(|exact| {
            let Rounding::HalfEven = self.plan.rounding;
            let rounded = Points::rounded(exact, self.plan.mark_scale)?;
            Ok(Mark::Defined { exact, rounded })
        });
        rounded.unwrap_or_else(|gap| self.without_value(gap))
    }

    fn sum(&self, rounded: impl Iterator<Item = Points>) -> Result<Points, Gap> {
        Ok(Points::sum(rounded, self.plan.mark_scale)?)
    }

    /// The total that the method makes of the sum of a bid's marks.
    fn total(&self, entrant: &Entrant, sum: Result<Points, Gap>) -> Mark {
        let parts = self.parts(entrant, sum);
        let total = parts.and_then(|parts| self.plan.method.total(&parts, self.plan.mark_scale));
        total.map_or_else(
            |gap| self.without_value(gap),
            |(exact, rounded)| Mark::Defined { exact, rounded },
        )
    }

    /// What the total is made of.
    fn parts(&self, entrant: &Entrant, sum: Result<Points, Gap>) -> Result<Parts, Gap> {
        let price = || match (self.plan.method.counts_price(), entrant.content.price) {
            (false, _) => Ok(Fraction::ZERO),
            (true, None) => Err(Gap::NotKnown(BidField::Price)),
            (true, Some(price)) => Ok(Price::of(self.plan, price)?.minor),
        };
        Ok(Parts {
            marks: sum?,
            price: price()?,
            currency: self.plan.currency,
        })
    }

    fn explain(&self, scored: &Scored<'_>) -> Scorecard {
        let marks = self.leaves.iter().zip(&scored.marks).enumerate();
        Scorecard {
            bid: scored.entrant.bid,
            lot: self.lot.code.clone(),
            catalogue: self.plan.catalogue,
            marks: marks
                .map(|(index, (leaf, mark))| ScoredMark {
                    criterion: leaf.criterion.code.clone(),
                    rule: leaf.rule.id().to_owned(),
                    formula: leaf.rule.formula().to_owned(),
                    points: points_text(leaf),
                    inputs: leaf.rule.inputs(&self.case(index, leaf, scored.entrant)),
                    mark: *mark,
                    sources: Source::of(self.plan, leaf.rule),
                    panel: None,
                })
                .collect(),
            total: scored.total.and_then(Mark::rounded),
            method: self.trace(scored),
        }
    }

    fn trace(&self, scored: &Scored<'_>) -> TotalTrace {
        let method = &self.plan.method;
        let parts = scored.sum.map(|sum| self.parts(scored.entrant, sum));
        TotalTrace {
            method: method.id().to_owned(),
            formula: method.formula().to_owned(),
            inputs: parts
                .and_then(Result::ok)
                .map(|parts| method.inputs(&parts))
                .unwrap_or_default(),
            total: scored.total,
        }
    }
}

/// The lowest and the highest of what a rule compares; not known when one value is not.
fn spanned(values: impl Iterator<Item = Result<Fraction, Gap>>) -> Option<Result<Range, Gap>> {
    let mut range: Option<Range> = None;
    for value in values {
        match value {
            Ok(value) => {
                let known = range.unwrap_or(Range {
                    lowest: value,
                    highest: value,
                });
                range = Some(Range {
                    lowest: known.lowest.at_most(value),
                    highest: known.highest.at_least(value),
                });
            }
            Err(gap @ Gap::NotKnown(_)) => return Some(Err(gap)),
            Err(Gap::Undefined(_)) => {}
        }
    }
    range.map(Ok)
}

/// `W` as the shortest exact decimal; checked plans have at most 8 places.
fn points_text(leaf: &Leaf<'_>) -> String {
    leaf.points.round(8).map_or_else(
        |_| Reason::OutOfRange.to_string(),
        |points| points.normalize().to_string(),
    )
}
