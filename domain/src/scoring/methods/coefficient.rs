//! The coefficient method: the total is `price / (1 + sum(v) / (1 - sum(v_cap)))`. Each criterion brings a `v` up to its
//! `v_cap`; the caps sum to less than 1 and divide among the criteria as their weights do, so that here a mark is a `v` and
//! `W` a `v_cap`. The lowest total wins. It has a value for every bid, and does not depend on other bids as long as no
//! criterion does.
//!
//! Source: `openprocurement/barbecue` of Prozorro, Ukraine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Parts, TotalRule};
use crate::amount::{Currency, Share};
use crate::fraction::Fraction;
use crate::scoring::rules::Gap;
use crate::scoring::scorecard::Input;
use crate::tender::plan_error::PlanProblem;

/// Parameters of the method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coefficient {
    /// `sum(v_cap)`: what all criteria can bring together, above 0 and below 1.
    pub caps: Share,
    /// Decimal places of the total, 0 to 6.
    pub scale: u8,
}

impl Coefficient {
    /// `1 + sum(v) / (1 - sum(v_cap))`, exact.
    pub fn coefficient(values: Fraction, caps: Fraction) -> Result<Fraction, Gap> {
        let rest = Fraction::ONE.minus(caps)?;
        Ok(Fraction::ONE.plus(values.over(rest)?)?)
    }

    /// `price / coefficient`, exact.
    pub fn exact(price: Fraction, values: Fraction, caps: Fraction) -> Result<Fraction, Gap> {
        Ok(price.over(Self::coefficient(values, caps)?)?)
    }
}

impl TotalRule for Coefficient {
    fn formula(&self) -> &'static str {
        "p / (1 + sum of the marks / (1 - caps)), the lowest wins"
    }

    fn total(&self, parts: &Parts) -> Result<Fraction, Gap> {
        Self::exact(parts.price()?, parts.quality()?, self.caps.fraction()?)
    }

    fn scale(&self) -> Option<u8> {
        Some(self.scale)
    }

    fn parameters(&self) -> Vec<Input> {
        vec![Input::new("caps", self.caps)]
    }

    fn check(&self, _currency: Currency) -> Result<(), (&'static str, PlanProblem)> {
        if self.caps == Share::NONE || self.caps == Share::WHOLE {
            return Err(("caps", PlanProblem::Caps));
        }
        Ok(())
    }
}
