//! Lots: the parts of a tender that are bid for, evaluated and awarded each on its own. A tender that is not divided has
//! exactly one.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code::is_code;
use super::criteria::Criterion;
use crate::amount::Money;
use crate::ids::TenderId;
use crate::log::schema;
use crate::scoring::robustness::LowPriceRule;

/// The most lots of one tender.
pub const MAX_LOTS: usize = 50;

/// The code of a lot within its plan, such as `1` or `NORTH`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = schema::CODE))]
pub struct LotCode(String);

/// A text that is no code of a lot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the code of a lot: expected 1 to 30 letters, digits, `-` or `.`, such as 1 or NORTH"
)]
pub struct InvalidLotCode(String);

impl LotCode {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LotCode {
    type Err = InvalidLotCode;
    fn from_str(text: &str) -> Result<Self, InvalidLotCode> {
        if is_code(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidLotCode(text.chars().take(60).collect()))
        }
    }
}

impl TryFrom<String> for LotCode {
    type Error = InvalidLotCode;
    fn try_from(text: String) -> Result<Self, InvalidLotCode> {
        text.parse()
    }
}

impl From<LotCode> for String {
    fn from(code: LotCode) -> Self {
        code.0
    }
}

impl fmt::Display for LotCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A lot of a tender. It is awarded once, so that it also names its award.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct LotRef {
    /// The tender.
    pub tender: TenderId,
    /// The lot.
    pub lot: LotCode,
}

impl fmt::Display for LotRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lot {} of {}", self.lot, self.tender)
    }
}

/// A part of a tender with its own criteria. Bids for one lot are compared with each other and with no others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lot {
    /// Code, unique in the plan.
    pub code: LotCode,
    /// What is bought, in one line.
    pub title: String,
    /// The tree of criteria. Codes are unique in the whole plan, so that a mark needs to name no lot.
    pub criteria: Vec<Criterion>,
    /// Bids below this price are excluded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_price: Option<Money>,
    /// From which price on a bid is asked to explain itself; none where the price does not decide alone and the buyer
    /// publishes no rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_prices: Option<LowPriceRule>,
}

/// How many lots one supplier may bid for and win.
///
/// Directive 2014/24/EU, art. 46(2): a buyer may limit both when the notice states the numbers and the documents state
/// objective and non-discriminatory rules for what happens when a supplier would win more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LotLimits {
    /// The most lots that one supplier may bid for; none for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bids_per_supplier: Option<u32>,
    /// The most lots that one supplier may win; none for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_awards_per_supplier: Option<u32>,
    /// Which lots a supplier keeps that would win more than it may.
    pub allocation: AllocationRule,
}

/// In which order lots find their winners when a supplier would win more than it may. Each lot goes to its highest-ranked bid
/// whose supplier may still win; the order decides what is left for later lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AllocationRule {
    /// The order of the plan, which states the buyer's priority: a supplier keeps the lots that stand first.
    PlanOrder,
    /// The lot first in which the best bid that may still win leads the next one by most points, or is the only one; of equal
    /// leads the lot that stands first in the plan. A supplier keeps the lots in which the buyer would lose most without it.
    LargestLead,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_a_lot_is_short_and_plain() {
        for text in ["1", "NORTH", "A-2.1"] {
            assert_eq!(text.parse::<LotCode>().unwrap().to_string(), text);
        }
        for text in ["", "Lot 1", "é", &"x".repeat(31)] {
            assert!(text.parse::<LotCode>().is_err(), "{text}");
        }
        assert!(serde_json::from_str::<LotCode>("\"A B\"").is_err());
    }
}
