//! Declarations that people of the panel or bidders must make, such as one on conflicts of interest.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::fraction::ArithmeticError;
use crate::policy::check::{Judged, MissingFact, input};
use crate::policy::code::ClauseCode;
use crate::policy::problem::{PolicyProblem, distinct};

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Declarations {
    /// The declarations, by code.
    pub required: Vec<ClauseCode>,
}

impl ClauseKind for Declarations {
    fn valid(&self) -> Result<(), PolicyProblem> {
        distinct("required", &self.required)
    }

    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        let inputs = self
            .required
            .iter()
            .map(|code| input("declaration", code))
            .collect();
        let Some(asked) = &case.procurement.declarations else {
            let sentence = "the plan does not say which declarations it asks for";
            return Ok(Some(Judged::unknown(
                MissingFact::Declarations,
                inputs,
                sentence,
            )));
        };
        let left_out = self.required.iter().find(|code| !asked.contains(code));
        Ok(Some(match left_out {
            None => Judged::of(true, inputs, "every declaration is asked for"),
            Some(code) => Judged::of(
                false,
                inputs,
                format!("the declaration `{code}` is not asked for"),
            ),
        }))
    }
}
