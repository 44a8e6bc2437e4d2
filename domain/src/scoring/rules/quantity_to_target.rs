//! Promised quantity to a published target: `W * min(v / target, 1)`, where `v` sums the bid's commitments to the named
//! measures, all in one unit. It looks at one bid alone, and more than the target brings no more.
//!
//! Source: the absolute counterpart of the relative rule that tenders commonly publish with measure catalogues.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::promised::{Promised, units_text};
use super::{Case, Fault, Gap, PlanFacts, Reason, ScoringRule, part_of};
use crate::amount::Quantity;
use crate::catalogue::MeasureCode;
use crate::fraction::Fraction;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;
use crate::tender::plan_error::PlanProblem;

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuantityToTarget {
    /// Codes of measures of the plan's catalogue.
    pub measures: Vec<MeasureCode>,
    /// The quantity that brings the whole mark.
    pub target: Quantity,
    /// Whether a figure counts only with a method statement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub method_statement: bool,
}

impl QuantityToTarget {
    /// `W * min(v / target, 1)`, exact, where `v` is in the target's unit.
    pub fn exact(&self, points: Fraction, v: Fraction) -> Result<Fraction, Gap> {
        let target = self.target.fraction()?;
        if target.is_zero() {
            return Err(Reason::ZeroTarget.into());
        }
        part_of(points, v.at_most(target), target)
    }

    fn promised(&self) -> Promised<'_> {
        Promised {
            measures: &self.measures,
            method_statement: self.method_statement,
        }
    }
}

impl ScoringRule for QuantityToTarget {
    fn formula(&self) -> &'static str {
        "W * min(v / target, 1)"
    }

    fn reads(&self) -> Vec<BidField> {
        self.promised().reads()
    }

    fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault> {
        self.promised().check_unit(plan, Some(&self.target))?;
        if self.target.units() == 0 {
            return Err(Fault::at("target", PlanProblem::TargetZero));
        }
        Ok(())
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        self.exact(case.points, self.promised().sum(case)?)
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        let Some((promised, v)) = self
            .promised()
            .inputs(case)
            .zip(self.promised().sum(case).ok())
        else {
            return Vec::new();
        };
        promised
            .into_iter()
            .chain([
                Input::new("v", units_text(v)),
                Input::new("target", &self.target),
            ])
            .collect()
    }

    fn asks_statement(&self) -> bool {
        self.method_statement
    }

    fn measures(&self) -> &[MeasureCode] {
        &self.measures
    }
}
