//! What of a bid is shown to whom after the opening.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The fields of a bid that are disclosed or withheld one by one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum BidField {
    /// The price of the whole.
    Price,
    /// Prices of single items.
    ItemPrices,
    /// Promised quantities.
    Commitments,
    /// Who does which part.
    Participations,
    /// Declarations on pass/fail criteria.
    Declarations,
    /// Answers in words.
    Answers,
    /// Which criteria are answered in words; always public, since a mark may depend on it.
    Answered,
}

impl BidField {
    /// Every field.
    pub const ALL: [Self; 7] = [
        Self::Price,
        Self::ItemPrices,
        Self::Commitments,
        Self::Participations,
        Self::Declarations,
        Self::Answers,
        Self::Answered,
    ];

    /// The name of the field in sealed content and openings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::ItemPrices => "item_prices",
            Self::Commitments => "commitments",
            Self::Participations => "participations",
            Self::Declarations => "declarations",
            Self::Answers => "answers",
            Self::Answered => "answered",
        }
    }
}

impl std::fmt::Display for BidField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who may see a field after the opening.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Disclosure {
    /// Everyone: it stands in the log.
    #[default]
    Public,
    /// The buyer and the bidders for the same lot. The log holds a salted hash.
    Parties,
    /// The buyer alone, for a ground that the plan names. The log holds a salted hash.
    Withheld {
        /// Why, such as `trade secrets`.
        ground: String,
    },
}

/// The disclosure of each field of a bid.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DisclosurePlan {
    /// The price of the whole.
    pub price: Disclosure,
    /// Prices of single items.
    pub item_prices: Disclosure,
    /// Promised quantities; always public, since they become KPIs that anyone can follow.
    pub commitments: Disclosure,
    /// Who does which part.
    pub participations: Disclosure,
    /// Declarations on pass/fail criteria.
    pub declarations: Disclosure,
    /// Answers in words. They may name people, so even public ones stand in the log as salted hashes, and the text is
    /// served beside it, where it can be erased.
    pub answers: Disclosure,
}

impl DisclosurePlan {
    /// Who may see a field.
    pub fn of(&self, field: BidField) -> &Disclosure {
        match field {
            BidField::Price => &self.price,
            BidField::ItemPrices => &self.item_prices,
            BidField::Commitments => &self.commitments,
            BidField::Participations => &self.participations,
            BidField::Declarations => &self.declarations,
            BidField::Answers => &self.answers,
            BidField::Answered => &Disclosure::Public,
        }
    }

    /// Whether the value of a field stands in the log after the opening.
    pub fn in_log(&self, field: BidField) -> bool {
        field != BidField::Answers && *self.of(field) == Disclosure::Public
    }

    /// Whether every field that a result may follow from stands in the log once all envelopes are open, so that a stranger
    /// can make the result again. Answers are judged by the panel, and no result follows from their text.
    pub fn shows_results(&self) -> bool {
        let mut fields = BidField::ALL.into_iter();
        fields.all(|field| field == BidField::Answers || self.in_log(field))
    }

    /// Whether what a rule reads stands in the log; a rule that reads no field of the bid reads what is always public.
    pub fn shows(&self, fields: &[BidField]) -> bool {
        fields.iter().all(|field| self.in_log(*field))
    }
}
