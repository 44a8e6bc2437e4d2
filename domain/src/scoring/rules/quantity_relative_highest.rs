//! Promised quantity relative to the highest: `W * v / v_max`, where `v` sums the bid's commitments to the named measures,
//! all in one unit. A bid's mark depends on the others: one outlying promise takes the marks of all the rest. Its edge is
//! that nobody promises anything: no bid has a mark, and the ranking is withheld.
//!
//! Source: the rule that tenders commonly publish with measure catalogues.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::promised::{Promised, units_text};
use super::{Case, Fault, Gap, PlanFacts, Reason, ScoringRule, part_of};
use crate::catalogue::MeasureCode;
use crate::fraction::Fraction;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuantityRelativeHighest {
    /// Codes of measures of the plan's catalogue.
    pub measures: Vec<MeasureCode>,
    /// Whether a figure counts only with a method statement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub method_statement: bool,
}

impl QuantityRelativeHighest {
    /// `W * v / v_max`, exact. Where nobody promises anything there is no mark.
    pub fn exact(points: Fraction, highest: Fraction, v: Fraction) -> Result<Fraction, Gap> {
        if highest.is_zero() {
            return Err(Reason::NothingPromised.into());
        }
        part_of(points, v, highest)
    }

    fn promised(&self) -> Promised<'_> {
        Promised {
            measures: &self.measures,
            method_statement: self.method_statement,
        }
    }
}

impl ScoringRule for QuantityRelativeHighest {
    fn formula(&self) -> &'static str {
        "W * v / v_max"
    }

    fn reads(&self) -> Vec<BidField> {
        self.promised().reads()
    }

    fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault> {
        self.promised().check_unit(plan, None)
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        let highest = case.range()?.highest;
        Self::exact(case.points, highest, self.promised().sum(case)?)
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        let known = (
            self.promised().inputs(case),
            self.promised().sum(case),
            case.range(),
        );
        let (Some(promised), Ok(v), Ok(range)) = known else {
            return Vec::new();
        };
        promised
            .into_iter()
            .chain([
                Input::new("v", units_text(v)),
                Input::new("v_max", units_text(range.highest)),
            ])
            .collect()
    }

    fn depends_on_other_bids(&self) -> bool {
        true
    }

    fn compares(&self, case: &Case<'_>) -> Option<Result<Fraction, Gap>> {
        Some(self.promised().sum(case))
    }

    fn may_lack_value(&self) -> &'static [Reason] {
        &[Reason::NothingPromised]
    }

    fn asks_statement(&self) -> bool {
        self.method_statement
    }

    fn measures(&self) -> &[MeasureCode] {
        &self.measures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_promise_gets_all_and_the_rest_its_part() {
        let mark = |v| {
            QuantityRelativeHighest::exact(
                Fraction::whole(10),
                Fraction::whole(400),
                Fraction::whole(v),
            )
        };
        assert_eq!(
            [400, 100, 0].map(|v| mark(v).unwrap()),
            [
                Fraction::whole(10),
                Fraction::new(5, 2).unwrap(),
                Fraction::ZERO
            ]
        );
    }

    #[test]
    fn where_nobody_promises_anything_there_is_no_mark() {
        let mark = QuantityRelativeHighest::exact(Fraction::ONE, Fraction::ZERO, Fraction::ZERO);
        assert_eq!(mark, Err(Gap::Undefined(Reason::NothingPromised)));
    }
}
