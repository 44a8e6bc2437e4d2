//! The least number of KPIs of a contract above a value, with exemptions (UK Procurement Act 2023, s. 52: strictly more
//! than 5,000,000 pounds, three KPIs).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::amount::Money;
use crate::fraction::ArithmeticError;
use crate::policy::check::{Judged, MissingFact, input};
use crate::policy::code::ClauseCode;
use crate::policy::problem::{PolicyProblem, between, distinct};
use crate::policy::procurement::ValueBasis;

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MinimumKpis {
    /// Whether the value is meant with or without VAT.
    pub basis: ValueBasis,
    /// Contracts of more than this, strictly.
    pub above: Money,
    /// The fewest KPIs.
    pub fewest: u32,
    /// Grounds on which nothing is asked, by code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exemptions: Vec<ClauseCode>,
}

impl ClauseKind for MinimumKpis {
    fn valid(&self) -> Result<(), PolicyProblem> {
        between("fewest", self.fewest, 1..=100, "1 to 100")?;
        if self.above.minor() < 0 {
            return Err(PolicyProblem::Bands);
        }
        match self.exemptions.as_slice() {
            [] => Ok(()),
            codes => distinct("exemptions", codes),
        }
    }

    fn check(&self, case: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        let claimed = case.procurement.exemptions.iter();
        if let Some(ground) = claimed
            .into_iter()
            .find(|code| self.exemptions.contains(code))
        {
            let sentence = format!("the buyer relies on the exemption `{ground}`");
            return Ok(Some(Judged::of(
                true,
                vec![input("exemption", ground)],
                sentence,
            )));
        }
        let value = match case.value(self.basis, self.above) {
            Ok(value) => value,
            Err(unknown) => return Ok(Some(unknown)),
        };
        let mut inputs = vec![input("estimated value", value), input("above", self.above)];
        if value.minor() <= self.above.minor() {
            let sentence = format!(
                "the value is not more than {}, so that no KPI is asked for",
                self.above
            );
            return Ok(Some(Judged::of(true, inputs, sentence)));
        }
        inputs.push(input("fewest KPIs", self.fewest));
        let Some(kpis) = case.procurement.kpis else {
            let sentence = "the plan does not say how many KPIs the contract will have";
            return Ok(Some(Judged::unknown(MissingFact::Kpis, inputs, sentence)));
        };
        inputs.push(input("KPIs", kpis));
        let sentence = format!(
            "the contract will have {kpis} KPIs, and at least {} are asked for",
            self.fewest
        );
        Ok(Some(Judged::of(kpis >= self.fewest, inputs, sentence)))
    }
}
