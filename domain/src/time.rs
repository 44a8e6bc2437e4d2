//! Time: instants as microseconds since 1970 in UTC, civil dates, and half-open periods. No clock is read here.

use std::fmt;
use std::str::FromStr;

use jiff::{Timestamp, civil, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant: microseconds since 1970-01-01T00:00:00Z, as it stands in log entries and tables.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Time(i64);

/// A text that is no instant, date or period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTime {
    /// Not RFC 3339 with an offset.
    #[error("`{0}` is not a time: expected RFC 3339 with an offset, such as 2026-11-22T12:00:00Z")]
    Time(String),
    /// Not an ISO 8601 calendar date.
    #[error("`{0}` is not a date: expected YYYY-MM-DD")]
    Date(String),
    /// A period whose end is not after its start.
    #[error("the period [{from}, {to}) is empty: `to` must be after `from`")]
    Period {
        /// First day inside.
        from: Date,
        /// First day after.
        to: Date,
    },
}

impl Time {
    /// From microseconds since 1970 in UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970 in UTC.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This instant moved by microseconds, staying at the end of the range rather than wrapping.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// The calendar date where the day begins a number of minutes ahead of UTC.
    pub fn date_at(self, utc_offset_minutes: i16) -> Date {
        self.plus_micros(micros_of(utc_offset_minutes)).date()
    }

    /// The calendar date in UTC.
    pub fn date(self) -> Date {
        let timestamp = Timestamp::from_microsecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        Date(TimeZone::UTC.to_datetime(timestamp).date())
    }
}

/// An offset of minutes in microseconds.
fn micros_of(minutes: i16) -> i64 {
    i64::from(minutes).saturating_mul(60_000_000)
}

impl fmt::Display for Time {
    /// RFC 3339 in UTC with exactly six digits of seconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp:.6}"),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

impl FromStr for Time {
    type Err = InvalidTime;
    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        text.parse::<Timestamp>()
            .map(|timestamp| Self(timestamp.as_microsecond()))
            .map_err(|_| InvalidTime::Time(text.chars().take(80).collect()))
    }
}

/// A calendar date, written YYYY-MM-DD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// The year, which is the vintage of what happened on this day.
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The same day so many years before, the last of February for a leap day; none outside of the calendar.
    pub fn years_before(self, years: u32) -> Option<Self> {
        let span = jiff::Span::new().try_years(i64::from(years)).ok()?;
        self.0.checked_sub(span).ok().map(Self)
    }

    /// The same day so many months later, the last of a shorter month; none outside of the calendar.
    pub fn months_after(self, months: u32) -> Option<Self> {
        let span = jiff::Span::new().try_months(i64::from(months)).ok()?;
        self.0.checked_add(span).ok().map(Self)
    }

    /// How many days from this one to another; negative when it lies before.
    pub fn days_to(self, other: Self) -> i64 {
        let span = self.0.until((jiff::Unit::Day, other.0));
        span.map_or(0, |span| i64::from(span.get_days()))
    }

    /// The next day; the last day of the calendar stays.
    #[must_use]
    pub fn tomorrow(self) -> Self {
        self.0.tomorrow().map_or(self, Self)
    }

    /// Whether it is a Saturday or a Sunday.
    pub fn is_weekend(self) -> bool {
        matches!(
            self.0.weekday(),
            civil::Weekday::Saturday | civil::Weekday::Sunday
        )
    }

    /// Midnight at the start of this date where the day begins a number of minutes ahead of UTC.
    pub fn start_at(self, utc_offset_minutes: i16) -> Time {
        let ahead = micros_of(utc_offset_minutes).saturating_neg();
        self.start().plus_micros(ahead)
    }

    /// Midnight UTC at the start of this date.
    pub fn start(self) -> Time {
        TimeZone::UTC
            .to_timestamp(self.0.at(0, 0, 0, 0))
            .map_or(Time(i64::MAX), |timestamp| Time(timestamp.as_microsecond()))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Date {
    type Err = InvalidTime;
    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let wrong = || InvalidTime::Date(text.chars().take(80).collect());
        let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if !plain {
            return Err(wrong());
        }
        text.parse::<civil::Date>().map(Self).map_err(|_| wrong())
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A half-open period of days, `[from, to)`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "RawPeriod", into = "RawPeriod")]
pub struct Period {
    from: Date,
    to: Date,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawPeriod {
    from: Date,
    to: Date,
}

impl TryFrom<RawPeriod> for Period {
    type Error = InvalidTime;
    fn try_from(raw: RawPeriod) -> Result<Self, InvalidTime> {
        Self::new(raw.from, raw.to)
    }
}

impl From<Period> for RawPeriod {
    fn from(period: Period) -> Self {
        Self {
            from: period.from,
            to: period.to,
        }
    }
}

impl Period {
    /// A period from the first day inside to the first day after; an empty one is refused.
    pub fn new(from: Date, to: Date) -> Result<Self, InvalidTime> {
        if from < to {
            Ok(Self { from, to })
        } else {
            Err(InvalidTime::Period { from, to })
        }
    }

    /// First day inside.
    pub fn from(self) -> Date {
        self.from
    }

    /// First day after.
    pub fn to(self) -> Date {
        self.to
    }

    /// Whether the day lies inside.
    pub fn contains(self, day: Date) -> bool {
        self.from <= day && day < self.to
    }

    /// Whether every day of `other` lies inside.
    pub fn covers(self, other: Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }

    /// Whether the two share a day.
    pub fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// The days that both have, if there are any.
    pub fn common(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to)).ok()
    }

    /// How many days it has.
    pub fn days(self) -> i64 {
        self.from.days_to(self.to)
    }

    /// Its parts by calendar year, in order.
    pub fn by_year(self) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut from = self.from;
        while from < self.to {
            let next = civil::Date::new(from.year().saturating_add(1), 1, 1);
            let to = next.map_or(self.to, |next| Date(next).min(self.to));
            let Ok(part) = Self::new(from, to) else { break };
            parts.push(part);
            from = to;
        }
        parts
    }

    /// How many days the calendar year of its first day has.
    pub fn days_of_year(self) -> i64 {
        i64::from(self.from.0.days_in_year())
    }

    /// The one calendar year that the period lies in, or `None` when it touches two: a claim stays inside one vintage.
    pub fn vintage(self) -> Option<i16> {
        let last = self.to.0.yesterday().ok()?;
        (last.year() == self.from.year()).then_some(self.from.year())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_prints_six_digits_and_parses_back() {
        let time = Time::from_micros(1_764_000_000_123_456);
        assert_eq!(time.to_string().parse(), Ok(time));
        assert!(time.to_string().ends_with(".123456Z"), "{time}");
    }

    #[test]
    fn a_time_without_offset_is_refused() {
        assert!("2026-11-22T12:00:00".parse::<Time>().is_err());
    }

    #[test]
    fn an_empty_period_is_refused() {
        assert!(Period::new(date("2026-01-01"), date("2026-01-01")).is_err());
        assert!(
            serde_json::from_str::<Period>(r#"{"from":"2026-02-01","to":"2026-01-01"}"#).is_err()
        );
    }

    #[test]
    fn a_whole_calendar_year_is_one_vintage_and_a_day_more_is_two() {
        let year = Period::new(date("2026-01-01"), date("2027-01-01")).unwrap();
        assert_eq!(year.vintage(), Some(2026));
        let more = Period::new(date("2026-01-01"), date("2027-01-02")).unwrap();
        assert_eq!(more.vintage(), None);
    }

    #[test]
    fn a_period_splits_at_new_year_and_counts_its_days() {
        let period = Period::new(date("2026-11-01"), date("2028-03-01")).unwrap();
        let days: Vec<i64> = period.by_year().iter().map(|part| part.days()).collect();
        assert_eq!(days, [61, 365, 60]);
        assert_eq!(period.days(), 486);
        assert_eq!(period.by_year()[2].days_of_year(), 366);
        assert_eq!(date("2026-01-31").months_after(1), Some(date("2026-02-28")));
        assert_eq!(date("2026-01-02").days_to(date("2026-01-01")), -1);
    }

    #[test]
    fn periods_that_touch_do_not_overlap() {
        let first = Period::new(date("2026-01-01"), date("2026-02-01")).unwrap();
        let second = Period::new(date("2026-02-01"), date("2026-03-01")).unwrap();
        assert!(!first.overlaps(second) && first.overlaps(first));
    }

    #[test]
    fn dates_take_only_the_plain_form() {
        assert!("2026-1-1".parse::<Date>().is_err());
        assert!("2026-02-30".parse::<Date>().is_err());
        assert!("20260101".parse::<Date>().is_err());
    }
}
