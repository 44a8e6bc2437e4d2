//! Bias by size: what a criterion that counts promises gives a larger bidder for being larger.
//!
//! Two bidders differ in size by ten and in nothing else. Promising the same for each of its people, the smaller promises
//! a tenth. "Not neutral" is then a number: the points between them, what these cost in price, and how often the smaller
//! one wins among random offers. The form that is offered instead counts only what this contract can bring.

use serde::Serialize;

use super::RUNS;
use super::price_equivalent::highest_price;
use super::sample::{Kind, Samples, plausible_units};
use crate::amount::{Money, Quantity};
use crate::catalogue::Measure;
use crate::fraction::{ArithmeticError, Fraction};
use crate::scoring::evaluation::evaluate;
use crate::scoring::generator::Generator;
use crate::scoring::rules::{QuantityToTarget, Rule};
use crate::scoring::scorecard::Mark;
use crate::tender::code::CriterionCode;
use crate::tender::criteria::{Criterion, CriterionKind};
use crate::tender::lot::Lot;

/// The larger bidder is this many times the smaller.
const FACTOR: i64 = 10;

/// The name of the generator's stream; a criterion's code follows it.
const STREAM: &str = "bias ";

/// The numbers of the two bidders.
const LARGE: u32 = 1;
const SMALL: u32 = 2;

/// A form that does not depend on the bidder's size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// A published target, beyond which a promise brings no more.
    pub target: Quantity,
    /// Whether the target is the plan's plausible rate for a contract of the reference price; otherwise it is what the
    /// smaller bidder can promise.
    pub per_contract_value: bool,
    /// Runs that the smaller bidder wins with it.
    pub small_wins: u32,
}

/// How a criterion depends on the size of the bidder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bias {
    /// The criterion.
    pub criterion: CriterionCode,
    /// What the larger bidder promises.
    pub large_promises: Quantity,
    /// What the smaller bidder promises: the same for each of its people.
    pub small_promises: Quantity,
    /// The mark of the larger.
    pub large_mark: Option<Fraction>,
    /// The mark of the smaller.
    pub small_mark: Option<Fraction>,
    /// What the difference is worth: the larger wins while it costs no more than this above the smaller. None when it wins
    /// at any price.
    pub worth: Option<Money>,
    /// Runs of the simulation.
    pub runs: u32,
    /// Runs that the smaller bidder wins, where half would be neutral.
    pub small_wins: u32,
    /// What could be published instead; none when the criterion is neutral.
    pub offer: Option<Offer>,
}

/// Every criterion that counts promises.
pub(super) fn bias(samples: &Samples<'_>) -> Result<Vec<Bias>, ArithmeticError> {
    let mut found = Vec::new();
    for (index, dimension) in samples.dimensions.iter().enumerate() {
        if let (Kind::Units(measure), Some(code)) = (&dimension.kind, dimension.criterion) {
            found.extend(of_criterion(samples, index, measure, code)?);
        }
    }
    Ok(found)
}

fn of_criterion(
    samples: &Samples<'_>,
    index: usize,
    measure: &Measure,
    code: &CriterionCode,
) -> Result<Option<Bias>, ArithmeticError> {
    let dimension = samples.dimensions.get(index);
    let large = dimension.map_or(0, |dimension| dimension.reference);
    let small = large.checked_div(FACTOR).unwrap_or(0);
    let quantity = |units| Quantity::from_units(units, measure.scale, measure.unit.clone()).ok();
    let (Some(large_promises), Some(small_promises)) = (quantity(large), quantity(small)) else {
        return Ok(None);
    };
    let with = |units: i64| {
        let mut values = samples.usual();
        if let Some(own) = values.get_mut(index) {
            *own = units;
        }
        values
    };
    let [large_mark, small_mark] = marks(samples, code, &with(large), &with(small))?;
    let neutral = large_mark.is_some() && large_mark == small_mark;
    let capped = plausible_units(&samples.input, measure);
    let target = quantity(capped.unwrap_or(small)).filter(|target| target.units() > 0);
    let offer = match target.filter(|_| !neutral) {
        Some(target) => {
            let lot = with_target(samples.input.lot, code, &target);
            Some(Offer {
                small_wins: small_wins(samples, &lot, index, code)?,
                target,
                per_contract_value: capped.is_some(),
            })
        }
        None => None,
    };
    Ok(Some(Bias {
        criterion: code.clone(),
        large_promises,
        small_promises,
        large_mark,
        small_mark,
        worth: highest_price(samples, &with(large), &with(small))?,
        runs: RUNS,
        small_wins: small_wins(samples, samples.input.lot, index, code)?,
        offer,
    }))
}

/// The exact marks of two bids on a criterion, each against the other.
fn marks(
    samples: &Samples<'_>,
    code: &CriterionCode,
    large: &[i64],
    small: &[i64],
) -> Result<[Option<Fraction>; 2], ArithmeticError> {
    let entrants = [samples.entrant(LARGE, large), samples.entrant(SMALL, small)];
    let facts = samples.facts(&entrants);
    let evaluation = evaluate(samples.input.plan, samples.input.lot, &entrants, &facts)?;
    let leaf = samples
        .leaves
        .iter()
        .position(|leaf| leaf.criterion.code == *code);
    let mut marks = evaluation.marks().map(|(_, marks)| match marks.get(leaf?) {
        Some(Mark::Defined { exact, .. }) => Some(*exact),
        _ => None,
    });
    Ok([marks.next().flatten(), marks.next().flatten()])
}

/// Runs that the smaller of two bidders wins: each run draws two bids ([`Samples::draw`]), and the second one's promise
/// counts a tenth.
fn small_wins(
    samples: &Samples<'_>,
    lot: &Lot,
    index: usize,
    code: &CriterionCode,
) -> Result<u32, ArithmeticError> {
    let mut generator = Generator::new(samples.input.seed, &format!("{STREAM}{code}"));
    let mut wins = 0_u32;
    for _ in 0..RUNS {
        let large = samples.draw(&mut generator);
        let mut small = samples.draw(&mut generator);
        if let Some(own) = small.get_mut(index) {
            *own = own.checked_div(FACTOR).unwrap_or(0);
        }
        let entrants = [
            samples.entrant(LARGE, &large),
            samples.entrant(SMALL, &small),
        ];
        let facts = samples.facts(&entrants);
        let winner = evaluate(samples.input.plan, lot, &entrants, &facts)?
            .ranking()
            .winner();
        let small = entrants.get(1).map(|entrant| entrant.bid);
        wins = wins.saturating_add(u32::from(winner.is_some() && winner == small));
    }
    Ok(wins)
}

/// The lot with a published target in the place of one criterion's rule.
fn with_target(lot: &Lot, code: &CriterionCode, target: &Quantity) -> Lot {
    fn replace(criteria: &mut [Criterion], code: &CriterionCode, target: &Quantity) {
        for criterion in criteria {
            match &mut criterion.kind {
                CriterionKind::Group(children) => replace(children, code, target),
                CriterionKind::Rule(rule) if criterion.code == *code => {
                    *rule = Rule::from(QuantityToTarget {
                        measures: rule.measures().to_vec(),
                        target: target.clone(),
                        method_statement: false,
                    });
                }
                CriterionKind::Rule(_) => {}
            }
        }
    }
    let mut lot = lot.clone();
    replace(&mut lot.criteria, code, target);
    lot
}
