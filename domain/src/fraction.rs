//! Exact fractions over `i128`. Every operation is checked: an overflow is an error and never a wrap.

use std::cmp::Ordering;
use std::fmt;

use crate::log::schema;
use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub, Signed, Zero};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An exact value as numerator and denominator in lowest terms. In a log entry it is the text `numerator/denominator`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = schema::FRACTION))]
pub struct Fraction(Ratio<i128>);

/// Why an exact calculation has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArithmeticError {
    /// A value left the range of 127 bits (fractions) or 96 bits (decimals).
    #[error(
        "the calculation left the range of exact numbers: use smaller amounts or fewer decimal places"
    )]
    Overflow,
    /// A division by zero.
    #[error("the calculation divides by zero")]
    DivisionByZero,
}

impl Fraction {
    /// Nothing.
    pub const ZERO: Self = Self(Ratio::new_raw(0, 1));
    /// The whole.
    pub const ONE: Self = Self(Ratio::new_raw(1, 1));

    /// `numerator / denominator`, reduced.
    pub fn new(numerator: i128, denominator: i128) -> Result<Self, ArithmeticError> {
        if denominator.is_zero() {
            return Err(ArithmeticError::DivisionByZero);
        }
        if numerator == i128::MIN || denominator == i128::MIN {
            return Err(ArithmeticError::Overflow);
        }
        Ok(Self::reduced(numerator, denominator))
    }

    /// Lowest terms, found in 64 bits where they suffice: that is several times faster, and they nearly always do.
    fn reduced(numerator: i128, denominator: i128) -> Self {
        match (narrow(numerator), narrow(denominator)) {
            (Some(numerator), Some(denominator)) => {
                let small = Ratio::new(numerator, denominator);
                let (numerator, denominator) = small.into_raw();
                Self(Ratio::new_raw(numerator.into(), denominator.into()))
            }
            _ => Self(Ratio::new(numerator, denominator)),
        }
    }

    /// Numerator and denominator where both have 64 bits, so that a sum of two of their products stays within `i128`.
    fn small(self) -> Option<(i128, i128)> {
        narrow(self.numerator()).zip(narrow(self.denominator()))?;
        Some((self.numerator(), self.denominator()))
    }

    /// A whole number.
    pub fn whole(value: i64) -> Self {
        Self(Ratio::from_integer(i128::from(value)))
    }

    /// The exact value of a decimal.
    pub fn from_decimal(value: Decimal) -> Result<Self, ArithmeticError> {
        let denominator = 10_i128
            .checked_pow(value.scale())
            .ok_or(ArithmeticError::Overflow)?;
        Self::new(value.mantissa(), denominator)
    }

    /// Numerator in lowest terms.
    pub fn numerator(self) -> i128 {
        *self.0.numer()
    }

    /// Denominator in lowest terms, always positive.
    pub fn denominator(self) -> i128 {
        *self.0.denom()
    }

    /// `self + other`.
    pub fn plus(self, other: Self) -> Result<Self, ArithmeticError> {
        if let (Some((a, b)), Some((c, d))) = (self.small(), other.small()) {
            let above = a.wrapping_mul(d).wrapping_add(c.wrapping_mul(b));
            return Ok(Self::reduced(above, b.wrapping_mul(d)));
        }
        self.0
            .checked_add(&other.0)
            .map(Self)
            .ok_or(ArithmeticError::Overflow)
    }

    /// `self - other`.
    pub fn minus(self, other: Self) -> Result<Self, ArithmeticError> {
        if let (Some((a, b)), Some((c, d))) = (self.small(), other.small()) {
            let above = a.wrapping_mul(d).wrapping_sub(c.wrapping_mul(b));
            return Ok(Self::reduced(above, b.wrapping_mul(d)));
        }
        self.0
            .checked_sub(&other.0)
            .map(Self)
            .ok_or(ArithmeticError::Overflow)
    }

    /// `self * other`.
    pub fn times(self, other: Self) -> Result<Self, ArithmeticError> {
        if let (Some((a, b)), Some((c, d))) = (self.small(), other.small()) {
            return Ok(Self::reduced(a.wrapping_mul(c), b.wrapping_mul(d)));
        }
        self.0
            .checked_mul(&other.0)
            .map(Self)
            .ok_or(ArithmeticError::Overflow)
    }

    /// `self / other`.
    pub fn over(self, other: Self) -> Result<Self, ArithmeticError> {
        if other.0.is_zero() {
            return Err(ArithmeticError::DivisionByZero);
        }
        if let (Some((a, b)), Some((c, d))) = (self.small(), other.small()) {
            return Ok(Self::reduced(a.wrapping_mul(d), b.wrapping_mul(c)));
        }
        self.0
            .checked_div(&other.0)
            .map(Self)
            .ok_or(ArithmeticError::Overflow)
    }

    /// The smaller of the two.
    #[must_use]
    pub fn at_most(self, limit: Self) -> Self {
        if self > limit { limit } else { self }
    }

    /// The larger of the two.
    #[must_use]
    pub fn at_least(self, limit: Self) -> Self {
        if self < limit { limit } else { self }
    }

    /// Whether the value is exactly zero.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// Whether the value is below zero.
    pub fn is_negative(self) -> bool {
        self.0.is_negative()
    }

    /// The value rounded once, half to even, to `scale` decimal places (0 to 12).
    pub fn round(self, scale: u8) -> Result<Decimal, ArithmeticError> {
        let power = 10_i128
            .checked_pow(u32::from(scale))
            .ok_or(ArithmeticError::Overflow)?;
        let scaled = self
            .numerator()
            .checked_mul(power)
            .ok_or(ArithmeticError::Overflow)?;
        let units = round_half_even(scaled, self.denominator())?;
        Decimal::try_from_i128_with_scale(units, u32::from(scale))
            .map_err(|_| ArithmeticError::Overflow)
    }

    /// `self * other` rounded once, half to even, to a whole number.
    pub fn times_to_whole(self, other: Self) -> Result<i128, ArithmeticError> {
        let product = |a: i128, b: i128| a.checked_mul(b).ok_or(ArithmeticError::Overflow);
        round_half_even(
            product(self.numerator(), other.numerator())?,
            product(self.denominator(), other.denominator())?,
        )
    }

    /// The largest whole number not above the value.
    pub fn floor(self) -> i128 {
        self.0.floor().to_integer()
    }
}

/// The value in 64 bits and not at their lower end, whose negative they do not hold.
fn narrow(value: i128) -> Option<i64> {
    i64::try_from(value).ok().filter(|value| *value != i64::MIN)
}

/// `numerator / denominator` (denominator > 0) to the nearest whole number, a tie to the even one.
fn round_half_even(numerator: i128, denominator: i128) -> Result<i128, ArithmeticError> {
    let divided = match (narrow(numerator), narrow(denominator)) {
        (Some(above), Some(below)) => above
            .checked_div_euclid(below)
            .zip(above.checked_rem_euclid(below))
            .map(|(quotient, remainder)| (quotient.into(), remainder.into())),
        _ => numerator
            .checked_div_euclid(denominator)
            .zip(numerator.checked_rem_euclid(denominator)),
    };
    let (quotient, remainder): (i128, i128) = divided.ok_or(ArithmeticError::DivisionByZero)?;
    let rest = denominator
        .checked_sub(remainder)
        .ok_or(ArithmeticError::Overflow)?;
    let up = match remainder.cmp(&rest) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => quotient.checked_rem_euclid(2) == Some(1),
    };
    quotient
        .checked_add(i128::from(up))
        .ok_or(ArithmeticError::Overflow)
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.small(), other.small()) {
            (Some((a, b)), Some((c, d))) => a.wrapping_mul(d).cmp(&c.wrapping_mul(b)),
            _ => self.0.cmp(&other.0),
        }
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator(), self.denominator())
    }
}

impl fmt::Debug for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Fraction> for String {
    fn from(value: Fraction) -> Self {
        value.to_string()
    }
}

/// A text that is no fraction in lowest terms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a fraction in lowest terms, such as 800/21")]
pub struct InvalidFraction(String);

impl TryFrom<String> for Fraction {
    type Error = InvalidFraction;
    fn try_from(text: String) -> Result<Self, InvalidFraction> {
        let value = text
            .split_once('/')
            .and_then(|(n, d)| Self::new(n.parse().ok()?, d.parse().ok()?).ok())
            .filter(|value| value.to_string() == text);
        value.ok_or(InvalidFraction(text))
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "tests calculate freely")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn f(n: i128, d: i128) -> Fraction {
        Fraction::new(n, d).unwrap()
    }

    #[test]
    fn halves_round_to_the_even_neighbour_on_both_sides_of_zero() {
        let rounded: Vec<String> = [f(1, 2), f(3, 2), f(5, 2), f(-1, 2), f(-3, 2), f(-5, 2)]
            .into_iter()
            .map(|x| x.round(0).unwrap().to_string())
            .collect();
        assert_eq!(rounded, ["0", "2", "2", "0", "-2", "-2"]);
    }

    #[test]
    fn rounding_keeps_the_scale_in_the_text() {
        assert_eq!(f(800, 21).round(4).unwrap().to_string(), "38.0952");
        assert_eq!(f(40, 1).round(4).unwrap().to_string(), "40.0000");
    }

    #[test]
    fn an_overflow_is_an_error() {
        assert_eq!(
            f(i128::MAX, 1).times(f(2, 1)),
            Err(ArithmeticError::Overflow)
        );
        assert_eq!(
            f(1, 1).over(Fraction::ZERO),
            Err(ArithmeticError::DivisionByZero)
        );
    }

    #[test]
    fn the_text_form_is_canonical() {
        assert!(serde_json::from_str::<Fraction>("\"2/4\"").is_err());
        assert_eq!(
            serde_json::from_str::<Fraction>("\"1/2\"").unwrap(),
            f(1, 2)
        );
    }

    /// Values on both sides of 64 bits.
    fn around() -> impl Strategy<Value = Fraction> {
        let near = |bits: u32| (-3_i128..3).prop_map(move |by| (1_i128 << bits) + by);
        let part = || prop_oneof![1_i128..50, near(31), near(63), near(64)];
        (part(), part(), any::<bool>()).prop_map(|(n, d, below)| f(if below { -n } else { n }, d))
    }

    proptest! {
        /// The short way through 64 bits and the long one agree, and what the long one cannot hold is an error in both.
        #[test]
        fn small_values_are_calculated_as_large_ones(a in around(), b in around()) {
            let long = |value: Option<Ratio<i128>>| value.map(Fraction).ok_or(ArithmeticError::Overflow);
            let exact = |short: Result<Fraction, ArithmeticError>, value| match long(value) {
                Ok(value) => short == Ok(value),
                // The short way may reach further, and is exact there too.
                Err(_) => true,
            };
            prop_assert!(exact(a.plus(b), a.0.checked_add(&b.0)));
            prop_assert!(exact(a.minus(b), a.0.checked_sub(&b.0)));
            prop_assert!(exact(a.times(b), a.0.checked_mul(&b.0)));
            prop_assert!(exact(a.over(b), a.0.checked_div(&b.0)));
            prop_assert_eq!(a.cmp(&b), a.0.cmp(&b.0));
            prop_assert_eq!(a, Fraction(Ratio::new(a.numerator(), a.denominator())));
        }

        #[test]
        fn rounding_moves_by_at_most_half_a_unit(n in -10_000_000_i128..10_000_000, d in 1_i128..100_000) {
            let exact = f(n, d);
            let rounded = Fraction::from_decimal(exact.round(4).unwrap()).unwrap();
            let moved = exact.minus(rounded).unwrap();
            prop_assert!(moved <= f(1, 20_000) && moved >= f(-1, 20_000));
        }

        #[test]
        fn sums_are_exact(a in -1_000_000_i128..1_000_000, b in 1_i128..1000, c in -1_000_000_i128..1_000_000) {
            prop_assert_eq!(f(a, b).plus(f(c, b)).unwrap(), f(a + c, b));
        }
    }
}
