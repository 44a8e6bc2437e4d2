//! Quality by named levels: `W * level / top level`. The panel's consensus names the level of any published table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, Fault, Gap, PlanFacts, Reason, ScoringRule, part_of};
use crate::fraction::Fraction;
use crate::scoring::exclusion::Ground;
use crate::scoring::scorecard::Input;
use crate::tender::disclosure::BidField;
use crate::tender::plan_check::check_line;
use crate::tender::plan_error::PlanProblem;

/// One level of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedLevel {
    /// Its points, such as 3 of 5 or 70 of 100.
    pub points: u32,
    /// Its name and what earns it.
    pub name: String,
}

/// Parameters of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QualityLevels {
    /// The table, by rising points.
    pub levels: Vec<NamedLevel>,
    /// Bids below this level are excluded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<u32>,
}

impl QualityLevels {
    /// Whether the table has a level with these points.
    pub fn has(&self, points: u32) -> bool {
        self.level(points).is_some()
    }

    /// The level with these points.
    pub fn level(&self, points: u32) -> Option<&NamedLevel> {
        let at = self
            .levels
            .binary_search_by_key(&points, |level| level.points);
        at.ok().and_then(|index| self.levels.get(index))
    }

    fn top(&self) -> u32 {
        self.levels.last().map_or(0, |level| level.points)
    }

    /// `W * level / top level`, exact.
    pub fn exact(&self, points: Fraction, level: u32) -> Result<Fraction, Gap> {
        part_of(
            points,
            Fraction::whole(level.into()),
            Fraction::whole(self.top().into()),
        )
    }
}

impl ScoringRule for QualityLevels {
    fn formula(&self) -> &'static str {
        "W * level / top level"
    }

    fn reads(&self) -> Vec<BidField> {
        Vec::new()
    }

    fn check(&self, _plan: &PlanFacts<'_>) -> Result<(), Fault> {
        let fault = |problem| Fault::at("levels", problem);
        let rising = self
            .levels
            .is_sorted_by(|low, high| low.points < high.points);
        let minimum_known = self.minimum.is_none_or(|minimum| self.has(minimum));
        if !rising || self.top() == 0 || !minimum_known || self.levels.len() > 101 {
            return Err(fault(PlanProblem::Levels));
        }
        self.levels
            .iter()
            .try_for_each(|level| check_line(&level.name).map_err(fault))
    }

    fn mark(&self, case: &Case<'_>) -> Result<Fraction, Gap> {
        let level = case.entrant.levels.get(case.code);
        let level = level.filter(|level| self.has(**level));
        self.exact(case.points, *level.ok_or(Reason::NotJudged)?)
    }

    fn inputs(&self, case: &Case<'_>) -> Vec<Input> {
        let level = case.entrant.levels.get(case.code);
        let named = level.and_then(|level| self.level(*level));
        named.map_or_else(Vec::new, |level| {
            vec![
                Input::new("level", level.points),
                Input::new("level name", &level.name),
                Input::new("top level", self.top()),
            ]
        })
    }

    fn excludes(&self, case: &Case<'_>) -> Option<Ground> {
        let level = *case.entrant.levels.get(case.code)?;
        self.minimum
            .filter(|minimum| level < *minimum)
            .map(|_| Ground::BelowMinimumLevel(case.code.clone()))
    }
}
