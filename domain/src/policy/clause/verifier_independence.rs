//! How many verifiers each claim needs, and from how many sectors. That none belongs to a party or its group is a rule of
//! the registry and needs no clause.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::fraction::ArithmeticError;
use crate::policy::check::{Judged, MissingFact, input};
use crate::policy::problem::{PolicyProblem, between};

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifierIndependence {
    /// The fewest verifiers.
    pub verifiers: u32,
    /// The fewest different sectors among them: public, private, civil society.
    pub sectors: u32,
}

impl ClauseKind for VerifierIndependence {
    fn valid(&self) -> Result<(), PolicyProblem> {
        between("verifiers", self.verifiers, 1..=20, "1 to 20")?;
        let most = self.verifiers.min(3);
        between(
            "sectors",
            self.sectors,
            1..=most,
            "1 to 3, not more than verifiers",
        )
    }

    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        let mut inputs = vec![
            input("fewest verifiers", self.verifiers),
            input("fewest sectors", self.sectors),
        ];
        let Some(quorum) = case.procurement.quorum else {
            let sentence = "the plan does not say who verifies claims";
            return Ok(Some(Judged::unknown(MissingFact::Quorum, inputs, sentence)));
        };
        inputs.push(input("verifiers", quorum.verifiers));
        inputs.push(input("sectors", quorum.sectors));
        let met = quorum.verifiers >= self.verifiers && quorum.sectors >= self.sectors;
        let sentence = format!(
            "{} verifiers from {} sectors check each claim, and at least {} from {} are asked for",
            quorum.verifiers, quorum.sectors, self.verifiers, self.sectors
        );
        Ok(Some(Judged::of(met, inputs, sentence)))
    }
}
