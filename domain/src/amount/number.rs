//! Plain decimals that are no amount of anything: factors, rates and points.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AmountError, parse_units};
use crate::fraction::{ArithmeticError, Fraction};
use crate::log::schema;

/// A decimal from 0 to 1,000,000,000 with at most 9 places, such as the factor 1.1 or an exchange rate. In a log entry a
/// text without trailing zeros, such as `"1.1"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = schema::SHORTEST_DECIMAL))]
pub struct Number(i64);

/// Decimal places.
const SCALE: u8 = 9;
/// Billionths in one.
const ONE: i64 = 1_000_000_000;
/// The largest, in billionths.
const MAX: i64 = 1_000_000_000_000_000_000;

impl Number {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(ONE);

    /// The exact value.
    pub fn fraction(self) -> Result<Fraction, ArithmeticError> {
        Fraction::new(i128::from(self.0), i128::from(ONE))
    }
}

impl FromStr for Number {
    type Err = AmountError;
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let invalid = || AmountError::InvalidNumber(text.chars().take(40).collect());
        let billionths = parse_units(text, SCALE, "a number").map_err(|_| invalid())?;
        if (0..=MAX).contains(&billionths) && !text.starts_with('-') {
            Ok(Self(billionths))
        } else {
            Err(invalid())
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.checked_div(ONE).unwrap_or(0);
        let rest = format!("{:09}", self.0.checked_rem(ONE).unwrap_or(0));
        match rest.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            places => write!(f, "{whole}.{places}"),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Number {
    type Error = AmountError;
    fn try_from(text: String) -> Result<Self, AmountError> {
        let number: Self = text.parse()?;
        if number.to_string() == text {
            Ok(number)
        } else {
            Err(AmountError::InvalidNumber(text))
        }
    }
}

impl From<Number> for String {
    fn from(number: Number) -> Self {
        number.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_shortest_and_parse_back() {
        for text in ["0", "1", "1.1", "0.000678123", "1000000000"] {
            assert_eq!(text.parse::<Number>().unwrap().to_string(), text);
        }
        let factor: Number = "1.10".parse().unwrap();
        assert_eq!(
            factor.fraction().unwrap(),
            Fraction::new(11, 10).unwrap(),
            "exact"
        );
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "-1",
            "-0",
            "1e3",
            "0.0000000001",
            "1000000000.1",
            "9999999999999",
        ] {
            assert!(text.parse::<Number>().is_err(), "{text}");
        }
        assert!(serde_json::from_str::<Number>("\"1.10\"").is_err());
    }
}
