//! How many people mark.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::fraction::ArithmeticError;
use crate::policy::check::{Judged, MissingFact, input};
use crate::policy::problem::{PolicyProblem, between};

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PanelSize {
    /// The fewest people.
    pub fewest: u32,
    /// The most people, where there is a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
}

impl ClauseKind for PanelSize {
    fn valid(&self) -> Result<(), PolicyProblem> {
        between("fewest", self.fewest, 1..=100, "1 to 100")?;
        let most = self.most.unwrap_or(100);
        between(
            "most",
            most,
            self.fewest..=100,
            "not below `fewest`, at most 100",
        )
    }

    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        let mut inputs = vec![input("fewest", self.fewest)];
        inputs.extend(self.most.map(|most| input("most", most)));
        let Some(size) = case.procurement.panel_size else {
            let sentence = "the plan does not say how many people mark";
            return Ok(Some(Judged::unknown(
                MissingFact::PanelSize,
                inputs,
                sentence,
            )));
        };
        inputs.push(input("panel", size));
        let met = self.fewest <= size && self.most.is_none_or(|most| size <= most);
        let asked = match self.most {
            Some(most) => format!("{} to {most}", self.fewest),
            None => format!("at least {}", self.fewest),
        };
        let sentence = format!("{size} people mark, and {asked} are asked for");
        Ok(Some(Judged::of(met, inputs, sentence)))
    }
}
