//! Bonus points on a mark: `min(base + sum(bonus), cap)`. The base is any other rule; each bonus is a number of points that
//! a preferred bid gets on top. It never brings more than the cap, nor the cap more than `W`. It is for policies that
//! enable it, and depends on other bids where its base does.
//!
//! Source: Korean eligibility reviews (0.5, 2 and 0.2 credibility points for social economy organisations).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// One bonus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BonusItem {
    /// The points that it brings.
    pub points: Number,
    /// Who gets it.
    pub when: Preference,
}

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bonus {
    /// The rule whose mark is raised, scored for the same `W`.
    pub base: Box<Rule>,
    /// The bonuses; one bid can get several.
    pub bonuses: Vec<BonusItem>,
    /// The most points of base and bonuses together.
    pub cap: Number,
}

/// The most bonuses of one criterion.
const MAX_BONUSES: usize = 20;

impl Bonus {
    /// `min(base + sum(bonus), cap)`, exact.
    pub fn exact(&self, base: Fraction, bonus: Fraction) -> Result<Fraction, Gap> {
        Ok(base.plus(bonus)?.at_most(self.cap.fraction()?))
    }

    fn sum(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        self.bonuses.iter().try_fold(Fraction::ZERO, |sum, bonus| {
            if bonus.when.applies(case)? {
                Ok(sum.plus(bonus.points.fraction()?)?)
            } else {
                Ok(sum)
            }
        })
    }
}

/// Checks the base of a rule that raises it: a base that raises another would hide what a mark was made from.
pub(super) fn check_base(base: &Rule, plan: &PlanFacts<'_>) -> Result<(), Fault> {
    if base.base().is_some() || base.may_exclude_alone() {
        return Err(Fault::at("base", PlanProblem::Base));
    }
    base.check(plan).map_err(|Fault { field, problem }| {
        Fault::at(format!("base/{}/{field}", base.id()), problem)
    })
}

/// What a base reads, and a preference beside it.
pub(super) fn reads_with<'a>(
    base: &Rule,
    preferences: impl Iterator<Item = &'a Preference>,
) -> Vec<BidField> {
    let mut fields = base.reads();
    for field in preferences.filter_map(Preference::reads) {
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    fields
}

impl ScoringRule for Bonus {
    fn formula(&self) -> &'static str {
        "min(base + sum(bonus), cap)"
    }

    fn reads(&self) -> Vec<BidField> {
        reads_with(&self.base, self.bonuses.iter().map(|bonus| &bonus.when))
    }

    fn check(&self, plan: &PlanFacts<'_>) -> Result<(), Fault> {
        check_base(&self.base, plan)?;
        if !(1..=MAX_BONUSES).contains(&self.bonuses.len()) {
            return Err(Fault::at("bonuses", PlanProblem::Bonuses));
        }
        for (index, bonus) in self.bonuses.iter().enumerate() {
            if bonus.points == Number::ZERO {
                return Err(Fault::at(
                    format!("bonuses/{index}/points"),
                    PlanProblem::BonusZero,
                ));
            }
            bonus.when.check(&format!("bonuses/{index}/when"))?;
        }
        Ok(())
    }

    fn check_points(&self, points: Fraction) -> Result<(), Fault> {
        let cap = self.cap.fraction();
        match cap {
            Ok(cap) if !cap.is_zero() && cap <= points => Ok(()),
            _ => Err(Fault::at("cap", PlanProblem::Cap)),
        }
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        let base = self.base.mark(case)?;
        Ok(self.exact(base, self.sum(case)?)?.at_most(case.points))
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        let Ok(base) = self.base.mark(case) else {
            return Vec::new();
        };
        let mut inputs = self.base.inputs(case);
        inputs.push(Input::new(format!("base, {}", self.base.formula()), base));
        for bonus in &self.bonuses {
            let known = (bonus.when.inputs(case), bonus.when.applies(case));
            let (Some(told), Ok(applies)) = known else {
                return Vec::new();
            };
            inputs.extend(told);
            let points = if applies { bonus.points } else { Number::ZERO };
            inputs.push(Input::new("bonus", points));
        }
        inputs.push(Input::new("cap", self.cap));
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
        let kinds = self.bonuses.iter().flat_map(|bonus| &bonus.when.kinds);
        kinds.copied().chain(self.base.rule().kinds()).collect()
    }

    fn base(&self) -> Option<&Rule> {
        Some(&self.base)
    }
}
