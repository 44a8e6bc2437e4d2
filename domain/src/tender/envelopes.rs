//! Two envelopes: with [`Envelopes::Two`] the opening shows everything but the prices. They stay hashes until the consensus
//! on quality is signed and two people open them, against the commitment that was sealed.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::disclosure::BidField;
use super::lot::LotCode;
use super::plan::{Envelopes, Plan};
use super::validity::{Validity, check_known};
use crate::catalogue::Catalogue;
use crate::ids::{BidId, OrganisationId};
use crate::log::commitment::{CommitmentError, Opening, PublishedField, SealedContent};
use crate::log::hash::{Hash, sha256};
use crate::scoring::exclusion::{Ground, grounds};
use crate::scoring::{Entrant, Facts, KnownContent};

impl Envelopes {
    /// Whether a field of a bid stays closed at the opening.
    pub fn closes(self, field: BidField) -> bool {
        self == Self::Two && matches!(field, BidField::Price | BidField::ItemPrices)
    }
}

impl Plan {
    /// Whether the sealed field of a name lies in the second envelope.
    pub fn closes(&self, name: &str) -> bool {
        BidField::ALL
            .into_iter()
            .any(|field| field.as_str() == name && self.envelopes.closes(field))
    }

    /// Whether the opening of a bid publishes the sealed field of a name ([`SealedContent::open`]).
    pub fn publishes(&self, name: &str) -> bool {
        self.disclosure.publishes(name) && !self.closes(name)
    }

    /// Sealed content without what lies in the second envelope: what may rest in clear until the prices are opened.
    #[must_use]
    pub fn without_prices(&self, mut content: SealedContent) -> SealedContent {
        content.fields.retain(|name, _| !self.closes(name));
        content
    }
}

/// The commitments of the fields in a second envelope, as the opening of the bid left them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedPrices {
    price: Hash,
    item_prices: Hash,
}

impl ClosedPrices {
    /// What the opening of a bid withholds for the second envelope; none when a field is missing.
    pub fn of(opening: &Opening) -> Option<Self> {
        let hash = |field: BidField| {
            let name = field.as_str();
            opening.fields.get(name)?.commitment(name).ok()
        };
        Some(Self {
            price: hash(BidField::Price)?,
            item_prices: hash(BidField::ItemPrices)?,
        })
    }
}

/// The second envelope of a bid: its price fields, published or withheld as the plan says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceEnvelope {
    /// The price of the whole.
    pub price: PublishedField,
    /// Prices of single items.
    pub item_prices: PublishedField,
}

impl PriceEnvelope {
    /// The envelope from an opening that publishes or withholds its fields; none when one is missing.
    pub fn of(opening: &Opening) -> Option<Self> {
        let field = |field: BidField| opening.fields.get(field.as_str()).cloned();
        Some(Self {
            price: field(BidField::Price)?,
            item_prices: field(BidField::ItemPrices)?,
        })
    }

    /// What the envelope commits to.
    pub fn commitments(&self) -> Result<ClosedPrices, CommitmentError> {
        Ok(ClosedPrices {
            price: self.price.commitment(BidField::Price.as_str())?,
            item_prices: self.item_prices.commitment(BidField::ItemPrices.as_str())?,
        })
    }

    /// Whether each field is published exactly where the plan discloses it.
    pub fn is_disclosed_as(&self, plan: &Plan) -> bool {
        let fits = |field: BidField, shown: &PublishedField| {
            plan.disclosure.in_log(field) == shown.value().is_some()
        };
        fits(BidField::Price, &self.price) && fits(BidField::ItemPrices, &self.item_prices)
    }

    /// Judges the envelope by what it publishes: whether it is what was sealed and answers the plan, and what is known of
    /// the prices when it does.
    pub fn judge(
        &self,
        plan: &Plan,
        catalogue: &Catalogue,
        (supplier, lot): (OrganisationId, &LotCode),
        closed: &ClosedPrices,
    ) -> (Validity, KnownContent) {
        let nothing = KnownContent::default;
        if self.commitments().as_ref() != Ok(closed) {
            return (Validity::CommitmentMismatch, nothing());
        }
        let price = self.price.value().cloned();
        let items = self.item_prices.value().cloned();
        let price = price.map(serde_json::from_value).transpose();
        let items = items.map(serde_json::from_value).transpose();
        let (Ok(price), Ok(item_prices)) = (price, items) else {
            return (Validity::Content, nothing());
        };
        let known = KnownContent {
            price,
            item_prices,
            ..KnownContent::default()
        };
        match check_known(plan, catalogue, supplier, lot, &known) {
            Ok(()) => (Validity::Valid, known),
            Err(_) => (Validity::Content, nothing()),
        }
    }
}

/// Whether the plan excludes a bid on grounds of quality. Its second envelope then stays closed.
pub fn stays_closed(plan: &Plan, entrant: &Entrant) -> bool {
    !quality_grounds(plan, entrant).is_empty()
}

fn quality_grounds(plan: &Plan, entrant: &Entrant) -> Vec<Ground> {
    let Some(lot) = plan.lot(&entrant.lot) else {
        return Vec::new();
    };
    let leaves = plan.leaves_of(lot).unwrap_or_default();
    // No exclusion asks for certifications or for the lot.
    let facts = Facts {
        certified: BTreeSet::new(),
        seed: sha256(&[]),
    };
    grounds(plan, lot, &leaves, entrant, &facts)
        .into_iter()
        .filter(|ground| *ground != Ground::BelowMinimumPrice)
        .collect()
}

/// Whether the envelopes that are said to be opened and closed are those that the plan says, as far as a stranger sees
/// the grounds. Answers the first bid that is in the wrong list, in both or in none.
pub(super) fn misplaced(
    plan: &Plan,
    entrants: &[Entrant],
    opened: &[BidId],
    closed: &[BidId],
) -> Option<BidId> {
    let (open, shut): (BTreeSet<_>, BTreeSet<_>) = (
        opened.iter().copied().collect(),
        closed.iter().copied().collect(),
    );
    let hidden = !plan.disclosure.in_log(BidField::Declarations);
    let wrong = |entrant: &Entrant| {
        let in_open = open.contains(&entrant.bid);
        if in_open == shut.contains(&entrant.bid) {
            return true;
        }
        let excluded = stays_closed(plan, entrant);
        // A condition that failed in a declaration that nobody sees can only be attested.
        excluded == in_open && (excluded || !hidden)
    };
    let known: BTreeSet<BidId> = entrants.iter().map(|entrant| entrant.bid).collect();
    let strange = opened.iter().chain(closed).find(|bid| !known.contains(bid));
    let twice = opened.len() != open.len() || closed.len() != shut.len();
    let first = twice.then(|| opened.first().or(closed.first())).flatten();
    strange
        .or(first)
        .copied()
        .or_else(|| Some(entrants.iter().find(|entrant| wrong(entrant))?.bid))
}
