//! Bids after the opening.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use commonweal_app::read::bid::{BidView, ExclusionView};
use commonweal_domain::ids::{BidId, CatalogueId, OrganisationId, TenderId};
use commonweal_domain::tender as domain;
use commonweal_domain::tender::{entries, validity};

use super::abnormal::Explanation;
use super::admission::AdmissionDecision;
use super::amounts::{Money, Period, Quantity};
use super::catalogue::{self, Catalogue};
use super::comparison::BidComparison;
use super::context::loader;
use super::evaluation::{ConsensusMark, Mark};
use super::ledger::{self, LedgerEntry};
use super::letter::{Language, Letter, LetterOf};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::panel::AgreedLevel;
use super::process::SentLetter;
use super::scalars::{BigInt, DateTime, Decimal};
use super::scorecard::Scorecard;
use super::tender::{self, Tender};
use super::tender_loaders::{
    ComparisonOf, ConsensusOf, DiscussionOf, ExplanationsOf, MarksOf, ScorecardOf, SentLetterOf,
};

/// What the opening found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "validity::Validity")]
pub enum Validity {
    /// The bid takes part.
    Valid,
    /// The opening is not what was sealed, or names another tender or supplier.
    CommitmentMismatch,
    /// The content does not answer the plan.
    Content,
}

/// What kind of note it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ValidityNoteKind {
    /// The organisation, or one above it, did not confirm the share that the bid states: its part counts nothing for social
    /// economy organisations.
    NotConfirmed,
}

/// Something that the opening found and that does not make a bid invalid.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ValidityNote {
    /// What it is.
    kind: ValidityNoteKind,
    #[graphql(skip)]
    organisation_id: OrganisationId,
}

#[ComplexObject]
impl ValidityNote {
    /// The organisation that it is about.
    async fn organisation(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.organisation_id).await
    }
}

/// Why a decision excludes a bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "entries::ExclusionGround")]
pub enum ExclusionGround {
    /// The law excludes the supplier.
    Mandatory,
    /// The law lets the buyer exclude the supplier.
    Discretionary,
    /// The supplier does not meet a condition of participation.
    ConditionOfParticipation,
    /// The bid does not comply with the tender.
    NonCompliant,
    /// The bid is abnormal, and its explanation does not account for it.
    Abnormal,
}

/// A decision that excluded a bid.
#[derive(Debug, Clone, SimpleObject)]
pub struct Exclusion {
    /// The kind of ground.
    ground: ExclusionGround,
    /// Why; null for the public, and when the text was erased.
    reason: Option<String>,
    /// Log index of the decision.
    entry_index: BigInt,
}

impl From<ExclusionView> for Exclusion {
    fn from(view: ExclusionView) -> Self {
        Self {
            ground: view.ground.into(),
            reason: view.reason,
            entry_index: view.entry_index.into(),
        }
    }
}

/// The price of a single item.
#[derive(Debug, Clone, SimpleObject)]
pub struct ItemPrice {
    /// The criterion that scores the item.
    criterion: String,
    /// The price.
    price: Money,
}

/// A promised quantity of a measure, in a period, at a place.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Commitment {
    /// The code of the measure.
    measure: String,
    /// How much.
    quantity: Quantity,
    /// When.
    period: Period,
    /// Where: a two-letter country or a place code within it.
    place: String,
    #[graphql(skip)]
    catalogue_id: CatalogueId,
}

#[ComplexObject]
impl Commitment {
    /// The catalogue version that has the measure.
    async fn catalogue(&self, context: &Context<'_>) -> async_graphql::Result<Option<Catalogue>> {
        catalogue::load(context, self.catalogue_id).await
    }
}

impl From<domain::Commitment> for Commitment {
    fn from(commitment: domain::Commitment) -> Self {
        Self {
            measure: commitment.measure.code.to_string(),
            quantity: Quantity::from(&commitment.quantity),
            period: commitment.period.into(),
            place: commitment.place,
            catalogue_id: commitment.measure.catalogue,
        }
    }
}

/// The part of an organisation in a bid, or in the contract that the bid led to.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Participation {
    /// Its share of the contract value, or of the part of the organisation above it, 0 to 1.
    share: Decimal,
    /// Whether the bidder stands for it with its signature, or the organisation and each one above it confirmed their
    /// shares before the deadline. What is not confirmed counts nothing for social economy organisations.
    confirmed: bool,
    #[graphql(skip)]
    organisation_id: OrganisationId,
    #[graphql(skip)]
    under_id: Option<OrganisationId>,
}

impl Participation {
    /// A part that the bidder signed or that was confirmed.
    pub(super) fn binding(part: &domain::Participation) -> Self {
        Self {
            share: Decimal(part.share.to_string()),
            confirmed: true,
            organisation_id: part.organisation,
            under_id: part.under,
        }
    }
}

#[ComplexObject]
impl Participation {
    /// Who takes part.
    async fn organisation(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.organisation_id).await
    }

    /// The organisation whose part it takes a share of; null for the bidder and the members of its consortium.
    async fn under(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        match self.under_id {
            Some(id) => organisation::load(context, id).await,
            None => Ok(None),
        }
    }
}

/// An answer in words.
#[derive(Debug, Clone, SimpleObject)]
pub struct Answer {
    /// The criterion that asks, or the exclusion ground whose self-cleaning it describes.
    criterion: String,
    /// The answer.
    text: String,
}

/// A declaration on a pass/fail criterion, a condition of participation or an exclusion ground.
#[derive(Debug, Clone, SimpleObject)]
pub struct Declaration {
    /// The code of the criterion, condition or ground.
    criterion: String,
    /// Whether the supplier declares to meet it, or to be clear of the ground.
    meets: bool,
}

/// A bid after the opening. A field that the plan withholds from the caller is null.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Bid {
    /// Opaque id.
    pub(super) id: ID,
    /// The random id of its sealed entry in the log.
    sealed_id: ID,
    /// The code of the lot that it is for.
    lot: String,
    /// When its last byte arrived.
    received_at: DateTime,
    /// What the opening found; a bid that is not valid takes no part.
    validity: Validity,
    /// What the opening found beside it; none of it makes the bid invalid.
    validity_notes: Vec<ValidityNote>,
    /// The standing decisions on conditions of participation and exclusion grounds.
    admission: Vec<AdmissionDecision>,
    /// The decision that excluded it.
    exclusion: Option<Exclusion>,
    /// The price of the whole.
    price: Option<Money>,
    /// Prices of single items.
    item_prices: Option<Vec<ItemPrice>>,
    /// What the supplier promises to deliver.
    commitments: Option<Vec<Commitment>>,
    /// Who does which part of the work.
    participations: Option<Vec<Participation>>,
    /// Declarations on pass/fail criteria, conditions of participation and exclusion grounds.
    declarations: Option<Vec<Declaration>>,
    /// Answers in words.
    answers: Option<Vec<Answer>>,
    /// Log index of its opening.
    entry_index: BigInt,
    #[graphql(skip)]
    key: BidId,
    #[graphql(skip)]
    tender_id: TenderId,
    #[graphql(skip)]
    supplier_id: OrganisationId,
}

impl From<BidView> for Bid {
    fn from(view: BidView) -> Self {
        let content = view.content;
        let item = |(criterion, price): (domain::CriterionCode, _)| ItemPrice {
            criterion: criterion.to_string(),
            price: Money::from(price),
        };
        let part = |part: domain::Participation| Participation {
            confirmed: !view.unconfirmed.contains(&part.organisation),
            ..Participation::binding(&part)
        };
        let declared = |(criterion, meets): (domain::CriterionCode, bool)| Declaration {
            criterion: criterion.to_string(),
            meets,
        };
        let answer = |(criterion, text): (domain::CriterionCode, String)| Answer {
            criterion: criterion.to_string(),
            text,
        };
        let note = |id: &OrganisationId| ValidityNote {
            kind: ValidityNoteKind::NotConfirmed,
            organisation_id: *id,
        };
        let notes = view.unconfirmed.iter().map(note).collect();
        Self {
            id: node_id(view.id),
            sealed_id: node_id(view.sealed),
            lot: view.lot.to_string(),
            received_at: DateTime(view.received_at),
            validity: view.validity.into(),
            validity_notes: notes,
            admission: view.admission.into_iter().map(Into::into).collect(),
            exclusion: view.exclusion.map(Into::into),
            price: content.price.map(Into::into),
            item_prices: content
                .item_prices
                .map(|all| all.into_iter().map(item).collect()),
            commitments: content
                .commitments
                .map(|all| all.into_iter().map(Into::into).collect()),
            participations: content
                .participations
                .map(|all| all.into_iter().map(part).collect()),
            declarations: content
                .declarations
                .map(|all| all.into_iter().map(declared).collect()),
            answers: content
                .answers
                .map(|all| all.into_iter().map(answer).collect()),
            entry_index: view.entry_index.into(),
            key: view.id,
            tender_id: view.tender,
            supplier_id: view.supplier,
        }
    }
}

#[ComplexObject]
impl Bid {
    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }

    /// Its tender.
    async fn tender(&self, context: &Context<'_>) -> async_graphql::Result<Option<Tender>> {
        tender::load(context, self.tender_id).await
    }

    /// Who bids.
    async fn supplier(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.supplier_id).await
    }

    /// Every number of its evaluation; null without a ranking, and for a bid that takes no part in it.
    async fn scorecard(&self, context: &Context<'_>) -> async_graphql::Result<Option<Scorecard>> {
        let found = loader(context)?.load_one(ScorecardOf(self.key)).await?;
        Ok(found.map(Into::into))
    }

    /// The bid beside the winner; null for the winner itself, and for a bid that is not ranked.
    async fn comparison(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<BidComparison>> {
        let found = loader(context)?.load_one(ComparisonOf(self.key)).await?;
        Ok(found.map(Into::into))
    }

    /// The letter that tells the bidder the decision, with reasons: for the bidder once the award is approved, for the buyer's
    /// officers and chair from the ranking on; null for everyone else.
    async fn letter(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The language.")] language: Language,
    ) -> async_graphql::Result<Option<Letter>> {
        let found = loader(context)?
            .load_one(LetterOf(self.key, language))
            .await?;
        Ok(found.map(Into::into))
    }

    /// The evaluators' marks that the caller may see: their own, for the panel all in moderation, for everyone all once the
    /// award is approved.
    async fn marks(&self, context: &Context<'_>) -> async_graphql::Result<Vec<Mark>> {
        let found = loader(context)?.load_one(MarksOf(self.key)).await?;
        Ok(found
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect())
    }

    /// What looked abnormal in it, was asked, explained and decided.
    async fn explanations(&self, context: &Context<'_>) -> async_graphql::Result<Vec<Explanation>> {
        let found = loader(context)?.load_one(ExplanationsOf(self.key)).await?;
        let explanations = found.unwrap_or_default();
        Ok(explanations.into_iter().map(Into::into).collect())
    }

    /// The letter with reasons, for its supplier and the buyer; null for others.
    async fn sent_letter(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<SentLetter>> {
        let found = loader(context)?.load_one(SentLetterOf(self.key)).await?;
        Ok(found.map(Into::into))
    }

    /// Every level that the panel set in moderation, version by version: for the panel while it discusses, for everyone once
    /// the consensus is signed.
    async fn discussion(&self, context: &Context<'_>) -> async_graphql::Result<Vec<AgreedLevel>> {
        let found = loader(context)?.load_one(DiscussionOf(self.key)).await?;
        Ok(found
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect())
    }

    /// The levels that the panel agreed on.
    async fn consensus(&self, context: &Context<'_>) -> async_graphql::Result<Vec<ConsensusMark>> {
        let found = loader(context)?.load_one(ConsensusOf(self.key)).await?;
        Ok(found
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect())
    }
}

/// A bid through the request's loader.
pub(crate) async fn load(context: &Context<'_>, id: BidId) -> async_graphql::Result<Option<Bid>> {
    Ok(loader(context)?.load_one(id).await?.map(Into::into))
}

/// Queries on bids.
#[derive(Debug, Default)]
pub struct BidQuery;

#[Object]
impl BidQuery {
    /// One bid after the opening.
    async fn bid(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<Bid>> {
        load(context, parse_id("id", &id)?).await
    }
}
