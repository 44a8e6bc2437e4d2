//! Promised quantity to a published target: `W * min(v / target, 1)`, where `v` sums the bid's commitments to the named
//! measures, all in one unit. It looks at one bid alone, and more than the target brings no more.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Case, Fault, Gap, PlanFacts, Reason, ScoringRule, part_of};
use crate::amount::Quantity;
use crate::catalogue::{MeasureCode, MeasureKind};
use crate::fraction::Fraction;
use crate::scoring::entrant::Entrant;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;
use crate::tender::plan_error::PlanProblem;

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuantityToTarget {
    /// Codes of measures of the plan's catalogue.
    pub measures: Vec<MeasureCode>,
    /// The quantity that brings the whole mark.
    pub target: Quantity,
}

impl QuantityToTarget {
    /// `W * min(v / target, 1)`, exact, where `sum` is in the target's unit and scale.
    pub fn exact(&self, points: Fraction, sum: i128) -> Result<Fraction, Gap> {
        let target = i128::from(self.target.units());
        if target == 0 {
            return Err(Gap::Undefined(Reason::ZeroTarget));
        }
        part_of(points, sum.min(target), target)
    }

    /// The sum of the commitments to the measures, in smallest units of the target.
    fn sum(&self, entrant: &Entrant) -> Result<i128, Gap> {
        let commitments = entrant.content.commitments.as_ref();
        let commitments = commitments.ok_or(Gap::Withheld(BidField::Commitments))?;
        let mut sum = 0_i128;
        for commitment in commitments {
            if self.measures.contains(&commitment.measure.code) {
                let same = commitment.quantity.same_unit(&self.target);
                same.map_err(|_| Gap::Undefined(Reason::OutOfRange))?;
                let next = sum.checked_add(i128::from(commitment.quantity.units()));
                sum = next.ok_or(Gap::Undefined(Reason::OutOfRange))?;
            }
        }
        Ok(sum)
    }
}

impl ScoringRule for QuantityToTarget {
    fn formula(&self) -> &'static str {
        "W * min(v / target, 1)"
    }

    fn reads(&self) -> Option<BidField> {
        Some(BidField::Commitments)
    }

    fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault> {
        let fault = |problem| Fault {
            field: "measures",
            problem,
        };
        let distinct: BTreeSet<&MeasureCode> = self.measures.iter().collect();
        if self.measures.is_empty() || distinct.len() != self.measures.len() {
            return Err(fault(PlanProblem::List));
        }
        for code in &self.measures {
            let measure = plan.catalogue.measure(code);
            let measure =
                measure.ok_or_else(|| fault(PlanProblem::UnknownMeasure(code.clone())))?;
            if measure.kind != MeasureKind::Quantitative {
                return Err(fault(PlanProblem::NotCounted(code.clone())));
            }
            if !measure.measures(&self.target) {
                return Err(fault(PlanProblem::UnitMix {
                    measure: code.clone(),
                    expected: format!("{} with {} places", self.target.unit(), self.target.scale()),
                    found: format!("{} with {} places", measure.unit, measure.scale),
                }));
            }
        }
        if self.target.units() == 0 {
            return Err(Fault {
                field: "target",
                problem: PlanProblem::TargetZero,
            });
        }
        Ok(())
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        self.exact(case.points, self.sum(case.entrant)?)
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        let Some(commitments) = &case.entrant.content.commitments else {
            return Vec::new();
        };
        let counted = commitments
            .iter()
            .filter(|commitment| self.measures.contains(&commitment.measure.code));
        counted
            .map(|commitment| {
                let name = format!("commitment to {}", commitment.measure.code);
                Input::new(name, &commitment.quantity)
            })
            .chain([Input::new("target", &self.target)])
            .collect()
    }
}
