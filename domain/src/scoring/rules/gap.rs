//! Why there is no mark.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fraction::ArithmeticError;
use crate::tender::disclosure::BidField;

/// Why a rule or a method has no value for a bid. The ranking is then withheld.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A ratio to a price of zero.
    ZeroPrice,
    /// All prices are equal under a rule that divides by their range.
    EqualPrices,
    /// Ceiling and floor are equal.
    EqualBounds,
    /// A target of zero.
    ZeroTarget,
    /// Nobody promises anything under a rule that divides by the highest promise.
    NothingPromised,
    /// The criterion has no consensus level for the bid.
    NotJudged,
    /// The bid has no value for the criterion.
    Missing,
    /// The bid is in a currency for which the plan names no rate.
    NoExchangeRate,
    /// The plan publishes no money value for a measure that is promised.
    NoProxy,
    /// A price per quality point of a bid without any.
    ZeroQuality,
    /// The numbers leave the range of exact arithmetic.
    OutOfRange,
    /// It follows from a field that the plan withholds, and so does which bids have no value.
    Withheld,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ZeroPrice => "the rule divides by a price of zero",
            Self::EqualPrices => "all prices are equal, and the rule divides by their range",
            Self::EqualBounds => "ceiling and floor are equal",
            Self::ZeroTarget => "the target is zero",
            Self::NothingPromised => {
                "no bid promises anything, and the rule divides by the highest promise"
            }
            Self::NotJudged => "there is no consensus level",
            Self::Missing => "the bid has no value for the criterion",
            Self::NoExchangeRate => "the plan names no exchange rate for the currency of the bid",
            Self::NoProxy => "the plan publishes no money value for the measure",
            Self::ZeroQuality => "the method divides by quality points, and the bid has none",
            Self::OutOfRange => "the numbers leave the range of exact arithmetic",
            Self::Withheld => "the reason follows from a field that the plan withholds",
        })
    }
}

/// Why there is no mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// The rule reads a field of the bid that this reader does not know: it is withheld from them, or nobody knows it.
    NotKnown(BidField),
    /// The rule has no value.
    Undefined(Reason),
}

impl From<ArithmeticError> for Gap {
    fn from(_: ArithmeticError) -> Self {
        Self::Undefined(Reason::OutOfRange)
    }
}

impl From<Reason> for Gap {
    fn from(reason: Reason) -> Self {
        Self::Undefined(reason)
    }
}
