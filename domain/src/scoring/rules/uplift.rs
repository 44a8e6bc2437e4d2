//! Uplift of a mark: `min(base * factor, W)` for a preferred bid, the base alone for others. The base is any other rule.
//! It is for policies that enable it, and depends on other bids where its base does.
//!
//! Source: Korean reviews of works (management score x 1.10 where preferred firms do a share of the work).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bonus::{check_base, reads_with};
use super::preference::Preference;
use super::{Case, Fault, Gap, PlanFacts, Reason, Rule, ScoringRule};
use crate::amount::Number;
use crate::catalogue::MeasureCode;
use crate::fraction::Fraction;
use crate::organisation::certification::SeoKind;
use crate::scoring::exclusion::Ground;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;
use crate::tender::plan_error::PlanProblem;

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Uplift {
    /// The rule whose mark is raised, scored for the same `W`.
    pub base: Box<Rule>,
    /// By what a preferred bid's mark is multiplied: more than 1, at most 2, such as 1.1.
    pub factor: Number,
    /// Who gets it.
    pub when: Preference,
}

impl Uplift {
    /// `min(base * factor, W)`, exact.
    pub fn exact(&self, points: Fraction, base: Fraction) -> Result<Fraction, Gap> {
        Ok(base.times(self.factor.fraction()?)?.at_most(points))
    }
}

impl ScoringRule for Uplift {
    fn formula(&self) -> &'static str {
        "min(base * factor, W)"
    }

    fn reads(&self) -> Vec<BidField> {
        reads_with(&self.base, std::iter::once(&self.when))
    }

    fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault> {
        check_base(&self.base, plan)?;
        let factor = self.factor.fraction();
        if !factor.is_ok_and(|factor| factor > Fraction::ONE && factor <= Fraction::whole(2)) {
            return Err(Fault::at("factor", PlanProblem::Factor));
        }
        self.when.check("when")
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        let base = self.base.mark(case)?;
        if self.when.applies(case)? {
            self.exact(case.points, base)
        } else {
            Ok(base)
        }
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        let known = (
            self.base.mark(case),
            self.when.inputs(case),
            self.when.applies(case),
        );
        let (Ok(base), Some(told), Ok(applies)) = known else {
            return Vec::new();
        };
        let factor = if applies { self.factor } else { Number::ONE };
        let mut inputs = self.base.inputs(case);
        inputs.push(Input::new(format!("base, {}", self.base.formula()), base));
        inputs.extend(told);
        inputs.push(Input::new("factor", factor));
        inputs
    }

    fn depends_on_other_bids(&self) -> bool {
        self.base.depends_on_other_bids()
    }

    fn compares(&self, case: &Case<'_>) -> Option<Result<Fraction, Gap>> {
        self.base.compares(case)
    }

    fn excludes(&self, case: &Case<'_>) -> Option<Ground> {
        self.base.excludes(case)
    }

    fn may_lack_value(&self) -> &'static [Reason] {
        self.base.may_lack_value()
    }

    fn asks_statement(&self) -> bool {
        self.base.rule().asks_statement()
    }

    fn measures(&self) -> &[MeasureCode] {
        self.base.measures()
    }

    fn kinds(&self) -> Vec<SeoKind> {
        let kinds = self.when.kinds.iter().copied();
        kinds.chain(self.base.rule().kinds()).collect()
    }

    fn base(&self) -> Option<&Rule> {
        Some(&self.base)
    }
}
