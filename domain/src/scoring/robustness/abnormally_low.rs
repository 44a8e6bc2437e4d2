//! Abnormally low prices by a published rule. A flag opens a right to explain; it never excludes by itself.
//!
//! The default is the rule of Spain's procurement regulation (RGLCAP, article 85), for awards by price alone:
//! one bid: more than 25 % below the budget; two: more than 20 % below the other; three: more than 10 % below the mean,
//! from which the highest is left out when it exceeds it by more than 10 %, or in any case more than 25 % below the
//! budget; four or more: more than 10 % below the mean; when some exceed it by more than 10 % a new mean is taken without
//! them, or of the three lowest when fewer than three remain.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::{Money, Share};
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::BidId;
use crate::scoring::entrant::Entrant;
use crate::scoring::rules::{Fault, PlanFacts, Price};
use crate::tender::lot::Lot;
use crate::tender::plan::Plan;
use crate::tender::plan_check::check_money;

/// The parameters of the rule, published with the plan. Each is a part of 1, such as `0.1` for 10 %.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LowPriceRule {
    /// The budget with which a single price, and each of three, is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
    /// With one bid: how far below the budget.
    pub one_below_budget: Share,
    /// With two bids: how far below the other.
    pub two_below_other: Share,
    /// With three bids: how far below the budget in any case.
    pub three_below_budget: Share,
    /// With three or more bids: how far below the mean.
    pub below_mean: Share,
    /// With three or more bids: how far above the mean a price is left out of it.
    pub left_out_above_mean: Share,
}

impl LowPriceRule {
    /// The parameters of RGLCAP, article 85, without a budget.
    pub fn spain() -> Self {
        let percent =
            |n: u32| Share::from_millionths(n.saturating_mul(10_000)).unwrap_or(Share::NONE);
        Self {
            budget: None,
            one_below_budget: percent(25),
            two_below_other: percent(20),
            three_below_budget: percent(25),
            below_mean: percent(10),
            left_out_above_mean: percent(10),
        }
    }

    pub(crate) fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault> {
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
    /// The parameters.
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

/// Applies the lot's rule, or Spain's to a lot that scores nothing but prices. `None` where neither is given, a price
/// is not known, or there is no bid.
pub(super) fn low_prices(plan: &Plan, lot: &Lot, entrants: &[&Entrant]) -> Option<LowPrices> {
    let rule = match &lot.low_prices {
        Some(rule) => rule.clone(),
        None if scores_prices_alone(plan, lot) => LowPriceRule::spain(),
        None => return None,
    };
    let unit = 10_i128.checked_pow(u32::from(plan.currency.scale()))?;
    let unit = Fraction::new(unit, 1).ok()?;
    let whole = |price: Money| Price::of(plan, price).ok()?.minor.over(unit).ok();
    let priced: Option<Vec<Priced>> = entrants
        .iter()
        .map(|entrant| Some((entrant.bid, whole(entrant.content.price?)?)))
        .collect();
    let budget = rule.budget.and_then(whole);
    judge(&rule, budget, priced?).ok().flatten()
}

fn scores_prices_alone(plan: &Plan, lot: &Lot) -> bool {
    let leaves = plan.leaves_of(lot).unwrap_or_default();
    let mut scoring = leaves.iter().filter(|leaf| !leaf.points.is_zero());
    scoring.all(|leaf| leaf.rule.scores_price())
}

fn judge(
    rule: &LowPriceRule,
    budget: Option<Fraction>,
    prices: Vec<Priced>,
) -> Result<Option<LowPrices>, ArithmeticError> {
    let below_budget = |part: Share| budget.map(|budget| below(budget, part)).transpose();
    let mut found = LowPrices {
        rule: rule.clone(),
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
            found.threshold = below_budget(rule.one_below_budget)?;
            found.needs_budget = budget.is_none();
        }
        [(_, one), (_, other)] => {
            found.case = LowPriceCase::Two;
            found.threshold = Some(below((*one).at_least(*other), rule.two_below_other)?);
        }
        three_or_more => {
            let three = three_or_more.len() == 3;
            found.case = if three {
                LowPriceCase::Three
            } else {
                LowPriceCase::FourOrMore
            };
            let (first, left_out, last) = means(rule, three_or_more)?;
            let by_mean = below(last, rule.below_mean)?;
            let by_budget = below_budget(rule.three_below_budget)?.filter(|_| three);
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

/// `amount * (1 - part)`.
fn below(amount: Fraction, part: Share) -> Result<Fraction, ArithmeticError> {
    amount.times(Fraction::ONE.minus(part.fraction()?)?)
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
    rule: &LowPriceRule,
    prices: &[Priced],
) -> Result<(Fraction, Vec<BidId>, Fraction), ArithmeticError> {
    let first = mean(prices)?;
    let limit = first.times(Fraction::ONE.plus(rule.left_out_above_mean.fraction()?)?)?;
    // Of three only the highest is left out, also when two exceed the limit.
    let (mut high, mut rest): (Vec<Priced>, Vec<Priced>) =
        prices.iter().partition(|(_, price)| *price > limit);
    let three = prices.len() == 3;
    if three && high.len() > 1 {
        high.sort_by(|(left, a), (right, b)| b.cmp(a).then(left.cmp(right)));
        rest.extend(high.split_off(1));
    }
    if !three && rest.len() < 3 {
        let mut sorted = prices.to_vec();
        sorted.sort_by(|(left, a), (right, b)| a.cmp(b).then(left.cmp(right)));
        high = sorted.split_off(3);
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
        judge(&LowPriceRule::spain(), budget, prices.collect())
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
