//! Price on a published line: `W * clamp((ceiling - p) / (ceiling - floor), 0, 1)`. It looks at one bid alone. At or
//! above the ceiling a price brings nothing, at or below the floor everything.

use serde::{Deserialize, Serialize};

use super::price::PriceOf;
use super::{Case, Fault, Gap, PlanFacts, Reason, ScoringRule, part_of};
use crate::amount::Money;
use crate::fraction::Fraction;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;
use crate::tender::plan_check::check_money;
use crate::tender::plan_error::PlanProblem;

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The exact mark of a price.
    pub fn exact(&self, points: Fraction, price: Money) -> Result<Fraction, Gap> {
        let (ceiling, floor) = (
            i128::from(self.ceiling.minor()),
            i128::from(self.floor.minor()),
        );
        let range = ceiling.saturating_sub(floor);
        if range == 0 {
            return Err(Gap::Undefined(Reason::EqualBounds));
        }
        let saved = ceiling.saturating_sub(price.minor().into());
        part_of(points, saved.max(0).min(range), range)
    }
}

impl ScoringRule for PriceLinear {
    fn formula(&self) -> &'static str {
        "W * clamp((ceiling - p) / (ceiling - floor), 0, 1)"
    }

    fn reads(&self) -> Option<BidField> {
        Some(self.of.field())
    }

    fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault> {
        for (field, amount) in [("ceiling", self.ceiling), ("floor", self.floor)] {
            check_money(amount, plan.currency).map_err(|problem| Fault { field, problem })?;
        }
        if self.ceiling.minor() <= self.floor.minor() {
            return Err(Fault {
                field: "ceiling",
                problem: PlanProblem::CeilingNotAboveFloor,
            });
        }
        Ok(())
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        self.exact(case.points, self.of.price(case.code, case.entrant)?)
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        self.of
            .price(case.code, case.entrant)
            .map(|price| {
                vec![
                    Input::new("p", price),
                    Input::new("ceiling", self.ceiling),
                    Input::new("floor", self.floor),
                ]
            })
            .unwrap_or_default()
    }
}
