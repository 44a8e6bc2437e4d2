//! Price relative to the lowest: `W * p_min / p`. A bid's mark depends on the others, so that a bid which cannot win may
//! decide who does. Its edge is a price of zero: the bid at zero has no mark, and the ranking is withheld.
//!
//! Source: the rule of the UK's Crown Commercial Service and most published tenders; the edge was a dispute (Bevan
//! Brittan, seven procurement pitfalls, 2019).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::price::PriceOf;
use super::{Case, Fault, Gap, PlanFacts, Reason, ScoringRule, part_of};
use crate::fraction::Fraction;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceRelativeLowest {
    /// Which price.
    pub of: PriceOf,
}

impl PriceRelativeLowest {
    /// `W * p_min / p`, exact, prices in minor units. A price of zero has no mark.
    pub fn exact(points: Fraction, lowest: Fraction, price: Fraction) -> Result<Fraction, Gap> {
        if price.is_zero() {
            return Err(Reason::ZeroPrice.into());
        }
        part_of(points, lowest, price)
    }
}

impl ScoringRule for PriceRelativeLowest {
    fn formula(&self) -> &'static str {
        "W * p_min / p"
    }

    fn reads(&self) -> Vec<BidField> {
        vec![self.of.field()]
    }

    fn check(&self, _plan: &PlanFacts<'_>) -> Result<(), Fault> {
        Ok(())
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        let lowest = case.range()?.lowest;
        Self::exact(case.points, lowest, self.of.minor(case)?)
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        case.range().map_or_else(
            |_| Vec::new(),
            |range| self.of.inputs(case, &[("p_min", range.lowest)]),
        )
    }

    fn depends_on_other_bids(&self) -> bool {
        true
    }

    fn compares(&self, case: &Case<'_>) -> Option<Result<Fraction, Gap>> {
        Some(self.of.minor(case))
    }

    fn may_lack_value(&self) -> &'static [Reason] {
        &[Reason::ZeroPrice]
    }
}
