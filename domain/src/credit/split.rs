//! How a verified quantity splits into obligated and surplus units.

use crate::amount::Share;
use crate::fraction::{ArithmeticError, Fraction};

/// Obligated units answer a KPI; surplus units go beyond it, or stand outside any contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Split {
    /// Smallest units that answer the KPI.
    pub obligated: i64,
    /// Smallest units beyond it.
    pub surplus: i64,
}

impl Split {
    /// Of everything delivered under a KPI: `obligated = min(V, Q)`, `surplus = max(0, V - Q)`, where Q is the
    /// full-term quantity of the KPI and V what was verified, both in smallest units.
    pub fn cumulative(kpi_units: i64, verified_units: i64) -> Result<Self, ArithmeticError> {
        let obligated = verified_units.min(kpi_units);
        let surplus = verified_units
            .checked_sub(obligated)
            .ok_or(ArithmeticError::Overflow)?;
        Ok(Self { obligated, surplus })
    }

    /// Of one more claim under a KPI, when claims of `before_units` were issued before: the difference of the two
    /// cumulative splits, so that no order of claims changes the totals.
    pub fn of_claim(
        kpi_units: i64,
        before_units: i64,
        verified_units: i64,
    ) -> Result<Self, ArithmeticError> {
        let after_units = before_units
            .checked_add(verified_units)
            .ok_or(ArithmeticError::Overflow)?;
        let before = Self::cumulative(kpi_units, before_units)?;
        let after = Self::cumulative(kpi_units, after_units)?;
        let difference =
            |after: i64, before: i64| after.checked_sub(before).ok_or(ArithmeticError::Overflow);
        Ok(Self {
            obligated: difference(after.obligated, before.obligated)?,
            surplus: difference(after.surplus, before.surplus)?,
        })
    }

    /// Of a claim outside contracts: `floor(verified * (1 - deadweight))`, because the deadweight would have happened
    /// anyway.
    pub fn outside(verified_units: i64, deadweight: Share) -> Result<Self, ArithmeticError> {
        let caused = Fraction::ONE.minus(deadweight.fraction()?)?;
        Ok(Self {
            obligated: 0,
            surplus: part(verified_units, caused)?,
        })
    }

    /// Both together.
    pub fn total(self) -> Result<i64, ArithmeticError> {
        self.obligated
            .checked_add(self.surplus)
            .ok_or(ArithmeticError::Overflow)
    }
}

/// The part of some units, rounded down to a whole unit.
pub(super) fn part(units: i64, share: Fraction) -> Result<i64, ArithmeticError> {
    let exact = Fraction::whole(units).times(share)?;
    i64::try_from(exact.floor()).map_err(|_| ArithmeticError::Overflow)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]

    use super::*;
    use proptest::prelude::*;

    fn issue_all(kpi: i64, claims: &[i64]) -> Vec<Split> {
        let mut before = 0;
        claims
            .iter()
            .map(|claim| {
                let split = Split::of_claim(kpi, before, *claim).unwrap();
                before += claim;
                split
            })
            .collect()
    }

    #[test]
    fn a_good_period_does_not_make_surplus_of_a_contract_that_ends_short() {
        let splits = issue_all(12, &[6, 4, 1]);
        let surplus: i64 = splits.iter().map(|split| split.surplus).sum();
        let obligated: i64 = splits.iter().map(|split| split.obligated).sum();
        assert_eq!((obligated, surplus), (11, 0));
    }

    #[test]
    fn the_claim_that_passes_the_kpi_is_split() {
        let splits = issue_all(12, &[8, 7, 3]);
        let expected = [(8, 0), (4, 3), (0, 3)];
        let found: Vec<_> = splits.iter().map(|s| (s.obligated, s.surplus)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn outside_contracts_the_deadweight_is_taken_off_and_the_rest_rounded_down() {
        let quarter: Share = "0.25".parse().unwrap();
        assert_eq!(Split::outside(10, quarter).unwrap().surplus, 7);
        assert_eq!(Split::outside(1, quarter).unwrap().surplus, 0);
        assert_eq!(
            Split::outside(i64::MAX, Share::NONE).unwrap().surplus,
            i64::MAX
        );
    }

    #[test]
    fn too_much_is_an_error_and_not_a_wrap() {
        let split = Split::of_claim(1, i64::MAX, 1);
        assert_eq!(split, Err(ArithmeticError::Overflow));
    }

    proptest! {
        #[test]
        fn the_order_of_claims_never_changes_the_totals(
            kpi in 0_i64..500,
            (claims, shuffled) in prop::collection::vec(1_i64..100, 0..12)
                .prop_flat_map(|claims| (Just(claims.clone()), Just(claims).prop_shuffle())),
        ) {
            let totals = |claims: &[i64]| {
                issue_all(kpi, claims)
                    .into_iter()
                    .fold((0, 0), |(o, s), split| (o + split.obligated, s + split.surplus))
            };
            prop_assert_eq!(totals(&claims), totals(&shuffled));
            let delivered: i64 = claims.iter().sum();
            prop_assert_eq!(totals(&claims), (delivered.min(kpi), (delivered - kpi).max(0)));
        }

        #[test]
        fn a_claim_issues_exactly_what_was_verified_and_nothing_negative(
            kpi in 0_i64..500, before in 0_i64..1000, verified in 1_i64..1000,
        ) {
            let split = Split::of_claim(kpi, before, verified).unwrap();
            prop_assert_eq!(split.total().unwrap(), verified);
            prop_assert!(split.obligated >= 0 && split.surplus >= 0);
        }

        #[test]
        fn outside_contracts_less_is_issued_than_verified(verified in 1_i64.., millionths in 0_u32..=1_000_000) {
            let deadweight = Share::from_millionths(millionths).unwrap();
            let surplus = Split::outside(verified, deadweight).unwrap().surplus;
            prop_assert!((0..=verified).contains(&surplus));
        }
    }
}
