//! What a buyer buys from social economy organisations in a year, as a part of all that it buys. It says nothing of one
//! plan: the yearly compliance report reads it.
//!
//! Korea's appraisal of public bodies scores such a year by a ramp, `points * min(X / target, 1)`, with 50 points and 0.1 %
//! (worked example P11).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::amount::Share;
use crate::fraction::{ArithmeticError, Fraction};
use crate::organisation::certification::SeoKind;
use crate::policy::check::Judged;
use crate::policy::problem::{PolicyProblem, between, distinct};

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeoPurchaseTarget {
    /// The kinds of organisations whose sales count.
    pub kinds: Vec<SeoKind>,
    /// The part of the year's purchases that brings the whole.
    pub target: Share,
    /// The points of a year that reaches the target, where years are scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<u32>,
}

impl SeoPurchaseTarget {
    /// `points * min(share / target, 1)`, exact; none where years are not scored.
    pub fn score(&self, share: Fraction) -> Result<Option<Fraction>, ArithmeticError> {
        let Some(points) = self.points else {
            return Ok(None);
        };
        let reached = share.over(self.target.fraction()?)?.at_most(Fraction::ONE);
        Fraction::whole(points.into()).times(reached).map(Some)
    }

    /// Whether the share of a year reaches the target.
    pub fn reached(&self, share: Fraction) -> Result<bool, ArithmeticError> {
        Ok(share >= self.target.fraction()?)
    }
}

impl ClauseKind for SeoPurchaseTarget {
    fn valid(&self) -> Result<(), PolicyProblem> {
        distinct("kinds", &self.kinds)?;
        between(
            "target",
            self.target.millionths(),
            1..=1_000_000,
            "more than 0, at most 1",
        )?;
        self.points.map_or(Ok(()), |points| {
            between("points", points, 1..=10_000, "1 to 10000")
        })
    }

    fn check(&self, _: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        Ok(None)
    }
}
