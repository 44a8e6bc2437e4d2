//! Ratings: how a period of a KPI went, in the five statutory words (Procurement Act 2023, regulations on contract
//! performance), by thresholds that the buyer published with the tender, from the supplier's own delivery alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::Share;
use crate::fraction::{ArithmeticError, Fraction};

/// How a period went.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// Good.
    Good,
    /// Approaching target.
    ApproachingTarget,
    /// Requires improvement.
    RequiresImprovement,
    /// Inadequate.
    Inadequate,
    /// Other, for a reason that the buyer states.
    Other,
}

impl Rating {
    /// Every rating.
    pub const ALL: [Self; 5] = [
        Self::Good,
        Self::ApproachingTarget,
        Self::RequiresImprovement,
        Self::Inadequate,
        Self::Other,
    ];

    /// The word for the rating.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::ApproachingTarget => "approaching_target",
            Self::RequiresImprovement => "requires_improvement",
            Self::Inadequate => "inadequate",
            Self::Other => "other",
        }
    }
}

/// From which part of the promise on a period is rated how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Good from here on, such as 1.
    pub good: Share,
    /// Approaching target from here on.
    pub approaching: Share,
    /// Requires improvement from here on; inadequate below.
    pub improvement: Share,
}

impl Thresholds {
    /// Whether they fall, and the lowest is more than nothing.
    pub fn fall(self) -> bool {
        self.good > self.approaching
            && self.approaching > self.improvement
            && self.improvement > Share::NONE
    }

    /// The rating of so much delivery of so much promise, both in smallest units. Where nothing was promised there is
    /// nothing to fall short of.
    pub fn rate(self, delivered: i64, promised: i64) -> Result<Rating, ArithmeticError> {
        if promised <= 0 {
            return Ok(Rating::Good);
        }
        let part = Fraction::new(i128::from(delivered), i128::from(promised))?;
        let steps = [
            (self.good, Rating::Good),
            (self.approaching, Rating::ApproachingTarget),
            (self.improvement, Rating::RequiresImprovement),
        ];
        for (threshold, rating) in steps {
            if part >= threshold.fraction()? {
                return Ok(rating);
            }
        }
        Ok(Rating::Inadequate)
    }
}

#[cfg(test)]
impl Thresholds {
    /// Thresholds as a buyer may publish them.
    pub(crate) fn example() -> Self {
        Self {
            good: Share::WHOLE,
            approaching: "0.9".parse().unwrap(),
            improvement: "0.5".parse().unwrap(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statutory_ratings_begin_at_the_published_thresholds() {
        let rate = |delivered| Thresholds::example().rate(delivered, 1000).unwrap();
        assert_eq!(rate(1000), Rating::Good);
        assert_eq!(rate(2000), Rating::Good);
        assert_eq!(rate(999), Rating::ApproachingTarget);
        assert_eq!(rate(900), Rating::ApproachingTarget);
        assert_eq!(rate(899), Rating::RequiresImprovement);
        assert_eq!(rate(500), Rating::RequiresImprovement);
        assert_eq!(rate(499), Rating::Inadequate);
        assert_eq!(rate(0), Rating::Inadequate);
        assert_eq!(Thresholds::example().rate(0, 0), Ok(Rating::Good));
    }

    #[test]
    fn thresholds_fall_from_good_to_requires_improvement() {
        let mut flat = Thresholds::example();
        assert!(flat.fall());
        flat.approaching = Share::WHOLE;
        assert!(!flat.fall());
        let mut nothing = Thresholds::example();
        nothing.improvement = Share::NONE;
        assert!(!nothing.fall());
    }
}
