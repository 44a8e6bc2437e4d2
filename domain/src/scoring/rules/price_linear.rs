//! Price on a published line: `W * clamp((ceiling - p) / (ceiling - floor), 0, 1)`. It looks at one bid alone. At or
//! above the ceiling a price brings nothing, at or below the floor everything.
//!
//! Source: the absolute method that Portugal has prescribed since 2008.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::price::PriceOf;
use super::{Case, Fault, Gap, PlanFacts, ScoringRule, on_line};
use crate::amount::Money;
use crate::fraction::Fraction;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;
use crate::tender::plan_check::check_money;
use crate::tender::plan_error::PlanProblem;

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceLinear {
    /// Which price.
    pub of: PriceOf,
    /// The price from which on there is no mark.
    pub ceiling: Money,
    /// The price down to which the mark rises.
    pub floor: Money,
}

impl PriceLinear {
    /// The exact mark of a price in minor units.
    pub fn exact(&self, points: Fraction, price: Fraction) -> Result<Fraction, Gap> {
        on_line(
            points,
            price,
            self.ceiling.fraction(),
            self.floor.fraction(),
        )
    }
}

impl ScoringRule for PriceLinear {
    fn formula(&self) -> &'static str {
        "W * clamp((ceiling - p) / (ceiling - floor), 0, 1)"
    }

    fn reads(&self) -> Vec<BidField> {
        vec![self.of.field()]
    }

    fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault> {
        for (field, amount) in [("ceiling", self.ceiling), ("floor", self.floor)] {
            check_money(amount, plan.currency).map_err(|problem| Fault::at(field, problem))?;
        }
        if self.ceiling.minor() <= self.floor.minor() {
            return Err(Fault::at("ceiling", PlanProblem::CeilingNotAboveFloor));
        }
        Ok(())
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        self.exact(case.points, self.of.minor(case)?)
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        let bounds = [
            ("ceiling", self.ceiling.fraction()),
            ("floor", self.floor.fraction()),
        ];
        self.of.inputs(case, &bounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tender::fixtures::linear;

    #[test]
    fn the_mark_rises_from_the_ceiling_to_the_floor_and_no_further() {
        let rule = linear("200", "100");
        let mark = |euro: i64| {
            rule.exact(Fraction::whole(40), Fraction::whole(euro * 100))
                .unwrap()
        };
        assert_eq!(
            [250, 200, 150, 100, 50].map(mark),
            [0, 0, 20, 40, 40].map(Fraction::whole)
        );
    }
}
