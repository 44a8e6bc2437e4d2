//! How long evidence is kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::fraction::ArithmeticError;
use crate::policy::check::{Judged, MissingFact, input};
use crate::policy::problem::{PolicyProblem, between};

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// The fewest years.
    pub years: u32,
}

impl ClauseKind for Retention {
    fn valid(&self) -> Result<(), PolicyProblem> {
        between("years", self.years, 1..=100, "1 to 100")
    }

    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        let mut inputs = vec![input("fewest years", self.years)];
        let Some(years) = case.procurement.retention_years else {
            let sentence = "the plan does not say how long evidence is kept";
            return Ok(Some(Judged::unknown(
                MissingFact::RetentionYears,
                inputs,
                sentence,
            )));
        };
        inputs.push(input("years", years));
        let sentence = format!(
            "evidence is kept for {years} years, and at least {} are asked for",
            self.years
        );
        Ok(Some(Judged::of(years >= self.years, inputs, sentence)))
    }
}
