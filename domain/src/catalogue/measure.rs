//! A measure: what is counted, in which unit, and how it is checked.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::counting::Counting;
use crate::amount::{AmountError, Quantity, Share, Unit};
use crate::ids::CatalogueId;
use crate::log::schema;
use crate::policy::Confidence;

/// The code of a measure within its catalogue, such as `JOBS-1`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = schema::CODE))]
pub struct MeasureCode(String);

/// Why a catalogue is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCatalogue {
    /// No measure.
    #[error("the catalogue has no measure: add at least one")]
    Empty,
    /// A code twice.
    #[error("the measure code `{}` stands twice: codes are unique within a catalogue", .0.as_str())]
    Twice(MeasureCode),
    /// Not a code.
    #[error("`{0}` is not a measure code: expected 1 to 30 letters, digits, `-` or `.`")]
    Code(String),
    /// A scale that is too fine.
    #[error("the measure `{}` has {scale} decimal places: at most {max}", .code.as_str(), max = Quantity::MAX_SCALE)]
    Scale {
        /// The measure.
        code: MeasureCode,
        /// Its scale.
        scale: u8,
    },
    /// Counting rules that mean nothing.
    #[error("the counting rules of the measure `{}` are wrong: {problem}", .code.as_str())]
    Counting {
        /// The measure.
        code: MeasureCode,
        /// What is wrong.
        problem: &'static str,
    },
}

impl MeasureCode {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MeasureCode {
    type Err = InvalidCatalogue;
    fn from_str(text: &str) -> Result<Self, InvalidCatalogue> {
        let known = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
        if (1..=30).contains(&text.len()) && text.bytes().all(known) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidCatalogue::Code(text.chars().take(60).collect()))
        }
    }
}

impl TryFrom<String> for MeasureCode {
    type Error = InvalidCatalogue;
    fn try_from(text: String) -> Result<Self, InvalidCatalogue> {
        text.parse()
    }
}

impl From<MeasureCode> for String {
    fn from(code: MeasureCode) -> Self {
        code.0
    }
}

impl fmt::Display for MeasureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A measure of one catalogue version.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct MeasureRef {
    /// The catalogue version.
    pub catalogue: CatalogueId,
    /// The measure's code in it.
    pub code: MeasureCode,
}

/// Whether a measure is counted or described.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    /// Counted in a unit.
    Quantitative,
    /// Described in words and marked by people.
    Qualitative,
}

/// What is counted, in which unit, and how a claim of it is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Code, unique in the catalogue.
    pub code: MeasureCode,
    /// The theme to which its outcome belongs.
    pub theme: String,
    /// The outcome that it measures.
    pub outcome: String,
    /// What people call it.
    pub title: String,
    /// Counted or described.
    pub kind: MeasureKind,
    /// The unit; for a described measure the unit of its statements.
    pub unit: Unit,
    /// Decimal places of the smallest unit, 0 to 6. One credit is one smallest unit.
    pub scale: u8,
    /// Kinds of evidence that a claim must carry at least one of, such as `payroll`.
    pub evidence: Vec<String>,
    /// How a verifier checks it.
    pub verification_method: String,
    /// Whether surplus credits of it may change hands; outcomes of identified persons may not.
    pub transferable: bool,
    /// Part that would have happened anyway, taken off outcomes outside contracts. Where it is not known, outcomes outside
    /// contracts earn no credits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadweight: Option<Share>,
    /// What of a delivery counts.
    #[serde(default, skip_serializing_if = "Counting::is_empty")]
    pub counting: Counting,
    /// Where the measure is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How sure it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
}

impl Measure {
    /// Parses a quantity in this measure's unit.
    pub fn quantity(&self, text: &str) -> Result<Quantity, AmountError> {
        Quantity::parse(text, self.scale, self.unit.clone())
    }

    /// Whether a quantity is in this measure's unit and scale.
    pub fn measures(&self, quantity: &Quantity) -> bool {
        quantity.unit() == &self.unit && quantity.scale() == self.scale
    }

    pub(super) fn check(&self) -> Result<(), InvalidCatalogue> {
        if self.scale > Quantity::MAX_SCALE {
            return Err(InvalidCatalogue::Scale {
                code: self.code.clone(),
                scale: self.scale,
            });
        }
        match self.counting.problem() {
            None => Ok(()),
            Some(problem) => Err(InvalidCatalogue::Counting {
                code: self.code.clone(),
                problem,
            }),
        }
    }
}
