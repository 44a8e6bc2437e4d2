//! Price relative to the lowest: `W * p_min / p`. A bid's mark depends on the others, so that a bid which cannot win may
//! decide who does. Its edge is a price of zero: the bid at zero has no mark, and the ranking is withheld.

use serde::{Deserialize, Serialize};

use super::price::PriceOf;
use super::{Case, Fault, Gap, PlanFacts, Reason, ScoringRule, part_of};
use crate::amount::Money;
use crate::fraction::Fraction;
use crate::scoring::entrant::Entrant;
use crate::scoring::scorecard::Input;
use crate::tender::code::CriterionCode;
use crate::tender::disclosure::BidField;

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceRelativeLowest {
    /// Which price.
    pub of: PriceOf,
}

impl PriceRelativeLowest {
    /// `W * p_min / p`, exact. A price of zero has no mark.
    pub fn exact(points: Fraction, lowest: Money, price: Money) -> Result<Fraction, Gap> {
        if price.minor() == 0 {
            return Err(Gap::Undefined(Reason::ZeroPrice));
        }
        part_of(points, lowest.minor().into(), price.minor().into())
    }
}

impl ScoringRule for PriceRelativeLowest {
    fn formula(&self) -> &'static str {
        "W * p_min / p"
    }

    fn reads(&self) -> Option<BidField> {
        Some(self.of.field())
    }

    fn check(&self, _plan: &PlanFacts<'_>) -> Result<(), Fault> {
        Ok(())
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        let lowest = case
            .lowest
            .unwrap_or(Err(Gap::Undefined(Reason::Missing)))?;
        Self::exact(case.points, lowest, self.of.price(case.code, case.entrant)?)
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        match (case.lowest, self.of.price(case.code, case.entrant)) {
            (Some(Ok(lowest)), Ok(price)) => {
                vec![Input::new("p", price), Input::new("p_min", lowest)]
            }
            _ => Vec::new(),
        }
    }

    fn compares(&self, code: &CriterionCode, entrant: &Entrant) -> Option<Result<Money, Gap>> {
        Some(self.of.price(code, entrant))
    }
}
