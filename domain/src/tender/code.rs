//! Codes and weights of criteria.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fraction::{ArithmeticError, Fraction};
use crate::log::schema;

/// The code of a criterion within its plan, such as `PRICE` or `Q-2`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = schema::CODE))]
pub struct CriterionCode(String);

/// A text that is no code of a criterion.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the code of a criterion: expected 1 to 30 letters, digits, `-` or `.`, such as PRICE or Q-2"
)]
pub struct InvalidCode(String);

impl CriterionCode {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CriterionCode {
    type Err = InvalidCode;
    fn from_str(text: &str) -> Result<Self, InvalidCode> {
        if is_code(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidCode(text.chars().take(60).collect()))
        }
    }
}

/// Whether a text is short and plain enough to stand in paths, tables and letters.
pub(super) fn is_code(text: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    (1..=30).contains(&text.len()) && text.bytes().all(known)
}

impl TryFrom<String> for CriterionCode {
    type Error = InvalidCode;
    fn try_from(text: String) -> Result<Self, InvalidCode> {
        text.parse()
    }
}

impl From<CriterionCode> for String {
    fn from(code: CriterionCode) -> Self {
        code.0
    }
}

impl fmt::Display for CriterionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The weight of a criterion among its siblings, in percent: 0 to 100 in steps of 0.0001. In JSON a decimal text
/// without trailing zeros, such as `"33.3333"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = schema::SHORTEST_DECIMAL))]
pub struct Weight(u32);

/// A text that is no weight.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a weight: expected percent from 0 to 100 with at most 4 decimal places, such as 33.3333"
)]
pub struct InvalidWeight(String);

/// Steps of a weight in one percent.
const STEPS: u32 = 10_000;

impl Weight {
    /// No weight: only for criteria that exclude and give no mark.
    pub const NONE: Self = Self(0);
    /// All of it.
    pub const WHOLE: Self = Self(1_000_000);

    /// A whole percent; more than 100 is 100.
    pub const fn percent(percent: u32) -> Self {
        let steps = percent.saturating_mul(STEPS);
        Self(if steps > Self::WHOLE.0 {
            Self::WHOLE.0
        } else {
            steps
        })
    }

    /// The exact part of the whole, 0 to 1.
    pub fn part(self) -> Result<Fraction, ArithmeticError> {
        Fraction::new(i128::from(self.0), i128::from(Self::WHOLE.0))
    }

    /// The exact sum of weights in ten-thousandths of a percent.
    pub fn sum(weights: impl Iterator<Item = Self>) -> u64 {
        weights.fold(0, |sum, weight| sum.saturating_add(u64::from(weight.0)))
    }

    /// A sum in ten-thousandths of a percent as decimal text.
    pub fn text(steps: u64) -> String {
        let whole = steps.checked_div(u64::from(STEPS)).unwrap_or(0);
        let rest = format!("{:04}", steps.checked_rem(u64::from(STEPS)).unwrap_or(0));
        match rest.trim_end_matches('0') {
            "" => whole.to_string(),
            places => format!("{whole}.{places}"),
        }
    }
}

impl FromStr for Weight {
    type Err = InvalidWeight;
    fn from_str(text: &str) -> Result<Self, InvalidWeight> {
        let invalid = || InvalidWeight(text.chars().take(40).collect());
        let (whole, places) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let well_formed = (1..=3).contains(&whole.len())
            && digits(whole)
            && digits(places)
            && places.len() <= 4
            && places.is_empty() != text.contains('.');
        if !well_formed {
            return Err(invalid());
        }
        let steps: u32 = format!("{whole}{places:0<4}")
            .parse()
            .map_err(|_| invalid())?;
        if steps > Self::WHOLE.0 {
            return Err(invalid());
        }
        Ok(Self(steps))
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Self::text(u64::from(self.0)))
    }
}

impl fmt::Debug for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Weight {
    type Error = InvalidWeight;
    fn try_from(text: String) -> Result<Self, InvalidWeight> {
        let weight: Self = text.parse()?;
        if weight.to_string() == text {
            Ok(weight)
        } else {
            Err(InvalidWeight(text))
        }
    }
}

impl From<Weight> for String {
    fn from(weight: Weight) -> Self {
        weight.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_print_shortest_and_parse_back() {
        for text in ["0", "100", "33.3333", "0.0001", "12.5"] {
            assert_eq!(text.parse::<Weight>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_weight_beyond_100_or_finer_than_four_places_is_refused() {
        for text in [
            "100.0001", "-1", "1.23456", "", ".5", "5.", "1e1", "40%", "1000",
        ] {
            assert!(text.parse::<Weight>().is_err(), "{text}");
        }
        assert!(serde_json::from_str::<Weight>("\"40.0\"").is_err());
    }

    #[test]
    fn a_code_is_short_and_plain() {
        assert!("Q-2.1".parse::<CriterionCode>().is_ok());
        for text in ["", "Q 2", "ä", &"x".repeat(31)] {
            assert!(text.parse::<CriterionCode>().is_err(), "{text}");
        }
    }
}
