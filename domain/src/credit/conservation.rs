//! Invariants of a batch: units are conserved, nothing is negative, and serials agree with balances.

use std::collections::BTreeMap;

use super::hold::Hold;
use super::posting::{Account, Bucket};
use super::state::Batch;
use crate::ids::{BatchId, OrganisationId};

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("batch {batch}, {check}: expected {expected}, found {found}")]
pub struct Violation {
    /// The batch.
    pub batch: BatchId,
    /// Which invariant.
    pub check: &'static str,
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
}

/// Checks a batch against its balances, from replay or from tables: issued = available + held + buffer + retired +
/// cancelled + reversed, no balance below zero, and as many serials gone at either end as units left circulation.
pub fn check_batch(
    batch: &Batch,
    balances: impl IntoIterator<Item = (Account, i64)>,
) -> Vec<Violation> {
    let mut sums = [0_i128; Bucket::ALL.len()];
    let mut violations = Vec::new();
    let mut violation = |check, expected: String, found: String| {
        violations.push(Violation {
            batch: batch.id,
            check,
            expected,
            found,
        });
    };
    for (account, units) in balances {
        if account.batch != batch.id {
            continue;
        }
        if units < 0 && !account.bucket.may_go_negative() {
            let expected = format!("{} units of zero or more", account.bucket.as_str());
            violation("balance", expected, units.to_string());
        }
        for (sum, bucket) in sums.iter_mut().zip(Bucket::ALL) {
            if bucket == account.bucket {
                *sum = sum.saturating_add(i128::from(units));
            }
        }
    }
    let [
        issuance,
        available,
        held,
        buffer,
        retired,
        cancelled,
        reversed,
    ] = sums;
    let removed = cancelled.saturating_add(reversed);
    let placed = [available, held, buffer, retired, removed]
        .into_iter()
        .fold(0_i128, i128::saturating_add);
    let serials = batch.serials;
    let checks = [
        ("issued units", serials.issued(), issuance.saturating_neg()),
        ("conservation of units", serials.issued(), placed),
        ("serials of retired units", serials.retired(), retired),
        (
            "serials of cancelled and reversed units",
            serials.removed(),
            removed,
        ),
    ];
    for (check, expected, found) in checks {
        if i128::from(expected) != found {
            violation(check, expected.to_string(), found.to_string());
        }
    }
    violations
}

/// Checks that every held unit is in an open hold of its holder, and every open hold has its units.
pub fn check_holds(
    batch: BatchId,
    holds: &[Hold],
    balances: impl IntoIterator<Item = (Account, i64)>,
) -> Vec<Violation> {
    let mut sums: BTreeMap<OrganisationId, (i128, i128)> = BTreeMap::new();
    for hold in holds {
        let sum = sums.entry(hold.holder).or_default();
        sum.0 = sum.0.saturating_add(i128::from(hold.units));
    }
    for (account, units) in balances {
        if let (Bucket::Held, Some(holder)) = (account.bucket, account.holder)
            && account.batch == batch
        {
            let sum = sums.entry(holder).or_default();
            sum.1 = sum.1.saturating_add(i128::from(units));
        }
    }
    let differs = sums.into_iter().filter(|(_, (open, held))| open != held);
    differs
        .map(|(holder, (open, held))| Violation {
            batch,
            check: "held units",
            expected: format!("{open} of {holder}, as in its open holds"),
            found: held.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::serials::Serials;
    use super::*;
    use crate::contract::fixtures::{SUPPLIER, id, organisation, period};

    fn batch() -> Batch {
        Batch {
            id: id(90),
            class: id(80),
            claim: id(5),
            claimant: organisation(SUPPLIER),
            period: period("2026-03-01", "2026-06-01"),
            serials: Serials::resume(100, 30, 10).unwrap(),
        }
    }

    fn balances() -> Vec<(Account, i64)> {
        let account = |holder, bucket| Account {
            batch: id(90),
            holder,
            bucket,
        };
        vec![
            (account(None, Bucket::Issuance), -100),
            (account(Some(organisation(SUPPLIER)), Bucket::Available), 50),
            (account(Some(organisation(SUPPLIER)), Bucket::Held), 5),
            (account(None, Bucket::Buffer), 5),
            (account(None, Bucket::Retired), 30),
            (account(None, Bucket::Cancelled), 6),
            (account(None, Bucket::Reversed), 4),
        ]
    }

    fn broken(row: usize, units: i64) -> Vec<&'static str> {
        let mut balances = balances();
        balances[row].1 = units;
        let violations = check_batch(&batch(), balances);
        violations.into_iter().map(|found| found.check).collect()
    }

    #[test]
    fn every_unit_is_somewhere() {
        assert_eq!(check_batch(&batch(), balances()), []);
        assert_eq!(broken(1, 49), ["conservation of units"]);
        assert_eq!(broken(0, -99), ["issued units"]);
    }

    #[test]
    fn serials_agree_with_balances() {
        assert_eq!(
            broken(4, 29),
            ["conservation of units", "serials of retired units"]
        );
        let removed = "serials of cancelled and reversed units";
        assert_eq!(broken(6, 5), ["conservation of units", removed]);
    }

    #[test]
    fn nobody_holds_less_than_nothing() {
        assert_eq!(broken(2, -1), ["balance", "conservation of units"]);
    }

    #[test]
    fn held_units_are_those_of_open_holds() {
        let hold = |units| Hold {
            id: id(70),
            batch: id(90),
            holder: organisation(SUPPLIER),
            to: None,
            units,
            expires_at: crate::time::Time::from_micros(0),
        };
        assert_eq!(check_holds(id(90), &[hold(5)], balances()), []);
        for wrong in [vec![], vec![hold(4)], vec![hold(5), hold(1)]] {
            let found = check_holds(id(90), &wrong, balances());
            assert_eq!(found.len(), 1, "a hold ends once, with all its units");
            assert_eq!(found[0].check, "held units");
        }
    }
}
