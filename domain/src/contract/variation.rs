//! Variations: numbered, reasoned changes of what a contract asks for. An increase binds from a later day on alone.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::kpi::Kpi;
use super::schedule::Instalment;
use super::signing::Contract;
use crate::amount::{AmountError, Quantity};
use crate::ids::KpiId;
use crate::time::{Date, Time};

/// The most changes in one variation.
pub const MAX_CHANGES: usize = 100;

/// What a variation makes of a KPI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KpiChange {
    /// The KPI.
    pub kpi: KpiId,
    /// The new full-term quantity.
    pub quantity: Quantity,
    /// The first day on which it is in force.
    pub from: Date,
}

/// A full-term quantity of a KPI and since when it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The variation that made it; 0 as signed.
    pub number: u32,
    /// The full-term quantity.
    pub quantity: Quantity,
    /// The first day on which it is in force.
    pub from: Date,
}

impl Version {
    /// A KPI as signed.
    pub fn signed(kpi: &Kpi) -> Self {
        Self {
            number: 0,
            quantity: kpi.quantity.clone(),
            from: kpi.period.from(),
        }
    }
}

/// Why a variation is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VariationError {
    /// Out of turn.
    #[error("`number`: expected {expected}, found {found}: variations are numbered in order")]
    Number {
        /// The next number.
        expected: u32,
        /// What it says.
        found: u32,
    },
    /// Nothing, or too much.
    #[error("`changes`: {0} changes, expected 1 to {MAX_CHANGES}, each of another KPI")]
    Changes(usize),
    /// A contract whose award was annulled.
    #[error("`contract`: its award was annulled: nothing can be varied any more")]
    Annulled,
    /// A KPI of another contract.
    #[error("`changes.{0}.kpi`: the contract has no such KPI")]
    UnknownKpi(usize),
    /// Another unit, nothing, or no change.
    #[error(
        "`changes.{at}.quantity`: expected more than nothing in the unit of {now}, and another quantity than that"
    )]
    Quantity {
        /// Which change.
        at: usize,
        /// The quantity now.
        now: Quantity,
    },
    /// A day outside the KPI.
    #[error("`changes.{0}.from`: expected a day of the KPI's period")]
    Outside(usize),
    /// Behind an earlier version.
    #[error(
        "`changes.{at}.from`: expected no day before {after}, from which the version before it is in force"
    )]
    BeforeLast {
        /// Which change.
        at: usize,
        /// The first day of the last version.
        after: Date,
    },
    /// In the past, or an increase that does not lie ahead.
    #[error(
        "`changes.{at}.from`: expected {earliest} or later: what is past stays, and an increase lies ahead"
    )]
    TooEarly {
        /// Which change.
        at: usize,
        /// The earliest day.
        earliest: Date,
    },
    /// Too much.
    #[error(transparent)]
    Amount(#[from] AmountError),
}

/// Whether a contract may be varied. `last` gives the last version of each of its KPIs, `number` counts the variations
/// before.
pub fn decide_variation<'v>(
    contract: &Contract,
    annulled: bool,
    (before, number): (u32, u32),
    changes: &[KpiChange],
    last: impl Fn(KpiId) -> Option<&'v Version>,
    at: Time,
) -> Result<(), VariationError> {
    let expected = before.saturating_add(1);
    if number != expected {
        let found = number;
        return Err(VariationError::Number { expected, found });
    }
    let kpis: BTreeSet<KpiId> = changes.iter().map(|change| change.kpi).collect();
    if !(1..=MAX_CHANGES).contains(&changes.len()) || kpis.len() != changes.len() {
        return Err(VariationError::Changes(changes.len()));
    }
    if annulled {
        return Err(VariationError::Annulled);
    }
    for (index, change) in changes.iter().enumerate() {
        let found = contract.kpi(change.kpi).zip(last(change.kpi));
        let (kpi, last) = found.ok_or(VariationError::UnknownKpi(index))?;
        check_change(index, change, kpi, last, at)?;
    }
    Ok(())
}

fn check_change(
    at: usize,
    change: &KpiChange,
    kpi: &Kpi,
    last: &Version,
    now: Time,
) -> Result<(), VariationError> {
    let (new, old) = (change.quantity.units(), last.quantity.units());
    let same_unit = change.quantity.same_unit(&last.quantity).is_ok();
    if !same_unit || new == 0 || new == old {
        let now = last.quantity.clone();
        return Err(VariationError::Quantity { at, now });
    }
    if !kpi.period.contains(change.from) {
        return Err(VariationError::Outside(at));
    }
    if change.from < last.from {
        let after = last.from;
        return Err(VariationError::BeforeLast { at, after });
    }
    let today = now.date();
    let earliest = if new > old { today.tomorrow() } else { today };
    if change.from < earliest {
        return Err(VariationError::TooEarly { at, earliest });
    }
    Ok(())
}

/// What a KPI binds to on a day, in smallest units: the highest of its versions that was in force in a period that has
/// begun. Before the first period begins, the last version. A KPI without a schedule binds to the highest version that came
/// into force.
pub fn binding_units(versions: &[Version], schedule: &[Instalment], on: Date) -> i64 {
    let begun = schedule
        .iter()
        .filter(|instalment| instalment.period.from() <= on);
    let span = begun.fold(None, |span: Option<(Date, Date)>, instalment| {
        let (from, to) = (instalment.period.from(), instalment.period.to());
        Some(span.map_or((from, to), |(first, last)| (first.min(from), last.max(to))))
    });
    let newest = versions
        .last()
        .map_or(0, |version| version.quantity.units());
    let Some((first, last)) = span else {
        let begun = versions
            .iter()
            .filter(|version| schedule.is_empty() && version.from <= on)
            .map(|version| version.quantity.units());
        return begun.max().unwrap_or(newest);
    };
    let ends = versions
        .iter()
        .skip(1)
        .map(|next| Some(next.from))
        .chain([None]);
    let in_force = versions.iter().zip(ends).filter(|(version, end)| {
        let until = end.unwrap_or(last);
        version.from < last && version.from < until && until > first
    });
    let units = in_force.map(|(version, _)| version.quantity.units());
    units.max().unwrap_or(newest)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{award, id, measure, period};
    use super::super::schedule::{periods, spread};
    use super::*;

    fn version(number: u32, quantity: &str, from: &str) -> Version {
        Version {
            number,
            quantity: measure().quantity(quantity).unwrap(),
            from: from.parse().unwrap(),
        }
    }

    fn varied(quantity: &str, from: &str, at: &str) -> Result<(), VariationError> {
        let contract =
            Contract::from_award(id(1), &award("12.0"), || id(101), |_| Some(measure())).unwrap();
        let last = Version::signed(&contract.kpis[0]);
        let change = KpiChange {
            kpi: id(101),
            quantity: measure().quantity(quantity).unwrap(),
            from: from.parse().unwrap(),
        };
        decide_variation(
            &contract,
            false,
            (0, 1),
            &[change],
            |_| Some(&last),
            at.parse().unwrap(),
        )
    }

    #[test]
    fn an_increase_lies_ahead_and_a_decrease_not_behind() {
        let noon = "2026-07-01T12:00:00Z";
        assert_eq!(varied("15.0", "2026-07-02", noon), Ok(()));
        let today = varied("15.0", "2026-07-01", noon);
        assert!(matches!(today, Err(VariationError::TooEarly { .. })));
        assert_eq!(varied("9.0", "2026-07-01", noon), Ok(()));
        let past = varied("9.0", "2026-06-30", noon);
        assert!(matches!(past, Err(VariationError::TooEarly { .. })));
    }

    #[test]
    fn a_variation_changes_something_inside_its_kpi() {
        let noon = "2026-07-01T12:00:00Z";
        for quantity in ["12.0", "0"] {
            let same = varied(quantity, "2026-08-01", noon);
            assert!(
                matches!(same, Err(VariationError::Quantity { .. })),
                "{quantity}"
            );
        }
        assert_eq!(
            varied("15.0", "2027-01-01", noon),
            Err(VariationError::Outside(0))
        );
    }

    #[test]
    fn a_kpi_binds_to_the_highest_version_in_force_in_a_period_that_has_begun() {
        let whole = measure().quantity("12.0").unwrap();
        let quarters = periods(period("2026-01-01", "2027-01-01"), Some(3));
        let schedule = spread(&whole, &quarters).unwrap();
        let versions = [
            version(0, "12.0", "2026-01-01"),
            version(1, "20.0", "2026-04-01"),
            version(2, "9.0", "2026-10-01"),
        ];
        let binds = |on: &str| binding_units(&versions, &schedule, on.parse().unwrap());
        assert_eq!(binds("2026-03-31"), 120);
        assert_eq!(binds("2026-04-01"), 200);
        assert_eq!(
            binds("2026-12-31"),
            200,
            "a decrease does not make surplus of what was due"
        );
        assert_eq!(binds("2025-12-31"), 90, "nothing has begun");
        let early = [
            version(0, "12.0", "2026-01-01"),
            version(1, "9.0", "2026-01-01"),
        ];
        let first = binding_units(&early, &schedule, "2026-06-01".parse().unwrap());
        assert_eq!(first, 90, "a version that was never in force binds nobody");
        let unplanned = |on: &str| binding_units(&versions, &[], on.parse().unwrap());
        assert_eq!(unplanned("2026-03-31"), 120);
        assert_eq!(unplanned("2026-12-31"), 200);
    }
}
