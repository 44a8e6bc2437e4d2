//! How a period of a KPI is rated, and when.

use super::rating::{Rating, Thresholds};
use super::state::Rated;
use crate::fraction::ArithmeticError;
use crate::time::{Date, Period, Time};

/// What the decision needs.
#[derive(Debug, Clone, Copy)]
pub struct RatingFacts<'a> {
    /// Smallest units due in the period; none when the schedule has no such period.
    pub due: Option<i64>,
    /// Smallest units verified for it. Credits that were bought are not among them.
    pub delivered: i64,
    /// The thresholds that the buyer published with the tender.
    pub thresholds: Option<Thresholds>,
    /// The rating in force.
    pub last: Option<&'a Rated>,
    /// The log's time.
    pub at: Time,
}

/// Why a rating is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RatingError {
    /// No such period.
    #[error(
        "`period`: the schedule of the KPI has no such period: name the first day of one that it has"
    )]
    UnknownPeriod,
    /// Not over yet.
    #[error("`period`: it ends on {ends}: rate it when it is over")]
    NotOver {
        /// First day after it.
        ends: Date,
    },
    /// No thresholds.
    #[error(
        "`rating`: the tender documents published no thresholds: rate it as other, and say why"
    )]
    NoThresholds,
    /// Another word than the thresholds give.
    #[error("`rating`: by the published thresholds it is {}, not {}", .expected.as_str(), .found.as_str())]
    NotByThresholds {
        /// What the thresholds give.
        expected: Rating,
        /// What was said.
        found: Rating,
    },
    /// Other without a reason.
    #[error("`reason`: say why the period is rated as other")]
    NeedsReason,
    /// Nothing changed since the last rating.
    #[error("`period`: it is rated so already, from the same delivery")]
    Unchanged,
    /// Too much.
    #[error(transparent)]
    Arithmetic(#[from] ArithmeticError),
}

/// The rating of a period. `given` is the word, and whether there is a reason.
pub fn decide_rating(
    period: Period,
    given: (Rating, bool),
    facts: &RatingFacts<'_>,
) -> Result<Rated, RatingError> {
    let due = facts.due.ok_or(RatingError::UnknownPeriod)?;
    if facts.at.date() < period.to() {
        return Err(RatingError::NotOver { ends: period.to() });
    }
    let (rating, reasoned) = given;
    if rating == Rating::Other {
        if !reasoned {
            return Err(RatingError::NeedsReason);
        }
    } else {
        let expected = expected(facts)?.ok_or(RatingError::NoThresholds)?;
        if expected != rating {
            let found = rating;
            return Err(RatingError::NotByThresholds { expected, found });
        }
    }
    let rated = Rated {
        rating,
        delivered: facts.delivered,
        due,
    };
    match facts.last {
        Some(last) if *last == rated => Err(RatingError::Unchanged),
        _ => Ok(rated),
    }
}

/// What the published thresholds make of the delivery; none where there are none.
pub fn expected(facts: &RatingFacts<'_>) -> Result<Option<Rating>, ArithmeticError> {
    let rated = |thresholds: Thresholds| thresholds.rate(facts.delivered, facts.due.unwrap_or(0));
    facts.thresholds.map(rated).transpose()
}

/// The rating that follows when less stays delivered than the one in force was made from; none when that one still stands.
/// What the buyer rated as other, for a reason, stays until the buyer says otherwise.
pub fn rate_again(
    last: Option<&Rated>,
    delivered: i64,
    thresholds: Option<Thresholds>,
) -> Result<Option<Rated>, ArithmeticError> {
    let made_from_more =
        last.filter(|last| last.delivered > delivered && last.rating != Rating::Other);
    let Some((last, thresholds)) = made_from_more.zip(thresholds) else {
        return Ok(None);
    };
    Ok(Some(Rated {
        rating: thresholds.rate(delivered, last.due)?,
        delivered,
        due: last.due,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::period;
    use super::*;

    fn facts(delivered: i64) -> RatingFacts<'static> {
        RatingFacts {
            due: Some(100),
            delivered,
            thresholds: Some(Thresholds::example()),
            last: None,
            at: "2026-07-01T00:00:00Z".parse().unwrap(),
        }
    }

    fn rate(rating: Rating, reasoned: bool, facts: &RatingFacts<'_>) -> Result<Rated, RatingError> {
        decide_rating(
            period("2026-04-01", "2026-07-01"),
            (rating, reasoned),
            facts,
        )
    }

    #[test]
    fn a_rating_follows_from_the_thresholds_or_has_a_reason() {
        assert!(rate(Rating::Good, false, &facts(100)).is_ok());
        let flattering = rate(Rating::Good, true, &facts(95));
        assert!(matches!(
            flattering,
            Err(RatingError::NotByThresholds { .. })
        ));
        assert!(rate(Rating::Other, true, &facts(95)).is_ok());
        assert_eq!(
            rate(Rating::Other, false, &facts(95)),
            Err(RatingError::NeedsReason)
        );
        let mut unpublished = facts(100);
        unpublished.thresholds = None;
        assert_eq!(
            rate(Rating::Good, false, &unpublished),
            Err(RatingError::NoThresholds)
        );
    }

    #[test]
    fn a_period_is_rated_when_it_is_over_and_again_when_its_delivery_changed() {
        let mut early = facts(100);
        early.at = "2026-06-30T23:00:00Z".parse().unwrap();
        let early = rate(Rating::Good, false, &early);
        assert!(matches!(early, Err(RatingError::NotOver { .. })));
        let last = rate(Rating::Inadequate, false, &facts(10)).unwrap();
        let again = |delivered| RatingFacts {
            last: Some(&last),
            ..facts(delivered)
        };
        assert_eq!(
            rate(Rating::Inadequate, false, &again(10)),
            Err(RatingError::Unchanged)
        );
        assert!(rate(Rating::ApproachingTarget, false, &again(95)).is_ok());
        let mut nowhere = facts(100);
        nowhere.due = None;
        assert_eq!(
            rate(Rating::Good, false, &nowhere),
            Err(RatingError::UnknownPeriod)
        );
    }
}
