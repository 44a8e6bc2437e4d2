//! How far a place is with an outcome: verified quantities counted once, where and when they were delivered. Purchases and
//! retirements of credits count nothing.

use std::collections::BTreeMap;

use super::clause::{OutcomeMeasure, PlaceTarget};
use super::selection::within;
use crate::amount::{AmountError, Quantity};
use crate::fraction::{ArithmeticError, Fraction};
use crate::time::Period;

/// A verified quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// What was counted.
    pub measure: OutcomeMeasure,
    /// Where.
    pub place: String,
    /// When, within one calendar year.
    pub period: Period,
    /// How much was verified.
    pub verified: Quantity,
}

/// How far a place is with one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Verified quantities that count, summed; none where nothing does.
    pub contributed: Option<Quantity>,
    /// How many claims count.
    pub claims: u64,
    /// Claims that would count if they were in the target's unit and scale.
    pub other_unit: u64,
    /// The sum of each calendar year, in smallest units.
    pub years: BTreeMap<i16, i64>,
    /// The part of the wanted change, more than 1 when it is exceeded; none where no change is stated.
    pub part_of_change: Option<Fraction>,
}

impl PlaceTarget {
    /// Whether something delivered counts: one of its measures, at the place or within it, and wholly within its days.
    pub fn counts(&self, delivered: &Delivered) -> bool {
        let begun = self.from.is_none_or(|from| from <= delivered.period.from());
        let in_time = self.to.is_none_or(|to| delivered.period.to() <= to);
        self.measures.contains(&delivered.measure)
            && within(&delivered.place, &self.place)
            && begun
            && in_time
    }

    /// How far the place is, from everything delivered.
    pub fn progress(&self, delivered: &[Delivered]) -> Result<Progress, AmountError> {
        let mut unit = self.change.clone().or_else(|| self.baseline.clone());
        let mut progress = Progress {
            contributed: None,
            claims: 0,
            other_unit: 0,
            years: BTreeMap::new(),
            part_of_change: None,
        };
        let mut sum = 0_i64;
        for delivered in delivered.iter().filter(|delivered| self.counts(delivered)) {
            let verified = &delivered.verified;
            let unit = unit.get_or_insert_with(|| verified.clone());
            if verified.same_unit(unit).is_err() {
                progress.other_unit = progress.other_unit.saturating_add(1);
                continue;
            }
            progress.claims = progress.claims.saturating_add(1);
            sum = sum
                .checked_add(verified.units())
                .ok_or(ArithmeticError::Overflow)?;
            let year = progress
                .years
                .entry(delivered.period.from().year())
                .or_default();
            *year = year.saturating_add(verified.units());
        }
        progress.contributed = match unit {
            Some(unit) if progress.claims > 0 => Some(unit.with_units(sum)?),
            _ => None,
        };
        if let Some(change) = &self.change {
            progress.part_of_change = Some(Fraction::new(sum.into(), change.units().into())?);
        }
        Ok(progress)
    }
}

#[cfg(test)]
mod tests {
    use super::super::clause::Direction;
    use super::*;

    fn people(n: &str) -> Quantity {
        Quantity::parse(n, 0, "person".parse().unwrap()).unwrap()
    }

    fn measure(code: &str) -> OutcomeMeasure {
        OutcomeMeasure {
            catalogue: "uk-salford-10pc".to_owned(),
            code: code.parse().unwrap(),
        }
    }

    fn target() -> PlaceTarget {
        PlaceTarget {
            title: "People volunteering".to_owned(),
            place: "GB-SLF".to_owned(),
            measures: vec![measure("S01")],
            direction: Direction::More,
            baseline: None,
            change: Some(people("4690")),
            from: None,
            to: Some("2022-01-01".parse().unwrap()),
        }
    }

    fn delivered(code: &str, place: &str, from: &str, to: &str, n: &str) -> Delivered {
        Delivered {
            measure: measure(code),
            place: place.to_owned(),
            period: Period::new(from.parse().unwrap(), to.parse().unwrap()).unwrap(),
            verified: people(n),
        }
    }

    #[test]
    fn verified_outcomes_count_where_and_when_they_were_delivered() {
        let all = [
            delivered("S01", "GB-SLF", "2020-01-01", "2021-01-01", "400"),
            delivered("S01", "GB-SLF-M5", "2021-03-01", "2021-06-01", "69"),
            delivered("S01", "GB-MAN", "2021-03-01", "2021-06-01", "1000"),
            delivered("S02", "GB-SLF", "2021-03-01", "2021-06-01", "1000"),
            delivered("S01", "GB-SLF", "2022-01-01", "2022-02-01", "1000"),
            delivered("S01", "GB-SLF", "2021-12-01", "2022-01-02", "1000"),
        ];
        let progress = target().progress(&all).unwrap();
        assert_eq!(progress.contributed, Some(people("469")));
        assert_eq!(progress.claims, 2);
        assert_eq!(progress.years, BTreeMap::from([(2020, 400), (2021, 69)]));
        assert_eq!(progress.part_of_change, Some(Fraction::new(1, 10).unwrap()));
    }

    #[test]
    fn another_unit_is_told_and_not_added() {
        let mut odd = delivered("S01", "GB-SLF", "2020-01-01", "2021-01-01", "400");
        odd.verified = Quantity::parse("400", 0, "hour".parse().unwrap()).unwrap();
        let progress = target().progress(&[odd]).unwrap();
        assert_eq!((progress.contributed, progress.other_unit), (None, 1));
        assert_eq!(progress.part_of_change, Some(Fraction::ZERO));
    }
}
