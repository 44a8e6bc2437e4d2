//! The published terms of a programme: whom and what it pays for, by which rate, and how much at most.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::{Money, Share};
use crate::catalogue::{Measure, MeasureKind, MeasureRef};
use crate::contract::text::{InvalidText, check_line};
use crate::ids::{OrganisationId, ProgrammeId};
use crate::organisation::certification::SeoKind;
use crate::place::Place;
use crate::time::{Date, Period};

/// The most measures of one programme.
pub const MAX_VALUES: usize = 200;
/// The most places of one programme.
const MAX_PLACES: usize = 100;
/// The most days on which a programme states what it owes.
const MAX_DAYS: usize = 40;
/// The longest title in characters.
const MAX_TITLE: usize = 200;

/// What one whole unit of a measure is worth to the payer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Valuation {
    /// The measure.
    pub measure: MeasureRef,
    /// The worth of one unit, such as one hour, whatever the measure's decimal places.
    pub value: Money,
}

/// A programme of an outcome payer. It never changes: other terms are another programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// The programme.
    pub id: ProgrammeId,
    /// Who pays.
    pub payer: OrganisationId,
    /// What people call it.
    pub title: String,
    /// The part of the recognised worth that is paid, such as 0.25.
    pub rate: Share,
    /// The part of an outcome's worth to which the rate applies.
    pub recognised: Share,
    /// What each measure is worth, each once, all in one currency.
    pub values: Vec<Valuation>,
    /// The most that one organisation is entitled to over the whole programme; none means no cap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Money>,
    /// The most that all are owed together.
    pub budget: Money,
    /// When outcomes must have been delivered, wholly.
    pub period: Period,
    /// Where: at one of these places or within it; everywhere when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// As what the organisation must have been certified on the first day of the delivery; anybody when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<SeoKind>,
    /// Whether outcomes count that answer a KPI, for which a buyer pays already.
    pub contracted: bool,
    /// The first days on which each statement may be made; after the last, corrections are stated on any day.
    pub statement_days: Vec<Date>,
}

/// What decides whether the outcome of a verified claim counts for a programme.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four questions that are answered yes or no"
)]
pub struct Candidate<'a> {
    /// What was delivered.
    pub measure: &'a MeasureRef,
    /// When.
    pub period: Period,
    /// Where.
    pub place: &'a Place,
    /// Whether it answers a KPI.
    pub contracted: bool,
    /// Whether the claimant belongs to the payer's beneficial-owner group.
    pub related: bool,
    /// Whether the claimant is certified as one of the programme's kinds, or the programme names none.
    pub certified: bool,
    /// Whether a challenge freezes it.
    pub frozen: bool,
}

/// Terms that nobody can compute with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProgramme {
    /// The title.
    #[error(transparent)]
    Text(#[from] InvalidText),
    /// Nothing is paid.
    #[error("`{0}` is 0: nothing would be paid; expected more than 0 and at most 1")]
    NoShare(&'static str),
    /// An amount that is not positive.
    #[error("`{field}`: {found} is not more than nothing")]
    NotPositive {
        /// The field.
        field: String,
        /// The amount.
        found: Money,
    },
    /// An amount in another currency than the budget.
    #[error("`{field}`: {found} is not in {}, the currency of the budget", .budget.currency())]
    Currency {
        /// The field.
        field: String,
        /// The amount.
        found: Money,
        /// The budget.
        budget: Money,
    },
    /// A list that is too short, too long or not in order.
    #[error("`{field}`: expected {expected}")]
    List {
        /// The field.
        field: &'static str,
        /// What was expected.
        expected: &'static str,
    },
    /// A measure that no published catalogue has.
    #[error("`values.{0}.measure`: no such measure: name one of a published catalogue version")]
    UnknownMeasure(usize),
    /// A described measure.
    #[error(
        "`values.{0}.measure` is described and not counted: only counted measures can be paid for"
    )]
    NotCounted(usize),
}

impl InvalidProgramme {
    /// The input field at fault.
    pub fn field(&self) -> String {
        match self {
            Self::Text(error) => error.field.to_owned(),
            Self::NoShare(field) | Self::List { field, .. } => (*field).to_owned(),
            Self::NotPositive { field, .. } | Self::Currency { field, .. } => field.clone(),
            Self::UnknownMeasure(at) | Self::NotCounted(at) => format!("values.{at}.measure"),
        }
    }
}

impl Programme {
    /// Checks the terms; `measure` finds a measure of a published catalogue.
    pub fn check<'m>(
        &self,
        measure: impl Fn(&MeasureRef) -> Option<&'m Measure>,
    ) -> Result<(), InvalidProgramme> {
        check_line("title", &self.title, MAX_TITLE)?;
        for (field, share) in [("rate", self.rate), ("recognised", self.recognised)] {
            if share.is_none() {
                return Err(InvalidProgramme::NoShare(field));
            }
        }
        self.check_money("budget".to_owned(), self.budget)?;
        if let Some(cap) = self.cap {
            self.check_money("cap".to_owned(), cap)?;
        }
        self.check_lists()?;
        for (at, valuation) in self.values.iter().enumerate() {
            let found = measure(&valuation.measure).ok_or(InvalidProgramme::UnknownMeasure(at))?;
            if found.kind != MeasureKind::Quantitative {
                return Err(InvalidProgramme::NotCounted(at));
            }
            self.check_money(format!("values.{at}.value"), valuation.value)?;
        }
        Ok(())
    }

    fn check_money(&self, field: String, found: Money) -> Result<(), InvalidProgramme> {
        let budget = self.budget;
        if found.same_currency(budget).is_err() {
            return Err(InvalidProgramme::Currency {
                field,
                found,
                budget,
            });
        }
        if found.minor() > 0 {
            Ok(())
        } else {
            Err(InvalidProgramme::NotPositive { field, found })
        }
    }

    fn check_lists(&self) -> Result<(), InvalidProgramme> {
        let refuse = |field, expected| Err(InvalidProgramme::List { field, expected });
        let measures: BTreeSet<_> = self.values.iter().map(|value| &value.measure).collect();
        if !(1..=MAX_VALUES).contains(&self.values.len()) || measures.len() != self.values.len() {
            return refuse("values", "1 to 200 measures, each once");
        }
        let places: BTreeSet<_> = self.places.iter().collect();
        if self.places.len() > MAX_PLACES || places.len() != self.places.len() {
            return refuse("places", "at most 100 places, each once");
        }
        let kinds: BTreeSet<_> = self.kinds.iter().collect();
        if kinds.len() != self.kinds.len() {
            return refuse("kinds", "each kind of organisation once");
        }
        let days = &self.statement_days;
        let after = days
            .first()
            .is_some_and(|first| *first > self.period.from());
        let ordered = days.is_sorted_by(|earlier, later| earlier < later);
        if !after || !ordered || days.len() > MAX_DAYS {
            return refuse(
                "statementDays",
                "1 to 40 days in order, each once, after the first day of the period",
            );
        }
        Ok(())
    }

    /// What one unit of a measure is worth; none where the programme does not pay for it.
    pub fn value(&self, measure: &MeasureRef) -> Option<Money> {
        let mut values = self.values.iter();
        let found = values.find(|valuation| valuation.measure == *measure);
        found.map(|valuation| valuation.value)
    }

    /// Whether an outcome counts. A payer pays nobody of its own group, and waits while a challenge freezes it.
    pub fn admits(&self, candidate: Candidate<'_>) -> bool {
        let placed = self.places.is_empty()
            || self
                .places
                .iter()
                .any(|place| candidate.place.is_within(place));
        placed
            && self.value(candidate.measure).is_some()
            && self.period.covers(candidate.period)
            && (self.contracted || !candidate.contracted)
            && candidate.certified
            && !candidate.related
            && !candidate.frozen
    }

    /// The day from which a statement may be made, counted from 1: the last of the list for all that follow.
    pub fn due(&self, number: u32) -> Option<Date> {
        let at = usize::try_from(number)
            .unwrap_or(usize::MAX)
            .saturating_sub(1);
        let days = &self.statement_days;
        days.get(at).or(days.last()).copied()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::contract::fixtures::{FUND, id, measure, measure_ref, organisation, period};

    pub(in crate::programme) fn won(amount: i64) -> Money {
        Money::from_minor(amount, "KRW".parse().unwrap())
    }

    /// A quarter of the whole worth of an hour, 10,000 won.
    pub(in crate::programme) fn programme() -> Programme {
        Programme {
            id: id(900),
            payer: organisation(FUND),
            title: "Seoul outcomes 2026".into(),
            rate: Share::percent(25),
            recognised: Share::WHOLE,
            values: vec![Valuation {
                measure: measure_ref(),
                value: won(10_000),
            }],
            cap: None,
            budget: won(1_000_000),
            period: period("2026-01-01", "2027-01-01"),
            places: vec!["KR-11".into()],
            kinds: Vec::new(),
            contracted: false,
            statement_days: vec!["2026-07-01".parse().unwrap(), "2027-01-10".parse().unwrap()],
        }
    }

    fn wrong(change: impl FnOnce(&mut Programme)) -> String {
        let mut programme = programme();
        change(&mut programme);
        let known = measure();
        let find = |reference: &MeasureRef| (*reference == measure_ref()).then_some(&known);
        let error = programme.check(find).unwrap_err();
        assert!(
            error.to_string().contains(&format!("`{}`", error.field())),
            "{error}"
        );
        error.field()
    }

    #[test]
    fn terms_that_nobody_can_compute_with_are_refused_with_their_field() {
        let known = measure();
        assert_eq!(programme().check(|_| Some(&known)), Ok(()));
        assert_eq!(wrong(|p| p.title.clear()), "title");
        assert_eq!(wrong(|p| p.rate = Share::NONE), "rate");
        assert_eq!(wrong(|p| p.recognised = Share::NONE), "recognised");
        assert_eq!(wrong(|p| p.budget = won(0)), "budget");
        assert_eq!(wrong(|p| p.cap = Some(won(-1))), "cap");
        let eur = Money::from_minor(1, "EUR".parse().unwrap());
        assert_eq!(wrong(|p| p.cap = Some(eur)), "cap");
        assert_eq!(wrong(|p| p.values[0].value = eur), "values.0.value");
        assert_eq!(wrong(|p| p.values.clear()), "values");
        assert_eq!(wrong(|p| p.values.push(p.values[0].clone())), "values");
        assert_eq!(
            wrong(|p| p.values[0].measure.code = "NONE".parse().unwrap()),
            "values.0.measure"
        );
        assert_eq!(wrong(|p| p.places.push("KR-11".into())), "places");
        assert_eq!(wrong(|p| p.kinds = vec![SeoKind::Vcse; 2]), "kinds");
        assert_eq!(wrong(|p| p.statement_days.clear()), "statementDays");
        assert_eq!(wrong(|p| p.statement_days.reverse()), "statementDays");
        assert_eq!(
            wrong(|p| p.statement_days[0] = p.period.from()),
            "statementDays"
        );
    }

    #[test]
    fn what_counts_is_of_a_measure_place_and_period_of_the_programme_and_of_a_stranger() {
        let (reference, seoul, busan) = (measure_ref(), "KR-11-110".into(), "KR-26".into());
        let other = MeasureRef {
            catalogue: id(51),
            ..measure_ref()
        };
        let good = Candidate {
            measure: &reference,
            period: period("2026-03-01", "2026-06-01"),
            place: &seoul,
            contracted: false,
            related: false,
            certified: true,
            frozen: false,
        };
        let programme = programme();
        assert!(programme.admits(good));
        let early = period("2025-12-31", "2026-01-02");
        for bad in [
            Candidate {
                measure: &other,
                ..good
            },
            Candidate {
                period: early,
                ..good
            },
            Candidate {
                place: &busan,
                ..good
            },
            Candidate {
                contracted: true,
                ..good
            },
            Candidate {
                related: true,
                ..good
            },
            Candidate {
                certified: false,
                ..good
            },
            Candidate {
                frozen: true,
                ..good
            },
        ] {
            assert!(!programme.admits(bad), "{bad:?}");
        }
        let everywhere = Programme {
            places: Vec::new(),
            contracted: true,
            ..programme
        };
        assert!(everywhere.admits(Candidate {
            place: &busan,
            contracted: true,
            ..good
        }));
    }

    #[test]
    fn statements_wait_for_their_days_and_corrections_come_after_the_last() {
        let days = [1, 2, 3, 9].map(|number| programme().due(number).unwrap().to_string());
        assert_eq!(
            days,
            ["2026-07-01", "2027-01-10", "2027-01-10", "2027-01-10"]
        );
    }
}
