//! Schedules: the periods of a KPI with what is due in each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::{AmountError, Quantity};
use crate::fraction::{ArithmeticError, Fraction};
use crate::time::{Date, Period};

/// The most periods of one KPI: thirty years of months.
pub const MAX_INSTALMENTS: usize = 360;

/// What is due in one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instalment {
    /// The period.
    pub period: Period,
    /// What is due in it.
    pub due: Quantity,
}

/// The periods of a KPI: so many months from its first day on, cut at new year, or calendar years.
pub fn periods(whole: Period, months: Option<u8>) -> Vec<Period> {
    let Some(months) = months else {
        return whole.by_year();
    };
    let mut found = Vec::new();
    for part in whole.by_year() {
        let mut from = part.from();
        while from < part.to() {
            let end = from.months_after(u32::from(months)).unwrap_or(part.to());
            let Ok(period) = Period::new(from, end.min(part.to())) else {
                break;
            };
            from = period.to();
            found.push(period);
        }
    }
    found
}

/// Spreads a quantity over periods by their days. What is due to the end of each is rounded down, so that the parts sum to
/// the whole exactly.
pub fn spread(quantity: &Quantity, periods: &[Period]) -> Result<Vec<Instalment>, AmountError> {
    let days: i64 = periods
        .iter()
        .fold(0, |sum, period| sum.saturating_add(period.days()));
    let (mut passed, mut before) = (0_i64, 0_i64);
    let mut instalments = Vec::with_capacity(periods.len());
    for period in periods {
        passed = passed.saturating_add(period.days());
        let part = Fraction::new(i128::from(passed), i128::from(days))?;
        let due = Fraction::whole(quantity.units()).times(part)?.floor();
        let due = i64::try_from(due).map_err(|_| ArithmeticError::Overflow)?;
        let units = due.checked_sub(before).ok_or(ArithmeticError::Overflow)?;
        before = due;
        instalments.push(Instalment {
            period: *period,
            due: quantity.with_units(units)?,
        });
    }
    Ok(instalments)
}

/// The schedule after a variation: periods that began before `from` keep what is due, the rest of the new quantity is
/// spread over the others. Where more was due already than the new quantity is, the latest periods give way first.
pub fn vary(
    schedule: &[Instalment],
    quantity: &Quantity,
    from: Date,
) -> Result<Vec<Instalment>, AmountError> {
    let begun = schedule
        .iter()
        .take_while(|instalment| instalment.period.from() < from);
    let mut varied: Vec<Instalment> = begun.cloned().collect();
    let kept = varied
        .iter()
        .fold(0_i64, |sum, part| sum.saturating_add(part.due.units()));
    let rest = quantity.units().saturating_sub(kept);
    let open: Vec<Period> = schedule
        .get(varied.len()..)
        .unwrap_or_default()
        .iter()
        .map(|instalment| instalment.period)
        .collect();
    if open.is_empty() {
        if let Some(last) = varied.last_mut() {
            let due = last.due.units().saturating_add(rest.max(0));
            last.due = quantity.with_units(due)?;
        }
    } else {
        varied.extend(spread(&quantity.with_units(rest.max(0))?, &open)?);
    }
    let mut over = rest.saturating_neg().max(0);
    for instalment in varied.iter_mut().rev() {
        let less = over.min(instalment.due.units());
        over = over.saturating_sub(less);
        instalment.due = quantity.with_units(instalment.due.units().saturating_sub(less))?;
    }
    Ok(varied)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{measure, period};
    use super::*;

    fn units(schedule: &[Instalment]) -> Vec<i64> {
        schedule
            .iter()
            .map(|instalment| instalment.due.units())
            .collect()
    }

    #[test]
    fn periods_are_months_from_the_first_day_and_end_at_new_year() {
        let found = periods(period("2026-11-15", "2027-03-15"), Some(1));
        let text: Vec<String> = found
            .iter()
            .map(|p| format!("{} {}", p.from(), p.to()))
            .collect();
        assert_eq!(
            text,
            [
                "2026-11-15 2026-12-15",
                "2026-12-15 2027-01-01",
                "2027-01-01 2027-02-01",
                "2027-02-01 2027-03-01",
                "2027-03-01 2027-03-15"
            ]
        );
        assert_eq!(periods(period("2026-11-15", "2027-03-15"), None).len(), 2);
        assert_eq!(
            periods(period("2026-01-01", "2027-01-01"), Some(3)).len(),
            4
        );
    }

    #[test]
    fn the_parts_of_a_schedule_sum_to_the_whole() {
        let whole = measure().quantity("10.0").unwrap();
        let year = periods(period("2026-01-01", "2027-01-01"), Some(3));
        let schedule = spread(&whole, &year).unwrap();
        assert_eq!(units(&schedule), [24, 25, 25, 26]);
    }

    #[test]
    fn a_variation_leaves_what_began_and_changes_what_is_to_come() {
        let of = |text: &str| measure().quantity(text).unwrap();
        let year = periods(period("2026-01-01", "2027-01-01"), Some(3));
        let schedule = spread(&of("10.0"), &year).unwrap();
        let july = "2026-07-01".parse().unwrap();
        assert_eq!(
            units(&vary(&schedule, &of("20.0"), july).unwrap()),
            [24, 25, 75, 76]
        );
        assert_eq!(
            units(&vary(&schedule, &of("5.0"), july).unwrap()),
            [24, 25, 0, 1]
        );
        // Less than was due already: the latest give way first.
        assert_eq!(
            units(&vary(&schedule, &of("3.0"), july).unwrap()),
            [24, 6, 0, 0]
        );
        let late = "2026-12-01".parse().unwrap();
        assert_eq!(
            units(&vary(&schedule, &of("20.0"), late).unwrap()),
            [24, 25, 25, 126]
        );
    }
}
