//! How far a place is with an outcome: what contracts promise, and verified quantities counted once, where and when they
//! were delivered. Purchases and retirements of credits count nothing.
//!
//! A quantity counts when it lies wholly within the place and the days of the target. What reaches beyond is left out, since
//! nobody can tell which part of it was delivered inside. A sum beyond what can be counted is the greatest number: one absurd
//! claim or promise keeps nobody from seeing how far the places are.

use std::collections::BTreeMap;

use super::clause::{OutcomeMeasure, PlaceTarget};
use super::selection::within;
use crate::amount::{AmountError, Quantity};
use crate::fraction::Fraction;
use crate::time::Period;

/// A quantity of an outcome: verified, or due by a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What was counted.
    pub measure: OutcomeMeasure,
    /// Where.
    pub place: String,
    /// When.
    pub period: Period,
    /// How much.
    pub quantity: Quantity,
}

/// How far a place is with one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What contracts promise that counts, summed; none where nothing does.
    pub promised: Option<Quantity>,
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
    /// Whether a quantity counts: of one of its measures, at the place or within it, and wholly within its days.
    pub fn counts(&self, part: &Part) -> bool {
        let begun = self.from.is_none_or(|from| from <= part.period.from());
        let in_time = self.to.is_none_or(|to| part.period.to() <= to);
        self.measures.contains(&part.measure)
            && within(&part.place, &self.place)
            && begun
            && in_time
    }

    /// How far the place is, from everything delivered and everything promised.
    pub fn progress(&self, delivered: &[Part], promised: &[Part]) -> Result<Progress, AmountError> {
        let mut unit = self.change.clone().or_else(|| self.baseline.clone());
        let mut progress = Progress {
            promised: None,
            contributed: None,
            claims: 0,
            other_unit: 0,
            years: BTreeMap::new(),
            part_of_change: None,
        };
        let mut sum = 0_i64;
        for part in delivered.iter().filter(|part| self.counts(part)) {
            let verified = &part.quantity;
            let unit = unit.get_or_insert_with(|| verified.clone());
            if verified.same_unit(unit).is_err() {
                progress.other_unit = progress.other_unit.saturating_add(1);
                continue;
            }
            progress.claims = progress.claims.saturating_add(1);
            sum = sum.saturating_add(verified.units());
            let year = progress.years.entry(part.period.from().year()).or_default();
            *year = year.saturating_add(verified.units());
        }
        if let Some(unit) = unit.as_ref().filter(|_| progress.claims > 0) {
            progress.contributed = Some(unit.with_units(sum)?);
        }
        progress.promised = self.promised(unit, promised)?;
        if let Some(change) = &self.change {
            progress.part_of_change = Some(Fraction::new(sum.into(), change.units().into())?);
        }
        Ok(progress)
    }

    /// What is promised in the target's unit; none where nothing is.
    fn promised(
        &self,
        mut unit: Option<Quantity>,
        promised: &[Part],
    ) -> Result<Option<Quantity>, AmountError> {
        let mut sum: Option<i64> = None;
        for part in promised.iter().filter(|part| self.counts(part)) {
            let unit = unit.get_or_insert_with(|| part.quantity.clone());
            if part.quantity.same_unit(unit).is_ok() {
                sum = Some(sum.unwrap_or(0).saturating_add(part.quantity.units()));
            }
        }
        let unit = unit.zip(sum);
        unit.map(|(unit, sum)| unit.with_units(sum)).transpose()
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

    fn delivered(code: &str, place: &str, from: &str, to: &str, n: &str) -> Part {
        Part {
            measure: measure(code),
            place: place.to_owned(),
            period: Period::new(from.parse().unwrap(), to.parse().unwrap()).unwrap(),
            quantity: people(n),
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
        let progress = target().progress(&all, &[]).unwrap();
        assert_eq!(progress.contributed, Some(people("469")));
        assert_eq!(progress.claims, 2);
        assert_eq!(progress.years, BTreeMap::from([(2020, 400), (2021, 69)]));
        assert_eq!(progress.part_of_change, Some(Fraction::new(1, 10).unwrap()));
    }

    #[test]
    fn what_cannot_be_counted_is_the_greatest_number_and_no_error() {
        let most = i64::MAX.to_string();
        let absurd = || delivered("S01", "GB-SLF", "2020-01-01", "2021-01-01", &most);
        let all = [absurd(), absurd()];
        let progress = target().progress(&all, &all).unwrap();
        assert_eq!(progress.contributed, Some(people(&most)));
        assert_eq!(progress.promised, Some(people(&most)));
        assert_eq!((progress.claims, progress.years[&2020]), (2, i64::MAX));
    }

    #[test]
    fn another_unit_is_told_and_not_added() {
        let mut odd = delivered("S01", "GB-SLF", "2020-01-01", "2021-01-01", "400");
        odd.quantity = Quantity::parse("400", 0, "hour".parse().unwrap()).unwrap();
        let progress = target().progress(&[odd], &[]).unwrap();
        assert_eq!((progress.contributed, progress.other_unit), (None, 1));
        assert_eq!(progress.part_of_change, Some(Fraction::ZERO));
    }
    #[test]
    fn salford_promises_stand_beside_what_was_delivered() {
        // Two contracts in Salford promise 3,000 and 1,690 volunteers by 2021, one of them 500 more for the year after.
        let promised = [
            delivered("S01", "GB-SLF", "2019-01-01", "2020-01-01", "3000"),
            delivered("S01", "GB-SLF-M5", "2020-01-01", "2022-01-01", "1690"),
            delivered("S01", "GB-SLF-M5", "2022-01-01", "2023-01-01", "500"),
            delivered("S01", "GB-MAN", "2020-01-01", "2021-01-01", "9000"),
        ];
        let done = [delivered(
            "S01",
            "GB-SLF",
            "2019-02-01",
            "2019-09-01",
            "938",
        )];
        let progress = target().progress(&done, &promised).unwrap();
        assert_eq!(progress.promised, Some(people("4690")));
        assert_eq!(progress.contributed, Some(people("938")));
        assert_eq!(progress.part_of_change, Some(Fraction::new(1, 5).unwrap()));
        let none = target().progress(&done, &promised[2..]).unwrap();
        assert_eq!(none.promised, None);
    }
}
