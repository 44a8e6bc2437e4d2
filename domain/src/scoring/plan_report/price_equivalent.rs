//! Price equivalents: how much more a bid may cost and still win, because it is one step better on one criterion than an
//! otherwise equal bid at the reference price. The ranking itself answers it, so that it holds for every rule and method.

use serde::Serialize;

use super::sample::{Dimension, Kind, Samples};
use crate::amount::Money;
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::{BidId, Id};
use crate::scoring::evaluation::evaluate;
use crate::scoring::scorecard::Mark;
use crate::tender::code::CriterionCode;

/// Prices are searched up to this many times the reference price.
const FAR: i64 = 1_000;

/// What one step of a criterion is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PriceEquivalent {
    /// The criterion.
    pub criterion: CriterionCode,
    /// The usual value from which the step is taken.
    pub from: String,
    /// The value one step better.
    pub to: String,
    /// Points that the step brings at equal prices; none where a rule has no value.
    pub points: Option<Fraction>,
    /// The most that the better bid may cost more and still win; none when it wins at any price.
    pub price: Option<Money>,
}

/// What marks are worth at a reference price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PriceEquivalents {
    /// The reference price.
    pub reference_price: Money,
    /// The least addition to the reference price that costs one point; none where no price does.
    pub point: Option<Money>,
    /// One for each criterion beside prices, in the order of the plan.
    pub criteria: Vec<PriceEquivalent>,
}

/// The bids of a comparison: the better one, the usual one, and one at twice the price with nothing to offer, so that
/// rules which look at the highest price have one.
const BETTER: u32 = 1;
const USUAL: u32 = 2;
const LAST: u32 = 3;

pub(super) fn price_equivalents(
    samples: &Samples<'_>,
) -> Result<PriceEquivalents, ArithmeticError> {
    let mut criteria = Vec::new();
    for (index, dimension) in samples.dimensions.iter().enumerate() {
        let usual = samples.usual();
        let value = usual.get(index).copied().unwrap_or(0);
        let (Some(code), Some(better)) = (dimension.criterion, step(dimension, value)) else {
            continue;
        };
        let mut values = usual.clone();
        if let Some(own) = values.get_mut(index) {
            *own = better;
        }
        criteria.push(PriceEquivalent {
            criterion: code.clone(),
            from: samples.text(dimension, value),
            to: samples.text(dimension, better),
            points: contest(samples, &values, &usual)?.1,
            price: highest_price(samples, &values, &usual)?,
        });
    }
    Ok(PriceEquivalents {
        reference_price: samples.input.reference_price,
        point: price_of_a_point(samples)?,
        criteria,
    })
}

/// One step better: the next level, one whole unit, one percent, or the declaration.
fn step(dimension: &Dimension<'_>, value: i64) -> Option<i64> {
    match &dimension.kind {
        Kind::Price | Kind::ItemPrice => None,
        Kind::Level(levels) => {
            let next = levels.iter().map(|level| i64::from(*level));
            next.filter(|level| *level > value).min()
        }
        Kind::Declaration => (value == 0).then_some(1),
        Kind::Units(measure) => {
            let whole = 10_i64.checked_pow(u32::from(measure.scale))?;
            value.checked_add(whole)
        }
        Kind::CertifiedPercent => value.checked_add(1),
    }
}

/// The winner, and by how many points the first bid leads the second.
fn contest(
    samples: &Samples<'_>,
    better: &[i64],
    rival: &[i64],
) -> Result<(Option<BidId>, Option<Fraction>), ArithmeticError> {
    let mut last = samples.usual();
    for (dimension, value) in samples.dimensions.iter().zip(&mut last) {
        *value = match &dimension.kind {
            Kind::Price | Kind::ItemPrice => value.saturating_mul(2),
            Kind::Level(levels) => levels.first().map_or(0, |level| i64::from(*level)),
            Kind::Declaration => dimension.reference,
            Kind::Units(_) | Kind::CertifiedPercent => 0,
        };
    }
    let entrants = [
        samples.entrant(BETTER, better),
        samples.entrant(USUAL, rival),
        samples.entrant(LAST, &last),
    ];
    let facts = samples.facts(&entrants);
    let evaluation = evaluate(samples.input.plan, samples.input.lot, &entrants, &facts)?;
    let total = |number: u32| {
        let id = BidId::from_uuid(uuid::Uuid::from_u128(u128::from(number)));
        let marks = evaluation.marks().find(|(bid, _)| *bid == id)?.1;
        marks
            .iter()
            .try_fold(Fraction::ZERO, |sum, mark| match mark {
                Mark::Defined { exact, .. } => sum.plus(*exact).ok(),
                _ => None,
            })
    };
    let lead = total(BETTER)
        .zip(total(USUAL))
        .and_then(|(better, usual)| better.minus(usual).ok());
    Ok((evaluation.ranking().winner(), lead))
}

/// How much more than the reference price a bid may cost and still win against a rival at the reference price.
pub(super) fn highest_price(
    samples: &Samples<'_>,
    better: &[i64],
    rival: &[i64],
) -> Result<Option<Money>, ArithmeticError> {
    let first = BidId::from_uuid(uuid::Uuid::from_u128(u128::from(BETTER)));
    search(samples, better, rival, |winner, _| winner == Some(first))
}

/// The least addition to the price at which a usual bid has lost a point.
fn price_of_a_point(samples: &Samples<'_>) -> Result<Option<Money>, ArithmeticError> {
    let lost = |lead: Fraction| {
        lead.plus(Fraction::ONE)
            .is_ok_and(|rest| rest <= Fraction::ZERO)
    };
    let keeps = |_, lead: Option<Fraction>| !lead.is_some_and(lost);
    let usual = samples.usual();
    let most = search(samples, &usual, &usual, keeps)?;
    let unit = Money::from_minor(1, samples.input.plan.currency);
    Ok(most.and_then(|most| most.plus(unit).ok()))
}

/// The largest addition to the reference price for which `holds`, by halving; none when it holds as far as is searched.
fn search(
    samples: &Samples<'_>,
    better: &[i64],
    rival: &[i64],
    holds: impl Fn(Option<BidId>, Option<Fraction>) -> bool,
) -> Result<Option<Money>, ArithmeticError> {
    let reference = samples.input.reference_price.minor();
    let at = |addition: i64| {
        let mut better = better.to_vec();
        if let Some(price) = better.first_mut() {
            *price = reference.saturating_add(addition);
        }
        contest(samples, &better, rival).map(|(winner, lead)| holds(winner, lead))
    };
    let (mut holds_at, mut fails_at) = (0, reference.saturating_mul(FAR));
    if at(fails_at)? {
        return Ok(None);
    }
    while fails_at.saturating_sub(holds_at) > 1 {
        let middle = holds_at.midpoint(fails_at);
        if at(middle)? {
            holds_at = middle;
        } else {
            fails_at = middle;
        }
    }
    Ok(Some(Money::from_minor(
        holds_at,
        samples.input.plan.currency,
    )))
}
