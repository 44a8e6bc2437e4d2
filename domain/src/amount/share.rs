//! Shares of a whole, such as the part of the work that an organisation does.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{AmountError, parse_units};
use crate::fraction::{ArithmeticError, Fraction};
use crate::log::schema;

/// A share between 0 and 1 in whole millionths. In a log entry a decimal text without trailing zeros, such as `"0.3"`.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = schema::SHORTEST_DECIMAL))]
pub struct Share(u32);

impl Share {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// The whole.
    pub const WHOLE: Self = Self(1_000_000);

    /// From whole millionths, at most 1,000,000.
    pub fn from_millionths(millionths: u32) -> Result<Self, AmountError> {
        if millionths > Self::WHOLE.0 {
            return Err(AmountError::InvalidShare(format!(
                "{millionths} millionths"
            )));
        }
        Ok(Self(millionths))
    }

    /// From whole percent, at most the whole.
    pub const fn percent(percent: u32) -> Self {
        let millionths = percent.saturating_mul(10_000);
        if millionths < Self::WHOLE.0 {
            Self(millionths)
        } else {
            Self::WHOLE
        }
    }

    /// Whether it is nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    /// Whole millionths.
    pub fn millionths(self) -> u32 {
        self.0
    }

    /// The exact value.
    pub fn fraction(self) -> Result<Fraction, ArithmeticError> {
        Fraction::new(i128::from(self.0), 1_000_000)
    }

    /// The sum, which may not exceed the whole.
    pub fn plus(self, other: Self) -> Result<Self, AmountError> {
        Self::from_millionths(self.0.saturating_add(other.0))
    }
}

impl FromStr for Share {
    type Err = AmountError;
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let invalid = || AmountError::InvalidShare(text.chars().take(40).collect());
        let units = parse_units(text, 6, "a share").map_err(|_| invalid())?;
        let millionths = u32::try_from(units).map_err(|_| invalid())?;
        Self::from_millionths(millionths).map_err(|_| invalid())
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.checked_div(1_000_000).unwrap_or(0);
        let rest = format!("{:06}", self.0.checked_rem(1_000_000).unwrap_or(0));
        let rest = rest.trim_end_matches('0');
        if rest.is_empty() {
            write!(f, "{whole}")
        } else {
            write!(f, "{whole}.{rest}")
        }
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Share {
    type Error = AmountError;
    fn try_from(text: String) -> Result<Self, AmountError> {
        let share: Self = text.parse()?;
        if share.to_string() == text {
            Ok(share)
        } else {
            Err(AmountError::InvalidShare(text))
        }
    }
}

impl From<Share> for String {
    fn from(share: Share) -> Self {
        share.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_print_shortest_and_parse_back() {
        for text in ["0", "1", "0.3", "0.000001", "0.25"] {
            assert_eq!(text.parse::<Share>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_share_beyond_the_whole_is_refused() {
        for text in ["1.000001", "-0.1", "30", "30%", "0.0000001"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
        assert!(
            Share::WHOLE
                .plus(Share::from_millionths(1).unwrap())
                .is_err()
        );
    }
}
