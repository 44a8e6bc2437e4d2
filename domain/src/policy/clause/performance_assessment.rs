//! How often the KPIs of a contract are assessed and the result published (UK Procurement Act 2023, s. 71).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::fraction::ArithmeticError;
use crate::policy::check::{Judged, MissingFact, input};
use crate::policy::problem::{PolicyProblem, between};

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PerformanceAssessment {
    /// The most months between two assessments.
    pub every_months: u32,
}

impl ClauseKind for PerformanceAssessment {
    fn valid(&self) -> Result<(), PolicyProblem> {
        between("every_months", self.every_months, 1..=120, "1 to 120")
    }

    /// A contract without KPIs has nothing to assess.
    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        if case.procurement.kpis.is_none_or(|kpis| kpis == 0) {
            return Ok(None);
        }
        let mut inputs = vec![input("at most every so many months", self.every_months)];
        let Some(months) = case.procurement.assessment_months else {
            let sentence = "the plan does not say how often the KPIs are assessed";
            return Ok(Some(Judged::unknown(
                MissingFact::AssessmentMonths,
                inputs,
                sentence,
            )));
        };
        inputs.push(input("assessed every so many months", months));
        let sentence = format!(
            "the KPIs are assessed every {months} months, and at most {} may lie between two assessments",
            self.every_months
        );
        let met = (1..=self.every_months).contains(&months);
        Ok(Some(Judged::of(met, inputs, sentence)))
    }
}
