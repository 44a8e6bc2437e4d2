//! Abnormally low prices by a published rule. A flag opens a right to explain; it never excludes by itself.
//!
//! The default is the rule of Spain's procurement regulation (RGLCAP, article 85), for awards by price alone:
//! one bid: more than 25 % below the budget; two: more than 20 % below the other; three: more than 10 % below the mean,
//! from which the highest is left out when it exceeds it by more than 10 %, or in any case more than 25 % below the
//! budget; four or more: more than 10 % below the mean; when some exceed it by more than 10 % a new mean is taken without
//! them, or of the three lowest when fewer than three remain.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::Money;
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::BidId;
use crate::policy::clause::AbnormalBands;
use crate::scoring::entrant::Entrant;
use crate::scoring::rules::{Fault, PlanFacts, Price};
use crate::tender::code::Weight;
use crate::tender::lot::Lot;
use crate::tender::plan::Plan;
use crate::tender::plan_check::check_money;
use crate::tender::plan_error::PlanProblem;

/// The rule of a lot, published with the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LowPriceRule {
    /// The budget with which a single price, and each of three, is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
    /// From when on a price is flagged. Only where the price alone decides they may be left out: the parameters of the
    /// policy that binds the tender are then published with it, and without one those of RGLCAP, article 85, hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<AbnormalBands>,
}

impl LowPriceRule {
    /// The parameters of RGLCAP, article 85, without a budget.
    pub fn spain() -> Self {
        Self {
            budget: None,
            parameters: Some(AbnormalBands::SPAIN),
        }
    }

    /// Checks the rule of a lot, whose price alone decides or not.
    pub(crate) fn check(&self, plan: &PlanFacts<'_>, price_only: bool) -> Result<(), Fault> {
        match &self.parameters {
            None if !price_only => {
                return Err(Fault::at("parameters", PlanProblem::NoParameters));
            }
            Some(bands) if bands.valid().is_err() => {
                let field = "parameters/more_fewest_in_mean";
                return Err(Fault::at(field, PlanProblem::FewestInMean));
            }
            _ => {}
        }
        let Some(budget) = self.budget else {
            return Ok(());
        };
        check_money(budget, plan.currency).map_err(|problem| Fault::at("budget", problem))
    }
}

/// Which part of the rule applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LowPriceCase {
    /// One bid against the budget.
    One,
    /// Two bids against each other.
    Two,
    /// Three bids against their mean and the budget.
    Three,
    /// Four or more bids against their mean.
    FourOrMore,
}

/// What the rule found. Amounts are in whole units of the plan's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LowPrices {
    /// The rule with the parameters that hold.
    pub rule: LowPriceRule,
    /// Which part of the rule applied.
    pub case: LowPriceCase,
    /// The mean of all prices, with three or more bids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_mean: Option<Fraction>,
    /// Bids left out of the mean, by id.
    pub left_out: Vec<BidId>,
    /// The mean that counts, with three or more bids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<Fraction>,
    /// Prices below this are flagged; none with one bid and no budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Fraction>,
    /// Whether the budget is missing that this number of bids asks for.
    pub needs_budget: bool,
    /// Flagged bids, by id.
    pub flagged: Vec<BidId>,
}

type Priced = (BidId, Fraction);

/// The rule by which the prices of a lot are flagged: its own, or Spain's where it scores nothing but prices. `None` where
/// neither is given.
pub fn low_price_rule(plan: &Plan, lot: &Lot) -> Option<LowPriceRule> {
    let own = lot.low_prices.as_ref();
    let stated = own.and_then(|rule| rule.parameters);
    let spain = || decides_by_price(plan, lot).then_some(AbnormalBands::SPAIN);
    Some(LowPriceRule {
        budget: own.and_then(|rule| rule.budget),
        parameters: Some(stated.or_else(spain)?),
    })
}

/// Applies the rule of a lot. `None` where there is none, a price is not known, or there is no bid.
pub(super) fn low_prices(plan: &Plan, lot: &Lot, entrants: &[&Entrant]) -> Option<LowPrices> {
    let rule = low_price_rule(plan, lot)?;
    let bands = rule.parameters?;
    let unit = 10_i128.checked_pow(u32::from(plan.currency.scale()))?;
    let unit = Fraction::new(unit, 1).ok()?;
    let whole = |price: Money| Price::of(plan, price).ok()?.minor.over(unit).ok();
    let priced: Option<Vec<Priced>> = entrants
        .iter()
        .map(|entrant| Some((entrant.bid, whole(entrant.content.price?)?)))
        .collect();
    let budget = rule.budget.and_then(whole);
    judge(rule, &bands, budget, priced?).ok().flatten()
}

/// Whether a lot scores nothing but prices.
pub(crate) fn decides_by_price(plan: &Plan, lot: &Lot) -> bool {
    let leaves = plan.leaves_of(lot).unwrap_or_default();
    let mut scoring = leaves.iter().filter(|leaf| !leaf.points.is_zero());
    scoring.all(|leaf| leaf.rule.scores_price())
}

fn judge(
    rule: LowPriceRule,
    bands: &AbnormalBands,
    budget: Option<Fraction>,
    prices: Vec<Priced>,
) -> Result<Option<LowPrices>, ArithmeticError> {
    let below_budget = |part: Weight| budget.map(|budget| below(budget, part)).transpose();
    let mut found = LowPrices {
        rule,
        case: LowPriceCase::One,
        first_mean: None,
        left_out: Vec::new(),
        mean: None,
        threshold: None,
        needs_budget: false,
        flagged: Vec::new(),
    };
    match prices.as_slice() {
        [] => return Ok(None),
        [_] => {
            found.threshold = below_budget(bands.one_below_budget)?;
            found.needs_budget = budget.is_none();
        }
        [(_, one), (_, other)] => {
            found.case = LowPriceCase::Two;
            found.threshold = Some(below((*one).at_least(*other), bands.two_below_other)?);
        }
        three_or_more => {
            let three = three_or_more.len() == 3;
            found.case = if three {
                LowPriceCase::Three
            } else {
                LowPriceCase::FourOrMore
            };
            let (first, left_out, last) = means(bands, three_or_more)?;
            let by_mean = below(last, around_mean(bands, three).0)?;
            let by_budget = below_budget(bands.three_below_budget)?.filter(|_| three);
            found.first_mean = Some(first);
            found.left_out = left_out;
            found.mean = Some(last);
            found.threshold = Some(by_budget.map_or(by_mean, |budget| by_mean.at_least(budget)));
            found.needs_budget = three && budget.is_none();
        }
    }
    let threshold = found.threshold;
    let low = prices
        .into_iter()
        .filter(|(_, price)| threshold.is_some_and(|threshold| *price < threshold));
    found.flagged = low.map(|(bid, _)| bid).collect();
    Ok(Some(found))
}

/// How far below the mean a price is flagged, and how far above it one is left out: of three bids, or of more.
fn around_mean(bands: &AbnormalBands, three: bool) -> (Weight, Weight) {
    if three {
        (bands.three_below_mean, bands.three_left_out_above_mean)
    } else {
        (bands.more_below_mean, bands.more_left_out_above_mean)
    }
}

/// `amount * (1 - part)`.
fn below(amount: Fraction, part: Weight) -> Result<Fraction, ArithmeticError> {
    amount.times(Fraction::ONE.minus(part.part()?)?)
}

fn mean(prices: &[Priced]) -> Result<Fraction, ArithmeticError> {
    let sum = prices
        .iter()
        .try_fold(Fraction::ZERO, |sum, (_, price)| sum.plus(*price))?;
    let count = i64::try_from(prices.len()).map_err(|_| ArithmeticError::Overflow)?;
    sum.over(Fraction::whole(count))
}

/// The mean of all, the bids left out of the second, and the second.
fn means(
    bands: &AbnormalBands,
    prices: &[Priced],
) -> Result<(Fraction, Vec<BidId>, Fraction), ArithmeticError> {
    let first = mean(prices)?;
    let three = prices.len() == 3;
    let above = around_mean(bands, three).1.part()?;
    let limit = first.times(Fraction::ONE.plus(above)?)?;
    // Of three only the highest is left out, also when two exceed the limit.
    let (mut high, mut rest): (Vec<Priced>, Vec<Priced>) =
        prices.iter().partition(|(_, price)| *price > limit);
    if three && high.len() > 1 {
        high.sort_by(|(left, a), (right, b)| b.cmp(a).then(left.cmp(right)));
        rest.extend(high.split_off(1));
    }
    let fewest = usize::try_from(bands.more_fewest_in_mean).unwrap_or(usize::MAX);
    if !three && rest.len() < fewest {
        let mut sorted = prices.to_vec();
        sorted.sort_by(|(left, a), (right, b)| a.cmp(b).then(left.cmp(right)));
        high = sorted.split_off(fewest.min(sorted.len()));
        rest = sorted;
    }
    let mut left_out: Vec<BidId> = high.into_iter().map(|(bid, _)| bid).collect();
    left_out.sort_unstable();
    Ok((first, left_out, mean(&rest)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tender::fixtures::bid;

    fn f(n: i128, d: i128) -> Fraction {
        Fraction::new(n, d).unwrap()
    }

    fn judged(budget: Option<i64>, prices: &[i64]) -> LowPrices {
        let prices = (1_u128..).zip(prices);
        let prices = prices.map(|(n, price)| (bid(n), Fraction::whole(*price)));
        let budget = budget.map(Fraction::whole);
        judge(
            LowPriceRule::spain(),
            &AbnormalBands::SPAIN,
            budget,
            prices.collect(),
        )
        .unwrap()
        .unwrap()
    }

    #[test]
    fn c5_abnormally_low_es() {
        let found = judged(None, &[70, 90, 95, 130]);
        assert_eq!(found.first_mean, Some(f(385, 4)));
        assert_eq!(found.left_out, [bid(4)]);
        assert_eq!(found.mean, Some(f(85, 1)));
        assert_eq!(found.threshold, Some(f(153, 2)));
        assert_eq!(found.flagged, [bid(1)]);
        assert!(!found.needs_budget);
    }

    #[test]
    fn other_parameters_of_four_bids_give_another_threshold() {
        let bands = AbnormalBands {
            more_below_mean: Weight::percent(20),
            more_left_out_above_mean: Weight::percent(40),
            ..AbnormalBands::SPAIN
        };
        let prices = (1_u128..).zip([70, 90, 95, 130]);
        let prices = prices.map(|(n, price)| (bid(n), Fraction::whole(price)));
        let found = judge(LowPriceRule::spain(), &bands, None, prices.collect());
        let found = found.unwrap().unwrap();
        assert!(found.left_out.is_empty());
        assert_eq!(found.threshold, Some(f(77, 1)), "4/5 of 385/4");
        assert_eq!(found.flagged, [bid(1)]);
    }

    #[test]
    fn one_bid_is_compared_with_the_budget_and_with_nothing_without_it() {
        assert_eq!(judged(Some(100), &[74]).flagged, [bid(1)]);
        assert!(judged(Some(100), &[75]).flagged.is_empty(), "not more than");
        let unknown = judged(None, &[1]);
        assert!(unknown.flagged.is_empty() && unknown.needs_budget);
    }

    #[test]
    fn two_bids_are_compared_with_each_other() {
        assert_eq!(judged(None, &[79, 100]).flagged, [bid(1)]);
        assert!(judged(None, &[100, 80]).flagged.is_empty());
    }

    #[test]
    fn of_three_the_highest_leaves_the_mean_and_the_budget_counts_in_any_case() {
        let found = judged(Some(100), &[80, 90, 140]);
        assert_eq!(found.left_out, [bid(3)]);
        assert_eq!(
            (found.mean, found.threshold),
            (Some(f(85, 1)), Some(f(153, 2)))
        );
        assert!(found.flagged.is_empty());
        assert_eq!(judged(Some(200), &[80, 90, 140]).flagged.len(), 3);
        assert!(judged(None, &[80, 90, 140]).needs_budget);
    }

    #[test]
    fn when_fewer_than_three_remain_the_mean_is_of_the_three_lowest() {
        // The mean 250 leaves 300 and 500 out; of 100 and 100 alone no mean is taken.
        let found = judged(None, &[500, 100, 300, 100]);
        assert_eq!(found.left_out, [bid(1)]);
        assert_eq!(found.mean, Some(f(500, 3)));
        assert_eq!(found.flagged, [bid(2), bid(4)]);
    }
}
