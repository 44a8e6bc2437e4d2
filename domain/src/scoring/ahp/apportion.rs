//! Rounding of parts to percentages that sum to exactly 100.

use crate::fraction::{ArithmeticError, Fraction};
use crate::tender::code::Weight;

/// Percentages in proportion to the parts, with at most `places` decimal places (0 to 4), that sum to exactly 100: each is
/// rounded down, and what is left goes one step each to the largest remainders, of equal ones to the earlier part. Parts
/// that are all zero cannot be divided.
pub fn apportion(parts: &[Fraction], places: u8) -> Result<Vec<Weight>, ArithmeticError> {
    let places = places.min(4);
    let power = 10_i64
        .checked_pow(u32::from(places))
        .ok_or(ArithmeticError::Overflow)?;
    let steps = Fraction::whole(100).times(Fraction::whole(power))?;
    let mut sum = Fraction::ZERO;
    for part in parts {
        sum = sum.plus(*part)?;
    }
    let mut quotas = Vec::new();
    let mut left = steps.floor();
    for (index, part) in parts.iter().enumerate() {
        let exact = steps.times(*part)?.over(sum)?;
        let whole = exact.floor();
        let numerator = whole.checked_mul(exact.denominator());
        let floor = numerator.ok_or(ArithmeticError::Overflow)?;
        let rest = exact.minus(Fraction::new(floor, exact.denominator())?)?;
        left = left.checked_sub(whole).ok_or(ArithmeticError::Overflow)?;
        quotas.push((index, whole, rest));
    }
    quotas.sort_by(|(at, _, a), (after, _, b)| b.cmp(a).then(at.cmp(after)));
    for (_, whole, _) in &mut quotas {
        if left > 0 {
            *whole = whole.checked_add(1).ok_or(ArithmeticError::Overflow)?;
            left = left.checked_sub(1).ok_or(ArithmeticError::Overflow)?;
        }
    }
    quotas.sort_by_key(|(index, _, _)| *index);
    let weights = quotas.into_iter().map(|(_, whole, _)| {
        let percent = Fraction::new(whole, i128::from(power))?.round(places)?;
        let text = percent.normalize().to_string();
        text.parse().map_err(|_| ArithmeticError::Overflow)
    });
    weights.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(parts: &[i64]) -> Vec<Fraction> {
        parts.iter().map(|part| Fraction::whole(*part)).collect()
    }

    #[test]
    fn what_is_left_goes_to_the_largest_remainder_and_of_equal_ones_to_the_first() {
        let texts = |parts: &[i64], places| {
            let weights = apportion(&whole(parts), places).unwrap();
            weights.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(texts(&[1, 1, 1], 0), ["34", "33", "33"]);
        assert_eq!(texts(&[1, 1, 1], 4), ["33.3334", "33.3333", "33.3333"]);
        assert_eq!(texts(&[1, 2, 3], 1), ["16.7", "33.3", "50"]);
        assert_eq!(texts(&[0, 1], 2), ["0", "100"]);
    }

    #[test]
    fn nothing_cannot_be_divided() {
        let nothing = apportion(&whole(&[0, 0]), 2);
        assert_eq!(nothing, Err(ArithmeticError::DivisionByZero));
    }

    proptest! {
        #[test]
        fn weights_sum_to_exactly_100_and_keep_the_order(
            parts in prop::collection::vec(1_i64..1_000_000, 1..12), places in 0_u8..=4
        ) {
            let weights = apportion(&whole(&parts), places).unwrap();
            prop_assert_eq!(Weight::text(Weight::sum(weights.iter().copied())), "100");
            for (a, more) in parts.iter().zip(&weights) {
                for (b, less) in parts.iter().zip(&weights) {
                    prop_assert!(a <= b || more >= less);
                }
            }
        }
    }
}
