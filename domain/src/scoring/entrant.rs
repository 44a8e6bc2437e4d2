//! What the evaluation knows of each bid.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::amount::Money;
use crate::ids::{BidId, OrganisationId, SealedId};
use crate::log::commitment::Opening;
use crate::log::hash::Hash;
use crate::organisation::certification::SeoKind;
use crate::tender::bid::{BidContent, Commitment};
use crate::tender::code::CriterionCode;
use crate::tender::disclosure::BidField;
use crate::tender::lot::LotCode;
use crate::tender::participation::Participation;
use crate::tender::plan::Plan;
use crate::time::Time;

/// A bid that was opened, is valid and was not excluded by a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrant {
    /// The bid.
    pub bid: BidId,
    /// Its sealed entry, whose random id decides its lot.
    pub sealed: SealedId,
    /// Who bids.
    pub supplier: OrganisationId,
    /// The lot that the bid is for.
    pub lot: LotCode,
    /// When its last byte arrived.
    pub received_at: Time,
    /// What is known of its content.
    pub content: KnownContent,
    /// The consensus level of each judged criterion, in the points of its table.
    pub levels: BTreeMap<CriterionCode, u32>,
    /// The organisations, other than the bidder, that confirmed exactly the share that the bid states for them
    /// ([`crate::tender::confirmation::confirmed`]).
    pub confirmed: BTreeSet<OrganisationId>,
}

/// The content of a bid as far as the reader may know it: the service knows all, a stranger what the log discloses. What is
/// not known is `None`, and never zero.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownContent {
    /// The price of the whole.
    pub price: Option<Money>,
    /// Prices of single items.
    pub item_prices: Option<BTreeMap<CriterionCode, Money>>,
    /// Promised quantities.
    pub commitments: Option<Vec<Commitment>>,
    /// Who does which part.
    pub participations: Option<Vec<Participation>>,
    /// Declarations on pass/fail criteria.
    pub declarations: Option<BTreeMap<CriterionCode, bool>>,
    /// Which criteria are answered in words.
    pub answered: Option<BTreeSet<CriterionCode>>,
}

impl From<BidContent> for KnownContent {
    fn from(content: BidContent) -> Self {
        Self {
            answered: Some(content.answered()),
            price: Some(content.price),
            item_prices: Some(content.item_prices),
            commitments: Some(content.commitments),
            participations: Some(content.participations),
            declarations: Some(content.declarations),
        }
    }
}

impl KnownContent {
    /// What an opening publishes. The error names the field whose value has not its form.
    pub fn from_opening(opening: &Opening) -> Result<Self, BidField> {
        Ok(Self {
            price: published(opening, BidField::Price)?,
            item_prices: published(opening, BidField::ItemPrices)?,
            commitments: published(opening, BidField::Commitments)?,
            participations: published(opening, BidField::Participations)?,
            declarations: published(opening, BidField::Declarations)?,
            answered: published(opening, BidField::Answered)?,
        })
    }
}

fn published<T: for<'de> serde::Deserialize<'de>>(
    opening: &Opening,
    field: BidField,
) -> Result<Option<T>, BidField> {
    let value = opening.fields.get(field.as_str()).ok_or(field)?;
    let parse = |value: &Value| serde_json::from_value(value.clone()).map_err(|_| field);
    value.value().map(parse).transpose()
}

/// What the evaluation knows beside the bids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Organisations with the kinds of certification that were valid on the plan's certification day, as far as the log
    /// knew at the opening.
    pub certified: BTreeSet<(OrganisationId, SeoKind)>,
    /// The seed of the drawn lot ([`super::draw::seed`]).
    pub seed: Hash,
}

impl Facts {
    /// Collects the certifications that the plan's rules ask about. `certified` says whether an organisation had a valid
    /// certification of a kind on [`Plan::certification_day`], as far as the log knew at the opening.
    pub fn gather(
        plan: &Plan,
        entrants: &[Entrant],
        seed: Hash,
        certified: impl Fn(OrganisationId, SeoKind) -> bool,
    ) -> Self {
        let leaves = plan.leaves().unwrap_or_default();
        let kinds: BTreeSet<SeoKind> = leaves
            .iter()
            .flat_map(|leaf| leaf.rule.certification_kinds())
            .collect();
        let named = entrants
            .iter()
            .filter_map(|entrant| entrant.content.participations.as_ref())
            .flatten()
            .map(|participation| participation.organisation);
        let organisations: BTreeSet<OrganisationId> = entrants
            .iter()
            .map(|entrant| entrant.supplier)
            .chain(named)
            .collect();
        let pairs = organisations
            .into_iter()
            .flat_map(|organisation| kinds.iter().map(move |kind| (organisation, *kind)));
        Self {
            certified: pairs
                .filter(|(organisation, kind)| certified(*organisation, *kind))
                .collect(),
            seed,
        }
    }
}
