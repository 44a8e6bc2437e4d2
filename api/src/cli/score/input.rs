//! The input of `commonweal score`: a plan and its bids as people type them. `docs/score-input.schema.json` describes it.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::Value;

/// A plan and its bids.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// What it is about.
    pub(super) title: Option<String>,
    /// Three letters, such as EUR.
    pub(super) currency: String,
    /// Decimal places of a mark.
    #[serde(default = "four")]
    pub(super) mark_scale: u8,
    /// How marks make a ranking.
    pub(super) method: Option<Value>,
    /// The tree of criteria.
    pub(super) criteria: Vec<CriterionInput>,
    /// What decides ties; the drawn lot is added at the end.
    #[serde(default)]
    pub(super) tie_breaks: Vec<Value>,
    /// Bids below are excluded.
    pub(super) minimum_price: Option<Decimal>,
    /// From which price on a bid is asked to explain itself.
    pub(super) low_prices: Option<LowPricesInput>,
    /// From which pledge on a bid is asked to explain itself.
    #[serde(default)]
    pub(super) plausible_rates: Vec<RateInput>,
    /// What measures are worth in money, for criteria that score it.
    pub(super) proxies: Option<Value>,
    /// The measures that criteria count.
    #[serde(default)]
    pub(super) measures: Vec<MeasureInput>,
    /// The price around which price equivalents are stated.
    pub(super) reference_price: Option<Decimal>,
    /// 64 hexadecimal digits for draws and simulations.
    pub(super) seed: Option<String>,
    /// The bids.
    pub(super) bids: Vec<BidInput>,
}

/// A criterion: either `rule` or `children`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CriterionInput {
    /// Code, unique in the plan.
    pub(super) code: String,
    /// What people call it; the code where it is missing.
    pub(super) title: Option<String>,
    /// Percent among its siblings.
    pub(super) weight: Decimal,
    /// The scoring rule by name, with its parameters.
    pub(super) rule: Option<Value>,
    /// The criteria below it.
    pub(super) children: Option<Vec<CriterionInput>>,
    /// What the buyer declares of it.
    pub(super) declared: Option<Value>,
}

/// The rule for low prices, in percent; what is missing is Spain's.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LowPricesInput {
    pub(super) budget: Option<Decimal>,
    pub(super) one_below_budget: Option<Decimal>,
    pub(super) two_below_other: Option<Decimal>,
    pub(super) three_below_mean: Option<Decimal>,
    pub(super) three_left_out_above_mean: Option<Decimal>,
    pub(super) three_below_budget: Option<Decimal>,
    pub(super) more_below_mean: Option<Decimal>,
    pub(super) more_left_out_above_mean: Option<Decimal>,
    pub(super) more_fewest_in_mean: Option<u32>,
}

/// The most of a measure per part of the price.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RateInput {
    pub(super) measure: String,
    pub(super) quantity: Decimal,
    pub(super) per: Decimal,
}

/// A measure that criteria count.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MeasureInput {
    pub(super) code: String,
    pub(super) unit: String,
    /// Decimal places of its quantities.
    #[serde(default)]
    pub(super) scale: u8,
    /// How a verifier checks it.
    #[serde(default)]
    pub(super) verification_method: String,
    /// Kinds of evidence.
    #[serde(default)]
    pub(super) evidence: Vec<String>,
}

/// A bid.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BidInput {
    /// Its name in every output.
    pub(super) name: String,
    /// Who owns the bidder; bids of one owner are left out together.
    pub(super) owner: Option<String>,
    /// The price of the whole.
    pub(super) price: Decimal,
    /// Prices of single items by criterion.
    #[serde(default)]
    pub(super) item_prices: BTreeMap<String, Decimal>,
    /// The panel's level by criterion.
    #[serde(default)]
    pub(super) levels: BTreeMap<String, u32>,
    /// The evaluators' marks by criterion, for the noise of the panel.
    #[serde(default)]
    pub(super) evaluators: BTreeMap<String, Vec<u32>>,
    /// Promised quantities by measure.
    #[serde(default)]
    pub(super) commitments: BTreeMap<String, Decimal>,
    /// Kinds of certification that the bidder holds.
    #[serde(default)]
    pub(super) certified: Vec<Value>,
    /// Others who do part of the work; what they leave is the bidder's.
    #[serde(default)]
    pub(super) partners: Vec<PartnerInput>,
    /// Whether the bidder declares to meet each pass/fail criterion.
    #[serde(default)]
    pub(super) declarations: BTreeMap<String, bool>,
    /// Criteria that it answers in words, where a figure counts only with a method statement.
    #[serde(default)]
    pub(super) answered: Vec<String>,
    /// When it arrived, as RFC 3339.
    pub(super) received_at: Option<String>,
}

/// An organisation that does part of the work beside the bidder.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartnerInput {
    pub(super) name: String,
    /// Its part of the whole, such as 0.3.
    pub(super) share: Decimal,
    /// Kinds of certification that it holds.
    #[serde(default)]
    pub(super) certified: Vec<Value>,
    /// Whether it confirmed its share itself; what is not confirmed counts nothing.
    #[serde(default = "yes")]
    pub(super) confirmed: bool,
}

fn yes() -> bool {
    true
}

fn four() -> u8 {
    4
}

/// A number as decimal text, from a text, a whole number, or a short decimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal(pub(super) String);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DecimalVisitor)
    }
}

struct DecimalVisitor;

impl Visitor<'_> for DecimalVisitor {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number such as 100 or \"100.50\"")
    }

    fn visit_str<E>(self, text: &str) -> Result<Decimal, E> {
        Ok(Decimal(text.to_owned()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Decimal, E> {
        Ok(Decimal(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Decimal, E> {
        Ok(Decimal(number.to_string()))
    }

    /// JSON only: the shortest text of a double is the one that was typed, up to 15 digits.
    fn visit_f64<E>(self, number: f64) -> Result<Decimal, E> {
        Ok(Decimal(number.to_string()))
    }
}
