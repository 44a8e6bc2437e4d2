//! Points: rounded marks and their sums.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::AmountError;
use crate::fraction::{ArithmeticError, Fraction};
use crate::log::schema;

/// A rounded mark or a rounded total, which may lie below zero. In a log entry a decimal text with all places of its
/// scale, such as `"38.0952"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = schema::DECIMAL))]
pub struct Points(Decimal);

impl Points {
    /// An exact mark rounded once, half to even, to `scale` places.
    pub fn rounded(exact: Fraction, scale: u8) -> Result<Self, ArithmeticError> {
        exact.round(scale).map(Self)
    }

    /// The exact sum; of no marks at all it is zero with `scale` places.
    pub fn sum(marks: impl Iterator<Item = Self>, scale: u8) -> Result<Self, ArithmeticError> {
        let zero = Self(Decimal::new(0, u32::from(scale)));
        let mut marks = marks;
        marks.try_fold(zero, |sum, mark| {
            sum.0
                .checked_add(mark.0)
                .map(Self)
                .ok_or(ArithmeticError::Overflow)
        })
    }

    /// The exact sum with `new` in the place of `old`.
    pub(super) fn exchange(self, old: Self, new: Self) -> Result<Self, ArithmeticError> {
        let rest = self.0.checked_sub(old.0);
        let sum = rest.and_then(|rest| rest.checked_add(new.0));
        sum.map(Self).ok_or(ArithmeticError::Overflow)
    }

    /// The most that the mark can be, as it stands beside it: with no more places than the mark has, so that 9.99999 points,
    /// which a mark of four places reaches as 10.0000, read as 10.0000.
    pub fn out_of(self, points: &str) -> String {
        match Decimal::from_str_exact(points) {
            Ok(most) if most.scale() > self.0.scale() => most.round_dp(self.0.scale()).to_string(),
            _ => points.to_owned(),
        }
    }

    /// The decimal.
    pub fn decimal(self) -> Decimal {
        self.0
    }
}

impl FromStr for Points {
    type Err = AmountError;
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let not_decimal = || AmountError::NotDecimal(text.chars().take(60).collect());
        let points = Decimal::from_str_exact(text).map_err(|_| not_decimal())?;
        let one_text = points.is_sign_positive() || !points.is_zero();
        if points.to_string() == text && one_text {
            Ok(Self(points))
        } else {
            Err(not_decimal())
        }
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Points {
    type Error = AmountError;
    fn try_from(text: String) -> Result<Self, AmountError> {
        text.parse()
    }
}

impl From<Points> for String {
    fn from(points: Points) -> Self {
        points.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mark_reads_above_the_most_that_it_can_be() {
        let mark = Points::rounded(Fraction::new(999_999, 100_000).unwrap(), 4).unwrap();
        assert_eq!(
            (mark.to_string(), mark.out_of("9.99999")),
            ("10.0000".to_owned(), "10.0000".to_owned())
        );
        assert_eq!(mark.out_of("10"), "10");
    }

    #[test]
    fn points_keep_their_places_and_have_one_text() {
        let mark = Points::rounded(Fraction::new(800, 21).unwrap(), 4).unwrap();
        assert_eq!(serde_json::to_string(&mark).unwrap(), "\"38.0952\"");
        for text in ["+1", "01", "-0.00", "1e2", "", "1_0", " 1"] {
            assert!(text.parse::<Points>().is_err(), "{text}");
        }
        let total = Points::sum([mark, mark].into_iter(), 4).unwrap();
        assert_eq!(total.to_string(), "76.1904");
        assert_eq!(
            Points::sum([].into_iter(), 4).unwrap().to_string(),
            "0.0000"
        );
    }
}
