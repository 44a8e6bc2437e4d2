//! A bid that looks abnormal, by its low price or its high pledges: its supplier has the right to explain, and a person
//! decides by a named ground. A flag alone never excludes (Directive 2014/24/EU, art. 69; C-285/99).

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Time;

/// The least time for an explanation: three days.
pub const EXPLAIN_MICROS: i64 = 3 * 86_400_000_000;

/// What looks abnormal.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Abnormality {
    /// The price is low.
    LowPrice,
    /// The promised quantities are high.
    HighPledge,
}

impl fmt::Display for Abnormality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LowPrice => "the low price",
            Self::HighPledge => "the high pledges",
        })
    }
}

/// The ground of a decision about a bid that looks abnormal. The first five accept it, the others exclude it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AbnormalGround {
    /// The economics of the work explain it (art. 69(2)(a)).
    Economics,
    /// Technical solutions or conditions that favour the supplier explain it (art. 69(2)(b)).
    FavourableConditions,
    /// The originality of the work explains it (art. 69(2)(c)).
    Originality,
    /// Evidence shows that the pledges can be delivered.
    CapacityShown,
    /// What looked abnormal is not so on inspection.
    NotAbnormal,
    /// The explanation does not account for it (art. 69(3)).
    NotAccounted,
    /// It rests on a breach of environmental, social or labour law (art. 69(3)).
    BreachOfLaw,
    /// It rests on state aid that is not lawful (art. 69(4)).
    UnlawfulAid,
    /// The pledges cannot be delivered.
    NotDeliverable,
}

impl AbnormalGround {
    /// Whether a decision on this ground excludes the bid.
    pub fn excludes(self) -> bool {
        matches!(
            self,
            Self::NotAccounted | Self::BreachOfLaw | Self::UnlawfulAid | Self::NotDeliverable
        )
    }

    /// Whether the ground can be that of a decision about this abnormality.
    pub fn fits(self, about: Abnormality) -> bool {
        match self {
            Self::CapacityShown | Self::NotDeliverable => about == Abnormality::HighPledge,
            Self::UnlawfulAid => about == Abnormality::LowPrice,
            _ => true,
        }
    }
}

/// A look at what seems abnormal in a bid, and what has come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Until when the supplier may explain; none where an officer decided without asking.
    pub answer_by: Option<Time>,
    /// Whether there is an explanation.
    pub given: bool,
    /// Whether it is decided.
    pub decided: bool,
}

impl Asked {
    /// A request to explain until a time.
    pub fn until(answer_by: Time) -> Self {
        Self {
            answer_by: Some(answer_by),
            given: false,
            decided: false,
        }
    }

    /// A decision that nobody had to be asked.
    pub const NOT_NEEDED: Self = Self {
        answer_by: None,
        given: false,
        decided: true,
    };
}

/// Why a step with a bid that looks abnormal cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AbnormalError {
    /// Asked before.
    #[error("the supplier was asked about {0} already: wait for the explanation, then decide")]
    AskedAlready(Abnormality),
    /// Too little time.
    #[error("the supplier has at least three days: ask for the explanation by {earliest} or later")]
    TooShort {
        /// The earliest time.
        earliest: Time,
    },
    /// Prices that nobody knows.
    #[error("the price envelopes are closed: nobody can find a price low before they are opened")]
    PricesClosed,
    /// Never asked.
    #[error("nobody asked about {0}: ask the supplier first, who has a right to explain")]
    NotAsked(Abnormality),
    /// Explained before.
    #[error("the explanation is given already: wait for the decision")]
    GivenAlready,
    /// After the deadline.
    #[error("explanations were taken until {until}")]
    TooLate {
        /// The deadline.
        until: Time,
    },
    /// Decided before.
    #[error("this is decided already")]
    DecidedAlready,
    /// The supplier can still explain.
    #[error(
        "the supplier may explain until {until}: decide when the explanation is there, or then"
    )]
    TooEarly {
        /// The deadline.
        until: Time,
    },
    /// Nobody asked, and nothing is flagged.
    #[error(
        "the report on the ranking does not flag {0}, and nobody asked about it: there is nothing to decide"
    )]
    NotFlagged(Abnormality),
    /// A ground for something else.
    #[error("this ground does not fit {0}: choose another")]
    Ground(Abnormality),
    /// A request that waits for its decision.
    #[error("the bid that would win was asked to explain {0}: decide about it before the award")]
    Undecided(Abnormality),
    /// A flag that nobody has looked at.
    #[error(
        "the bid that would win is flagged for {0}: ask its supplier to explain it, or decide on the ground NOT_ABNORMAL \
         that nobody has to be asked, before the award"
    )]
    NotLookedAt(Abnormality),
}

/// Checks a request to explain, to be logged at a time.
pub fn check_request(
    asked: Option<&Asked>,
    about: Abnormality,
    prices_open: bool,
    answer_by: Time,
    at: Time,
) -> Result<(), AbnormalError> {
    match asked {
        Some(asked) if asked.answer_by.is_none() => return Err(AbnormalError::DecidedAlready),
        Some(_) => return Err(AbnormalError::AskedAlready(about)),
        None => {}
    }
    if about == Abnormality::LowPrice && !prices_open {
        return Err(AbnormalError::PricesClosed);
    }
    let earliest = at.plus_micros(EXPLAIN_MICROS);
    if answer_by < earliest {
        return Err(AbnormalError::TooShort { earliest });
    }
    Ok(())
}

/// Checks an explanation that arrived at a time.
pub fn check_explanation(
    asked: Option<&Asked>,
    about: Abnormality,
    received_at: Time,
) -> Result<(), AbnormalError> {
    let asked = asked.ok_or(AbnormalError::NotAsked(about))?;
    if asked.decided {
        return Err(AbnormalError::DecidedAlready);
    }
    if asked.given {
        return Err(AbnormalError::GivenAlready);
    }
    match asked.answer_by {
        Some(until) if received_at > until => Err(AbnormalError::TooLate { until }),
        _ => Ok(()),
    }
}

/// Checks a decision, to be logged at a time: after the explanation, or after the time for it. What the report on the
/// standing ranking flags can be found not abnormal without a request; nobody is excluded unheard.
pub fn check_decision(
    asked: Option<&Asked>,
    flagged: bool,
    about: Abnormality,
    ground: AbnormalGround,
    at: Time,
) -> Result<(), AbnormalError> {
    let Some(asked) = asked else {
        return match ground {
            AbnormalGround::NotAbnormal if flagged => Ok(()),
            AbnormalGround::NotAbnormal => Err(AbnormalError::NotFlagged(about)),
            _ => Err(AbnormalError::NotAsked(about)),
        };
    };
    if asked.decided {
        return Err(AbnormalError::DecidedAlready);
    }
    match asked.answer_by {
        Some(until) if !asked.given && at <= until => {
            return Err(AbnormalError::TooEarly { until });
        }
        _ => {}
    }
    if ground.fits(about) {
        Ok(())
    } else {
        Err(AbnormalError::Ground(about))
    }
}

/// Refuses to award a bid whose supplier waits for a decision, or of which something is flagged that nobody has decided.
pub fn check_settled(
    flagged: impl IntoIterator<Item = Abnormality>,
    asked: &BTreeMap<Abnormality, Asked>,
) -> Result<(), AbnormalError> {
    if let Some((about, _)) = asked.iter().find(|(_, asked)| !asked.decided) {
        return Err(AbnormalError::Undecided(*about));
    }
    let unseen = flagged.into_iter().find(|about| !asked.contains_key(about));
    unseen.map_or(Ok(()), |about| Err(AbnormalError::NotLookedAt(about)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tender::fixtures::at;
    use AbnormalGround as Ground;
    use Abnormality::{HighPledge, LowPrice};

    fn now() -> Time {
        at("2026-07-01T00:00:00Z")
    }

    fn asked(given: bool, decided: bool) -> Asked {
        Asked {
            answer_by: Some(now().plus_micros(EXPLAIN_MICROS)),
            given,
            decided,
        }
    }

    #[test]
    fn a_supplier_is_asked_once_with_three_days_and_about_a_price_that_is_open() {
        let by = now().plus_micros(EXPLAIN_MICROS);
        assert_eq!(check_request(None, LowPrice, true, by, now()), Ok(()));
        assert_eq!(check_request(None, HighPledge, false, by, now()), Ok(()));
        assert_eq!(
            check_request(None, LowPrice, false, by, now()),
            Err(AbnormalError::PricesClosed)
        );
        let short = check_request(None, LowPrice, true, by.plus_micros(-1), now());
        assert_eq!(short, Err(AbnormalError::TooShort { earliest: by }));
        let earlier = asked(true, true);
        let again = check_request(Some(&earlier), LowPrice, true, by, now());
        assert_eq!(again, Err(AbnormalError::AskedAlready(LowPrice)));
    }

    #[test]
    fn an_explanation_comes_once_and_in_time() {
        let (open, until) = (asked(false, false), now().plus_micros(EXPLAIN_MICROS));
        assert_eq!(check_explanation(Some(&open), LowPrice, until), Ok(()));
        let late = check_explanation(Some(&open), LowPrice, until.plus_micros(1));
        assert_eq!(late, Err(AbnormalError::TooLate { until }));
        let twice = check_explanation(Some(&asked(true, false)), LowPrice, until);
        assert_eq!(twice, Err(AbnormalError::GivenAlready));
        let unasked = check_explanation(None, LowPrice, until);
        assert_eq!(unasked, Err(AbnormalError::NotAsked(LowPrice)));
    }

    #[test]
    fn nothing_is_decided_before_the_explanation_or_its_deadline() {
        let open = asked(false, false);
        let decide = |asked: &Asked, at| {
            check_decision(Some(asked), false, LowPrice, Ground::NotAccounted, at)
        };
        let until = now().plus_micros(EXPLAIN_MICROS);
        assert_eq!(decide(&open, until), Err(AbnormalError::TooEarly { until }));
        assert_eq!(decide(&open, until.plus_micros(1)), Ok(()));
        assert_eq!(decide(&asked(true, false), now()), Ok(()));
        assert_eq!(
            decide(&asked(true, true), until),
            Err(AbnormalError::DecidedAlready)
        );
    }

    #[test]
    fn a_ground_fits_what_looks_abnormal() {
        let decide =
            |about, ground| check_decision(Some(&asked(true, false)), false, about, ground, now());
        assert_eq!(
            decide(LowPrice, Ground::NotDeliverable),
            Err(AbnormalError::Ground(LowPrice))
        );
        assert_eq!(
            decide(HighPledge, Ground::UnlawfulAid),
            Err(AbnormalError::Ground(HighPledge))
        );
        assert_eq!(decide(HighPledge, Ground::NotDeliverable), Ok(()));
        assert!(Ground::NotAccounted.excludes() && !Ground::Economics.excludes());
    }

    #[test]
    fn an_open_request_keeps_a_bid_from_the_award() {
        let mut looks = BTreeMap::from([(LowPrice, asked(true, true))]);
        assert_eq!(check_settled([], &looks), Ok(()));
        looks.insert(HighPledge, asked(true, false));
        assert_eq!(
            check_settled([], &looks),
            Err(AbnormalError::Undecided(HighPledge))
        );
    }

    #[test]
    fn a_flag_keeps_a_bid_from_the_award_until_somebody_has_looked() {
        let unseen = check_settled([LowPrice], &BTreeMap::new());
        assert_eq!(unseen, Err(AbnormalError::NotLookedAt(LowPrice)));
        let looks = BTreeMap::from([(LowPrice, Asked::NOT_NEEDED)]);
        assert_eq!(check_settled([LowPrice], &looks), Ok(()));
        let other = check_settled([LowPrice, HighPledge], &looks);
        assert_eq!(other, Err(AbnormalError::NotLookedAt(HighPledge)));
    }

    #[test]
    fn what_is_flagged_can_be_found_not_abnormal_without_a_request_and_nobody_is_excluded_unheard()
    {
        let decide = |flagged, ground| check_decision(None, flagged, LowPrice, ground, now());
        assert_eq!(decide(true, Ground::NotAbnormal), Ok(()));
        assert_eq!(
            decide(false, Ground::NotAbnormal),
            Err(AbnormalError::NotFlagged(LowPrice))
        );
        for ground in [Ground::Economics, Ground::NotAccounted] {
            let unheard = decide(true, ground);
            assert_eq!(unheard, Err(AbnormalError::NotAsked(LowPrice)));
        }
        let later = now().plus_micros(EXPLAIN_MICROS);
        let looked = Asked::NOT_NEEDED;
        let asked = check_request(Some(&looked), LowPrice, true, later, now());
        assert_eq!(asked, Err(AbnormalError::DecidedAlready));
        let explained = check_explanation(Some(&looked), LowPrice, now());
        assert_eq!(explained, Err(AbnormalError::DecidedAlready));
    }
}
