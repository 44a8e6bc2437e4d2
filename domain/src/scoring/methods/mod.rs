//! How marks make the total by which bids are ranked, one file for each method. A total is one exact fraction, rounded once
//! to a published scale; ranks compare what is published.

mod coefficient;
mod monetised_quality;
mod price_per_quality_point;
mod weighted_sum;

pub use coefficient::Coefficient;
pub use monetised_quality::MonetisedQuality;
pub use price_per_quality_point::PricePerQualityPoint;
pub use weighted_sum::WeightedSum;

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::points::Points;
use super::rules::{Gap, Reason};
use super::scorecard::Input;
use crate::amount::{Currency, minor_text, power};
use crate::fraction::{ArithmeticError, Fraction};
use crate::tender::disclosure::BidField;
use crate::tender::plan_check::check_money;
use crate::tender::plan_error::PlanProblem;

/// The most decimal places of a total.
pub const MAX_TOTAL_SCALE: u8 = 6;

/// What a method makes a total of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    /// The exact sum of the rounded marks.
    pub(super) marks: Points,
    /// The price of the whole in minor units of the plan's currency, where the method counts it.
    pub(super) price: Fraction,
    pub(super) currency: Currency,
}

impl Parts {
    /// The price in units of the currency.
    fn price(&self) -> Result<Fraction, ArithmeticError> {
        self.price.over(Fraction::new(power(self.currency)?, 1)?)
    }

    fn quality(&self) -> Result<Fraction, ArithmeticError> {
        Fraction::from_decimal(self.marks.decimal())
    }
}

/// What every method can do.
trait TotalRule {
    /// The formula as people write it.
    fn formula(&self) -> &'static str;

    /// The exact total.
    fn total(&self, parts: &Parts) -> Result<Fraction, Gap>;

    /// Decimal places of the total; `None` where it has those of the marks.
    fn scale(&self) -> Option<u8>;

    /// The parameters as inputs.
    fn parameters(&self) -> Vec<Input>;

    /// Checks the parameters. The error names the field.
    fn check(&self, currency: Currency) -> Result<(), (&'static str, PlanProblem)>;
}

/// How marks make a ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Method {
    /// The total is the sum of the marks, the highest wins.
    WeightedSum,
    /// The total is the price for each quality point, the lowest wins.
    PricePerQualityPoint(PricePerQualityPoint),
    /// The total is the price less what the quality is worth, the lowest wins.
    MonetisedQuality(MonetisedQuality),
    /// The total is the price divided by a coefficient of quality, the lowest wins.
    Coefficient(Coefficient),
}

impl Method {
    fn rule(&self) -> &dyn TotalRule {
        match self {
            Self::WeightedSum => &WeightedSum,
            Self::PricePerQualityPoint(method) => method,
            Self::MonetisedQuality(method) => method,
            Self::Coefficient(method) => method,
        }
    }

    /// The name of the method in plans and scorecards.
    pub fn id(&self) -> &'static str {
        match self {
            Self::WeightedSum => "weighted_sum",
            Self::PricePerQualityPoint(_) => "price_per_quality_point",
            Self::MonetisedQuality(_) => "monetised_quality",
            Self::Coefficient(_) => "coefficient",
        }
    }

    /// The formula as people write it.
    pub fn formula(&self) -> &'static str {
        self.rule().formula()
    }

    /// Whether the method counts the price of the whole itself. Then no criterion scores a price.
    pub fn counts_price(&self) -> bool {
        !matches!(self, Self::WeightedSum)
    }

    /// The fields of the bid that the method reads beside the marks.
    pub fn reads(&self) -> &'static [BidField] {
        if self.counts_price() {
            &[BidField::Price]
        } else {
            &[]
        }
    }

    /// Whether the lowest total wins.
    pub fn lowest_wins(&self) -> bool {
        self.counts_price()
    }

    /// Compares two totals; `Less` is the better one.
    pub fn compare(&self, a: Points, b: Points) -> Ordering {
        if self.lowest_wins() {
            a.cmp(&b)
        } else {
            b.cmp(&a)
        }
    }

    /// The points that the criteria divide among them: 100, or under a coefficient the sum of the caps.
    pub fn whole(&self) -> Result<Fraction, ArithmeticError> {
        match self {
            Self::Coefficient(method) => method.caps.fraction(),
            _ => Ok(Fraction::whole(100)),
        }
    }

    /// For which reasons the method may have no value although every mark has one.
    pub fn may_lack_value(&self) -> &'static [Reason] {
        match self {
            Self::PricePerQualityPoint(_) => &[Reason::ZeroQuality],
            _ => &[],
        }
    }

    /// Checks the parameters. The error names the field.
    pub(crate) fn check(&self, currency: Currency) -> Result<(), (&'static str, PlanProblem)> {
        match self.rule().scale() {
            Some(scale) if scale > MAX_TOTAL_SCALE => {
                Err(("scale", PlanProblem::TotalScale(scale)))
            }
            _ => self.rule().check(currency),
        }
    }

    /// The exact total, and rounded to the published scale.
    pub(super) fn total(&self, parts: &Parts, mark_scale: u8) -> Result<(Fraction, Points), Gap> {
        let exact = self.rule().total(parts)?;
        let scale = self.rule().scale().unwrap_or(mark_scale);
        Ok((exact, Points::rounded(exact, scale)?))
    }

    /// What the total was made from, by name.
    pub(super) fn inputs(&self, parts: &Parts) -> Vec<Input> {
        let mut inputs = vec![Input::new("sum of the marks", parts.marks)];
        if self.counts_price() {
            inputs.push(Input::new("p", minor_text(parts.price, parts.currency)));
        }
        inputs.extend(self.rule().parameters());
        inputs
    }
}

/// A positive amount in the plan's currency.
fn check_positive(
    field: &'static str,
    amount: crate::amount::Money,
    currency: Currency,
) -> Result<(), (&'static str, PlanProblem)> {
    check_money(amount, currency).map_err(|problem| (field, problem))?;
    if amount.minor() == 0 {
        return Err((field, PlanProblem::AmountZero));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
