//! Price per quality point: the total is `p / Q`, where `Q` is the sum of the marks. The lowest wins. A bid's total does not
//! depend on other bids as long as no criterion does. Its edge is a bid without any quality point: it has no total, and the
//! ranking is withheld.
//!
//! Source: Bid Evaluation guidance note (Cabinet Office, May 2021), section 7.3.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Parts, TotalRule};
use crate::amount::Currency;
use crate::fraction::Fraction;
use crate::scoring::rules::{Gap, Reason};
use crate::scoring::scorecard::Input;
use crate::tender::plan_error::PlanProblem;

/// Parameters of the method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PricePerQualityPoint {
    /// Decimal places of the total, 0 to 6.
    pub scale: u8,
}

impl PricePerQualityPoint {
    /// `p / Q`, exact.
    pub fn exact(price: Fraction, quality: Fraction) -> Result<Fraction, Gap> {
        if quality.is_zero() {
            return Err(Reason::ZeroQuality.into());
        }
        Ok(price.over(quality)?)
    }
}

impl TotalRule for PricePerQualityPoint {
    fn formula(&self) -> &'static str {
        "p / sum of the marks, the lowest wins"
    }

    fn total(&self, parts: &Parts) -> Result<Fraction, Gap> {
        Self::exact(parts.price()?, parts.quality()?)
    }

    fn scale(&self) -> Option<u8> {
        Some(self.scale)
    }

    fn parameters(&self) -> Vec<Input> {
        Vec::new()
    }

    fn check(&self, _currency: Currency) -> Result<(), (&'static str, PlanProblem)> {
        Ok(())
    }
}
