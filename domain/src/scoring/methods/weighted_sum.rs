//! The weighted sum: the total is the exact sum of the rounded marks, each already `W` times a part. The highest wins.

use super::{Parts, TotalRule};
use crate::amount::Currency;
use crate::fraction::Fraction;
use crate::scoring::rules::Gap;
use crate::scoring::scorecard::Input;
use crate::tender::plan_error::PlanProblem;

/// The method. It has no parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightedSum;

impl TotalRule for WeightedSum {
    fn formula(&self) -> &'static str {
        "sum of the marks, the highest wins"
    }

    fn total(&self, parts: &Parts) -> Result<Fraction, Gap> {
        Ok(parts.quality()?)
    }

    fn scale(&self) -> Option<u8> {
        None
    }

    fn parameters(&self) -> Vec<Input> {
        Vec::new()
    }

    fn check(&self, _currency: Currency) -> Result<(), (&'static str, PlanProblem)> {
        Ok(())
    }
}
