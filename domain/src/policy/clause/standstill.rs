//! The wait between the award notice and the contract.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::fraction::ArithmeticError;
use crate::policy::check::{Judged, input};
use crate::policy::problem::{PolicyProblem, between};
use crate::policy::procurement::{DayCount, Standstill};

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandstillPeriod {
    /// The shortest wait.
    pub shortest: Standstill,
}

impl StandstillPeriod {
    /// Whether a wait is long enough. So many working days are never fewer calendar days; calendar days cannot stand in
    /// for working days, since nobody here knows the holidays.
    fn reached(&self, wait: Standstill) -> bool {
        let comparable = wait.count == self.shortest.count || wait.count == DayCount::Working;
        comparable && wait.days >= self.shortest.days
    }
}

fn words(wait: Standstill) -> String {
    let count = match wait.count {
        DayCount::Calendar => "calendar",
        DayCount::Working => "working",
    };
    format!("{} {count} days", wait.days)
}

impl ClauseKind for StandstillPeriod {
    fn valid(&self) -> Result<(), PolicyProblem> {
        between("shortest.days", self.shortest.days, 1..=365, "1 to 365")
    }

    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        let shortest = words(self.shortest);
        let mut inputs = vec![input("shortest wait", &shortest)];
        let Some(wait) = case.plan.standstill else {
            let sentence =
                "the plan names a legal ground for no standstill, which a person has to judge";
            return Ok(Some(Judged::of(true, inputs, sentence)));
        };
        inputs.push(input("wait", words(wait)));
        let sentence = format!(
            "the buyer waits {}, and at least {shortest} are asked for",
            words(wait)
        );
        Ok(Some(Judged::of(self.reached(wait), inputs, sentence)))
    }
}
