//! Pass or fail: `W` or 0 by the supplier's declaration, or exclusion of those who do not pass.
//!
//! Source: G-Cloud 15, where social value is passed or failed for its whole weight.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, Fault, Gap, PlanFacts, Reason, ScoringRule};
use crate::fraction::Fraction;
use crate::scoring::exclusion::Ground;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;
use crate::tender::plan_check::check_line;

/// What happens to a bid that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFail {
    /// It gets no mark.
    NoMark,
    /// It is excluded.
    Exclude,
}

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PassFail {
    /// What the supplier declares to meet.
    pub statement: String,
    /// What happens to a bid that fails.
    pub on_fail: OnFail,
}

impl PassFail {
    fn declared(case: &Case<'_>) -> Result<bool, Gap> {
        let declarations = case.entrant.content.declarations.as_ref();
        let declarations = declarations.ok_or(Gap::NotKnown(BidField::Declarations))?;
        let declared = declarations.get(case.code).copied();
        Ok(declared.ok_or(Reason::Missing)?)
    }
}

impl ScoringRule for PassFail {
    fn formula(&self) -> &'static str {
        "W if passed, else 0"
    }

    fn reads(&self) -> Vec<BidField> {
        vec![BidField::Declarations]
    }

    fn check(&self, _plan: &PlanFacts<'_>) -> Result<(), Fault> {
        check_line(&self.statement).map_err(|problem| Fault::at("statement", problem))
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        let passed = Self::declared(case)?;
        Ok(if passed { case.points } else { Fraction::ZERO })
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        Self::declared(case)
            .map(|passed| vec![Input::new("passed", passed)])
            .unwrap_or_default()
    }

    fn excludes(&self, case: &Case<'_>) -> Option<Ground> {
        let failed = Self::declared(case) == Ok(false);
        let excludes = failed && self.on_fail == OnFail::Exclude;
        excludes.then(|| Ground::ConditionFailed(case.code.clone()))
    }

    fn may_exclude_alone(&self) -> bool {
        self.on_fail == OnFail::Exclude
    }
}
