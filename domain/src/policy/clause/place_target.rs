//! An outcome that a place wants to reach by a day. It says nothing of one plan: verified outcomes count towards it where
//! and when they were delivered ([`crate::policy::place_target`]).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, ClauseKind};
use crate::amount::Quantity;
use crate::catalogue::MeasureCode;
use crate::fraction::ArithmeticError;
use crate::policy::check::Judged;
use crate::policy::problem::{PolicyProblem, distinct};
use crate::policy::selection::is_place;
use crate::time::Date;

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More of it.
    More,
    /// Less of it.
    Less,
}

/// A measure of any version of a catalogue.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct OutcomeMeasure {
    /// The catalogue's name.
    pub catalogue: String,
    /// The measure's code in it.
    pub code: MeasureCode,
}

/// Parameters of the clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceTarget {
    /// What people call the outcome.
    pub title: String,
    /// Where; places within it count.
    pub place: String,
    /// The measures whose verified quantities count, all in the target's unit and scale.
    pub measures: Vec<OutcomeMeasure>,
    /// Which way is better.
    pub direction: Direction,
    /// What there was before, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Quantity>,
    /// The change that is wanted; none where only a baseline and a series are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Quantity>,
    /// The first day that counts; none for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The first day that no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

impl ClauseKind for PlaceTarget {
    fn valid(&self) -> Result<(), PolicyProblem> {
        crate::policy::line("title", &self.title)?;
        if !is_place(&self.place) {
            return Err(PolicyProblem::Place(self.place.chars().take(40).collect()));
        }
        distinct("measures", &self.measures)?;
        if matches!((self.from, self.to), (Some(from), Some(to)) if to <= from) {
            return Err(PolicyProblem::Days);
        }
        let mixed = matches!((&self.baseline, &self.change), (Some(baseline), Some(change)) if baseline.same_unit(change).is_err());
        if mixed
            || self
                .change
                .as_ref()
                .is_some_and(|change| change.units() <= 0)
        {
            return Err(PolicyProblem::Bands);
        }
        Ok(())
    }

    fn check(&self, _: &Case<'_>) -> Result<Option<Judged>, ArithmeticError> {
        Ok(None)
    }
}
