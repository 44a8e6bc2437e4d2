//! The standstill between the award notice and the contract: time in which a bidder can challenge the award.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plan_check::check_line;
use super::plan_error::PlanProblem;
use crate::time::{Date, Time};

/// The most days of a standstill.
pub const MAX_DAYS: u16 = 90;
/// The most holidays that a plan lists.
pub const MAX_HOLIDAYS: usize = 100;
/// Offsets from UTC that are in use, in minutes.
const OFFSETS: std::ops::RangeInclusive<i16> = -720..=840;
/// No count of days walks further: the longest standstill with every holiday and weekend stays below it.
const WALK: u16 = 1_000;

/// How the days of a standstill are counted. How many a law asks for is for the policies to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StandstillRule {
    /// Working days; the day of the notice is the first where it is one (Procurement Act 2023, s. 51: eight).
    WorkingDays(u16),
    /// Calendar days from the day after the notice (Directive 89/665/EEC, art. 2a(2): 10, or 15 by post); an end on a
    /// weekend or holiday moves to the next working day (Regulation 1182/71, art. 3(4)).
    CalendarDays(u16),
    /// None, for a legal reason that the plan names.
    None {
        /// Why the law asks for none.
        ground: String,
    },
}

/// The standstill of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Standstill {
    /// How its days are counted.
    pub rule: StandstillRule,
    /// Public holidays where the buyer is, beside Saturdays and Sundays, in rising order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Date>,
    /// Where the buyer's days begin: minutes ahead of UTC.
    #[serde(default)]
    pub utc_offset_minutes: i16,
}

impl Default for Standstill {
    /// Ten calendar days in UTC.
    fn default() -> Self {
        Self {
            rule: StandstillRule::CalendarDays(10),
            holidays: Vec::new(),
            utc_offset_minutes: 0,
        }
    }
}

/// Days that are still to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The first day that may count.
    pub first: Date,
    /// How many days count.
    pub days: u16,
}

impl Standstill {
    /// Checks the standstill of a plan; the error names the field.
    pub(super) fn check(&self) -> Result<(), (&'static str, PlanProblem)> {
        match &self.rule {
            StandstillRule::WorkingDays(days) | StandstillRule::CalendarDays(days) => {
                if !(1..=MAX_DAYS).contains(days) {
                    return Err(("rule", PlanProblem::StandstillDays(*days)));
                }
            }
            StandstillRule::None { ground } => {
                check_line(ground).map_err(|problem| ("rule/none/ground", problem))?;
            }
        }
        let rising = self.holidays.is_sorted_by(|a, b| a < b);
        if !rising || self.holidays.len() > MAX_HOLIDAYS {
            return Err(("holidays", PlanProblem::Holidays));
        }
        if !OFFSETS.contains(&self.utc_offset_minutes) {
            let problem = PlanProblem::UtcOffset(self.utc_offset_minutes);
            return Err(("utc_offset_minutes", problem));
        }
        Ok(())
    }

    /// What runs from a notice on; nothing where there is no standstill.
    pub fn start(&self, notified_at: Time) -> Option<Run> {
        let day = notified_at.date_at(self.utc_offset_minutes);
        match self.rule {
            StandstillRule::WorkingDays(days) => Some(Run { first: day, days }),
            StandstillRule::CalendarDays(days) => Some(Run {
                first: day.tomorrow(),
                days,
            }),
            StandstillRule::None { .. } => None,
        }
    }

    /// The first instant after the days have run: the contract may be signed from then on.
    pub fn ends_at(&self, run: Run) -> Time {
        let after = self.last_day(run).tomorrow();
        after.start_at(self.utc_offset_minutes)
    }

    /// How many days are left when a challenge suspends the standstill: the day of the suspension did not run whole, so
    /// it counts again, and at least one day is left.
    pub fn left(&self, run: Run, suspended_at: Time) -> u16 {
        let stopped = suspended_at.date_at(self.utc_offset_minutes);
        let (mut day, mut left) = (run.first, run.days);
        for _ in 0..WALK {
            if day >= stopped || left <= 1 {
                break;
            }
            left = left.saturating_sub(u16::from(self.counts(day)));
            day = day.tomorrow();
        }
        left
    }

    /// What runs after a suspension: the days that were left, from the day after the standstill was resumed.
    pub fn resume(&self, left: u16, resumed_at: Time) -> Run {
        Run {
            first: resumed_at.date_at(self.utc_offset_minutes).tomorrow(),
            days: left,
        }
    }

    fn last_day(&self, run: Run) -> Date {
        let (mut day, mut left) = (run.first, run.days);
        for _ in 0..WALK {
            left = left.saturating_sub(u16::from(self.counts(day)));
            if left == 0 && self.works(day) {
                break;
            }
            day = day.tomorrow();
        }
        day
    }

    fn counts(&self, day: Date) -> bool {
        matches!(self.rule, StandstillRule::CalendarDays(_)) || self.works(day)
    }

    fn works(&self, day: Date) -> bool {
        !day.is_weekend() && self.holidays.binary_search(&day).is_err()
    }
}

/// A standstill as it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    run: Run,
    /// The first instant after it, as far as nothing suspends it.
    pub ends_at: Time,
}

impl Running {
    /// What runs from a notice on; nothing where there is no standstill.
    pub fn start(standstill: &Standstill, notified_at: Time) -> Option<Self> {
        let run = standstill.start(notified_at)?;
        Some(Self::of(standstill, run))
    }

    /// A standstill with days that are still to run.
    pub fn of(standstill: &Standstill, run: Run) -> Self {
        Self {
            run,
            ends_at: standstill.ends_at(run),
        }
    }

    /// The days that are still to run.
    pub fn run(self) -> Run {
        self.run
    }

    /// Keeps the days that are left when a challenge suspends it.
    pub fn suspend(&mut self, standstill: &Standstill, at: Time) {
        self.run.days = standstill.left(self.run, at);
    }

    /// Lets the days that were left run from the day after on.
    pub fn resume(&mut self, standstill: &Standstill, at: Time) {
        *self = Self::of(standstill, standstill.resume(self.run.days, at));
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "tests count freely")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn standstill(rule: StandstillRule, holidays: &[&str]) -> Standstill {
        Standstill {
            rule,
            holidays: holidays.iter().map(|day| day.parse().unwrap()).collect(),
            utc_offset_minutes: 0,
        }
    }

    fn end(standstill: &Standstill, notified_at: &str) -> String {
        let run = standstill.start(at(notified_at)).unwrap();
        standstill.ends_at(run).to_string()[..10].to_owned()
    }

    #[test]
    fn eight_working_days_begin_with_the_day_of_the_notice() {
        let uk = standstill(StandstillRule::WorkingDays(8), &[]);
        // Monday 2 November 2026: the eighth working day is Wednesday 11 November.
        assert_eq!(end(&uk, "2026-11-02T09:00:00Z"), "2026-11-12");
        // A notice on a Saturday counts from the Monday.
        assert_eq!(end(&uk, "2026-10-31T09:00:00Z"), "2026-11-12");
    }

    #[test]
    fn working_days_step_over_weekends_and_published_holidays() {
        let uk = standstill(
            StandstillRule::WorkingDays(8),
            &["2026-12-25", "2026-12-28", "2027-01-01"],
        );
        // Monday 21 December: 21 22 23 24 29 30 31 December and 4 January.
        assert_eq!(end(&uk, "2026-12-21T12:00:00Z"), "2027-01-05");
    }

    #[test]
    fn calendar_days_begin_after_the_notice_and_end_on_a_working_day() {
        let eu = standstill(StandstillRule::CalendarDays(10), &[]);
        // Monday 2 November: the tenth day is Thursday 12 November.
        assert_eq!(end(&eu, "2026-11-02T09:00:00Z"), "2026-11-13");
        // Wednesday 4 November: the tenth day is Saturday 14, so it ends on Monday 16.
        assert_eq!(end(&eu, "2026-11-04T09:00:00Z"), "2026-11-17");
        let post = standstill(StandstillRule::CalendarDays(15), &["2026-11-17"]);
        // Monday 2 November: the fifteenth day is Tuesday 17, a holiday here.
        assert_eq!(end(&post, "2026-11-02T09:00:00Z"), "2026-11-19");
    }

    #[test]
    fn days_are_those_of_the_buyers_place() {
        let mut seoul = standstill(StandstillRule::WorkingDays(1), &[]);
        seoul.utc_offset_minutes = 540;
        // 16:00 UTC on Monday is Tuesday in Seoul, whose day ends at 15:00 UTC on Tuesday.
        let run = seoul.start(at("2026-11-02T16:00:00Z")).unwrap();
        assert_eq!(seoul.ends_at(run), at("2026-11-03T15:00:00Z"));
    }

    #[test]
    fn a_suspended_standstill_runs_on_with_the_days_that_were_left() {
        let uk = standstill(StandstillRule::WorkingDays(8), &[]);
        let run = uk.start(at("2026-11-02T09:00:00Z")).unwrap();
        let left = uk.left(run, at("2026-11-05T10:00:00Z"));
        assert_eq!(left, 5, "Monday to Wednesday have run");
        let resumed = uk.resume(left, at("2026-12-01T10:00:00Z"));
        assert_eq!(uk.ends_at(resumed), at("2026-12-09T00:00:00Z"));
        let late = uk.left(run, at("2026-11-11T23:00:00Z"));
        assert_eq!(late, 1, "the last day runs again");
    }

    #[test]
    fn no_standstill_names_its_ground_and_runs_no_day() {
        let none = |ground: &str| {
            standstill(
                StandstillRule::None {
                    ground: ground.to_owned(),
                },
                &[],
            )
        };
        assert_eq!(
            none("below the threshold").start(at("2026-11-02T09:00:00Z")),
            None
        );
        assert!(none("below the threshold").check().is_ok());
        assert!(none("").check().is_err());
    }

    #[test]
    fn what_cannot_be_counted_is_refused_by_the_field() {
        let mut wrong = standstill(StandstillRule::WorkingDays(0), &[]);
        assert_eq!(wrong.check().unwrap_err().0, "rule");
        wrong.rule = StandstillRule::CalendarDays(91);
        assert_eq!(wrong.check().unwrap_err().0, "rule");
        wrong = standstill(
            StandstillRule::CalendarDays(10),
            &["2027-01-01", "2026-12-25"],
        );
        assert_eq!(wrong.check().unwrap_err().0, "holidays");
        wrong.holidays.clear();
        wrong.utc_offset_minutes = 900;
        assert_eq!(wrong.check().unwrap_err().0, "utc_offset_minutes");
    }

    proptest! {
        #[test]
        fn a_suspension_never_shortens_a_standstill(
            start in 0_i64..400_000_000, part in 0_i64..1_000, pause in 0_i64..40_000_000,
            days in 1_u16..20, working: bool,
        ) {
            let rule = if working { StandstillRule::WorkingDays(days) } else { StandstillRule::CalendarDays(days) };
            let one = standstill(rule, &["2026-12-25"]);
            let notified = at("2026-01-01T00:00:00Z").plus_micros(start * 1_000_000);
            let run = one.start(notified).unwrap();
            let length = one.ends_at(run).micros() - notified.micros();
            let stopped = notified.plus_micros(length / 1_000 * part);
            let resumed = one.resume(one.left(run, stopped), stopped.plus_micros(pause * 1_000_000));
            prop_assert!(one.ends_at(resumed) >= one.ends_at(run));
        }

        #[test]
        fn a_standstill_ends_after_a_working_day_and_lasts_its_days(
            start in 0_i64..400_000_000, days in 1_u16..90, working: bool,
        ) {
            let rule = if working { StandstillRule::WorkingDays(days) } else { StandstillRule::CalendarDays(days) };
            let one = standstill(rule, &[]);
            let notified = at("2026-01-01T00:00:00Z").plus_micros(start * 1_000_000);
            let run = one.start(notified).unwrap();
            let last = one.ends_at(run).plus_micros(-1).date();
            prop_assert!(!last.is_weekend());
            let full = i64::from(days) - i64::from(working);
            prop_assert!(one.ends_at(run) >= notified.plus_micros(full * 86_400_000_000));
        }
    }
}
