//! What a bid says.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code::CriterionCode;
use super::lot::LotCode;
use super::participation::Participation;
use crate::amount::{Money, Quantity};
use crate::catalogue::MeasureRef;
use crate::time::Period;

/// A promised quantity of a measure, in a period, at a place. At award it becomes a KPI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Commitment {
    /// What is promised.
    pub measure: MeasureRef,
    /// How much, in the measure's unit and scale.
    pub quantity: Quantity,
    /// When.
    pub period: Period,
    /// Where: a two-letter country (ISO 3166-1) or a place code within it, such as `KR-11`.
    pub place: String,
}

/// The content of a bid. It is sealed until the opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BidContent {
    /// The lot that the bid is for. It is sealed with the rest.
    pub lot: LotCode,
    /// The price of the whole.
    pub price: Money,
    /// Prices of single items, by the criterion that scores the item.
    #[serde(default)]
    pub item_prices: BTreeMap<CriterionCode, Money>,
    /// What the supplier promises to deliver.
    #[serde(default)]
    pub commitments: Vec<Commitment>,
    /// Who does which part of the work.
    pub participations: Vec<Participation>,
    /// Answers in words, by the criterion that asks; self-cleaning, by the exclusion ground that the bid declares. They
    /// stand in the log as hashes only.
    #[serde(default)]
    pub answers: BTreeMap<CriterionCode, String>,
    /// Whether the supplier declares to meet each pass/fail criterion and condition of participation, and to be clear of
    /// each exclusion ground.
    #[serde(default)]
    pub declarations: BTreeMap<CriterionCode, bool>,
}

impl BidContent {
    /// The criteria that are answered in words. That there is an answer is public, the text is not.
    pub fn answered(&self) -> BTreeSet<CriterionCode> {
        self.answers.keys().cloned().collect()
    }
}
