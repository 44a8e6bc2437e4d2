//! Monetised quality: the total is `cost - Q * willingness to pay`, where `Q` is the sum of the marks and the cost the price
//! of the whole. The lowest wins; a total may lie below zero. It has a value for every bid, and does not depend on other
//! bids as long as no criterion does.
//!
//! Source: the strategy text of the `tessa` package (lajh87), after the practice of economic operators' bids valued per
//! quality point.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Parts, TotalRule, check_positive};
use crate::amount::{Currency, Money, power};
use crate::fraction::Fraction;
use crate::scoring::rules::Gap;
use crate::scoring::scorecard::Input;
use crate::tender::plan_error::PlanProblem;

/// Parameters of the method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MonetisedQuality {
    /// What the buyer is willing to pay for one quality point.
    pub willingness_to_pay: Money,
    /// Decimal places of the total, 0 to 6.
    pub scale: u8,
}

impl MonetisedQuality {
    /// `cost - Q * willingness to pay`, exact.
    pub fn exact(cost: Fraction, quality: Fraction, worth: Fraction) -> Result<Fraction, Gap> {
        Ok(cost.minus(quality.times(worth)?)?)
    }
}

impl TotalRule for MonetisedQuality {
    fn formula(&self) -> &'static str {
        "p - sum of the marks * willingness to pay, the lowest wins"
    }

    fn total(&self, parts: &Parts) -> Result<Fraction, Gap> {
        let worth = Fraction::new(
            i128::from(self.willingness_to_pay.minor()),
            power(parts.currency)?,
        )?;
        Self::exact(parts.price()?, parts.quality()?, worth)
    }

    fn scale(&self) -> Option<u8> {
        Some(self.scale)
    }

    fn parameters(&self) -> Vec<Input> {
        vec![Input::new("willingness to pay", self.willingness_to_pay)]
    }

    fn check(&self, currency: Currency) -> Result<(), (&'static str, PlanProblem)> {
        check_positive("willingness_to_pay", self.willingness_to_pay, currency)
    }
}
