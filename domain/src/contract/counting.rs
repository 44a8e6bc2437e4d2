//! Counting: the quantity that follows from people and the time they worked, by the rules of a measure.
//!
//! The lines of a working describe people, so they stay with the claimant, the verifiers and the buyer; the log holds how
//! many people there are and a salted hash of the lines.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::amount::{AmountError, Number, Quantity, Share};
use crate::catalogue::{Basis, Counting, Measure, PartYears};
use crate::fraction::{ArithmeticError, Fraction};
use crate::log::canonical::{EncodingError, canonical_blob};
use crate::log::hash::{Hash, sha256};
use crate::time::{Date, Period};

/// The fewest people whom a published figure may describe.
pub const MIN_PEOPLE: u32 = 5;
/// The most lines of a working.
pub const MAX_LINES: usize = 500;
/// The most people in a line.
const MAX_PEOPLE: u32 = 1_000_000;

/// People who worked alike: as many hours in the same days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// How many people.
    pub people: u32,
    /// Full-time equivalents of all of them together: of five half-time people 2.5.
    pub fte: Number,
    /// When they worked, inside the claim's period.
    pub period: Period,
    /// Their first day of employment, where the measure counts from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Date>,
}

/// What the log holds of a working.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// How many people it counts.
    pub people: u32,
    /// [`commit_working`] of its lines.
    pub working: Hash,
}

/// What a working comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// How many people.
    pub people: u32,
    /// The claimant's share of the quantity, rounded down to the measure's smallest unit.
    pub quantity: Quantity,
}

/// Why a working does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountingError {
    /// No lines or too many.
    #[error("`working`: {0} lines, expected 1 to {MAX_LINES}")]
    Lines(usize),
    /// A measure that is not about people.
    #[error("`working`: the measure `{0}` does not count people: leave the working out")]
    NotPeople(String),
    /// Nobody or too many, or more full-time equivalents than people.
    #[error(
        "`working.{0}`: expected 1 to {MAX_PEOPLE} people and at most one full-time equivalent for each of them"
    )]
    People(usize),
    /// Days outside the claim.
    #[error("`working.{0}.period`: expected days within the claim's period")]
    Period(usize),
    /// The measure counts the first months, and nobody said when they began.
    #[error(
        "`working.{line}.started`: the measure counts the first {months} months of employment: say on which day it began"
    )]
    Started {
        /// The line, from zero.
        line: usize,
        /// How many months.
        months: u8,
    },
    /// Employment that begins after the work.
    #[error("`working.{0}.started`: expected a day that is not after the first day worked")]
    StartedLate(usize),
    /// Too much.
    #[error(transparent)]
    Amount(#[from] AmountError),
}

impl From<ArithmeticError> for CountingError {
    fn from(error: ArithmeticError) -> Self {
        Self::Amount(error.into())
    }
}

/// Counts a working by the measure's rules.
pub fn count(
    measure: &Measure,
    lines: &[Line],
    period: Period,
    share: Share,
) -> Result<Count, CountingError> {
    let basis = measure
        .counting
        .basis
        .ok_or_else(|| CountingError::NotPeople(measure.code.to_string()))?;
    if !(1..=MAX_LINES).contains(&lines.len()) {
        return Err(CountingError::Lines(lines.len()));
    }
    let mut people = 0_u32;
    for (at, line) in lines.iter().enumerate() {
        check_line(at, line, period)?;
        people = people.saturating_add(line.people);
    }
    let quantity = most(measure, basis, lines, share)?;
    Ok(Count { people, quantity })
}

/// The most that may be claimed of lines that were found right.
pub(super) fn most(
    measure: &Measure,
    basis: Basis,
    lines: &[Line],
    share: Share,
) -> Result<Quantity, CountingError> {
    let mut total = Fraction::whole(0);
    for (at, line) in lines.iter().enumerate() {
        let counted = match basis {
            Basis::People => Fraction::whole(i64::from(line.people)),
            Basis::FteYears => line
                .fte
                .fraction()?
                .times(years(&measure.counting, at, line)?)?,
        };
        total = total.plus(counted)?;
    }
    let own = total.times(share.fraction()?)?;
    let smallest = 10_i64
        .checked_pow(u32::from(measure.scale))
        .ok_or(ArithmeticError::Overflow)?;
    let units = own.times(Fraction::whole(smallest))?.floor();
    let units = i64::try_from(units).map_err(|_| ArithmeticError::Overflow)?;
    Ok(Quantity::from_units(
        units,
        measure.scale,
        measure.unit.clone(),
    )?)
}

fn check_line(at: usize, line: &Line, period: Period) -> Result<(), CountingError> {
    let fte = line.fte.fraction()?;
    if !(1..=MAX_PEOPLE).contains(&line.people) || fte > Fraction::whole(i64::from(line.people)) {
        return Err(CountingError::People(at));
    }
    if !period.covers(line.period) {
        return Err(CountingError::Period(at));
    }
    if line.started.is_some_and(|day| day > line.period.from()) {
        return Err(CountingError::StartedLate(at));
    }
    Ok(())
}

/// The years of a line that count.
fn years(rules: &Counting, at: usize, line: &Line) -> Result<Fraction, CountingError> {
    let mut period = Some(line.period);
    if let Some(months) = rules.first_months {
        let missing = CountingError::Started { line: at, months };
        let started = line.started.ok_or(missing)?;
        let first = started
            .months_after(u32::from(months))
            .and_then(|end| Period::new(started, end).ok());
        period = first.and_then(|first| line.period.common(first));
    }
    let mut years = Fraction::whole(0);
    for part in period.map(Period::by_year).unwrap_or_default() {
        let (days, whole) = (part.days(), part.days_of_year());
        if rules.part_years == PartYears::ProRata || days == whole {
            years = years.plus(Fraction::new(i128::from(days), i128::from(whole))?)?;
        }
    }
    Ok(years)
}

/// The commitment to the lines of a working: SHA-256 of the canonical JSON of tag, salt and lines.
pub fn commit_working(lines: &[Line], salt: [u8; 32]) -> Result<Hash, EncodingError> {
    let content =
        json!({ "tag": "commonweal/working/v1", "salt": hex::encode(salt), "lines": lines });
    canonical_blob(&content).map(|bytes| sha256(&bytes))
}

#[cfg(test)]
#[path = "counting_tests.rs"]
mod tests;
