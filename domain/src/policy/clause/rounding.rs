//! How marks are rounded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::fraction::ArithmeticError;
use crate::policy::check::{Judged, input};
use crate::policy::problem::{PolicyProblem, between};
use crate::tender::plan::Rounding;

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundingOfMarks {
    /// Decimal places of a mark.
    pub places: u8,
    /// How a mark is rounded, where the text says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Rounding>,
}

impl ClauseKind for RoundingOfMarks {
    fn valid(&self) -> Result<(), PolicyProblem> {
        between("places", self.places.into(), 0..=6, "0 to 6")
    }

    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        let (asked, found) = (self.places, case.plan.mark_scale);
        let same = self
            .rounding
            .is_none_or(|rounding| rounding == case.plan.rounding);
        let inputs = vec![
            input("decimal places asked for", asked),
            input("decimal places", found),
        ];
        let sentence = format!("marks have {found} decimal places, and {asked} are asked for");
        Ok(Some(Judged::of(asked == found && same, inputs, sentence)))
    }
}
