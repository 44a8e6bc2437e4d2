//! Bids as input, and the mutations of bids.

use std::collections::BTreeMap;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::bid as usecase;
use commonweal_domain::catalogue::{Catalogue, MeasureRef};
use commonweal_domain::ids::{CatalogueId, OrganisationId, SealedId, TenderId};
use commonweal_domain::tender as domain;
use commonweal_domain::tender::CriterionCode;

use super::amounts::{MoneyInput, PeriodInput, parse_quantity, wrong};
use super::bid::{self, Bid, ExclusionGround};
use super::context::{actor, app, loader, received_at, settle};
use super::errors::Code;
use super::node::{node_id, parse_id};
use super::payload::payloads;
use super::scalars::{BigInt, DateTime, Decimal, Sha256};
use super::sealed_bid::{self, SealedBid};
use super::tender::settle_input;

/// The price of a single item.
#[derive(Debug, InputObject)]
pub struct ItemPriceInput {
    /// The criterion that scores the item.
    criterion: String,
    /// The price.
    price: MoneyInput,
}

/// A promised quantity of a measure.
#[derive(Debug, InputObject)]
pub struct CommitmentInput {
    /// The code of a measure of the plan's catalogue.
    measure: String,
    /// How much, in the unit of the measure.
    quantity: Decimal,
    /// When.
    period: PeriodInput,
    /// Where: a two-letter country or a place code within it, such as `KR-11`.
    place: String,
}

impl CommitmentInput {
    fn parse(self, at: &str, catalogue: &Catalogue) -> async_graphql::Result<domain::Commitment> {
        let field = format!("{at}.measure");
        let code = self
            .measure
            .parse()
            .map_err(|error| wrong(&field, &error))?;
        let unknown = || {
            wrong(
                &field,
                &format!("the catalogue has no measure `{}`", self.measure),
            )
        };
        let measure = catalogue.measure(&code).ok_or_else(unknown)?;
        Ok(domain::Commitment {
            quantity: parse_quantity(&format!("{at}.quantity"), &self.quantity, measure)?,
            period: self.period.parse(&format!("{at}.period"))?,
            place: self.place,
            measure: MeasureRef {
                catalogue: catalogue.id,
                code,
            },
        })
    }
}

/// The part of an organisation in a bid.
#[derive(Debug, InputObject)]
pub struct ParticipationInput {
    /// Who takes part.
    organisation: ID,
    /// Its share of the contract value, or of the part of the organisation above it, 0 to 1.
    share: Decimal,
    /// The organisation whose part it takes a share of; leave out for the bidder and the members of its consortium.
    under: Option<ID>,
}

impl ParticipationInput {
    fn parse(&self, at: &str) -> async_graphql::Result<domain::Participation> {
        let under = self
            .under
            .as_ref()
            .map(|id| parse_id(&format!("{at}.under"), id));
        let share = self.share.0.parse();
        Ok(domain::Participation {
            organisation: parse_id(&format!("{at}.organisation"), &self.organisation)?,
            share: share.map_err(|error| wrong(&format!("{at}.share"), &error))?,
            under: under.transpose()?,
        })
    }
}

/// An answer in words.
#[derive(Debug, InputObject)]
pub struct AnswerInput {
    /// The criterion that asks, or the exclusion ground that the bid declares and whose self-cleaning it describes.
    criterion: String,
    /// The answer.
    text: String,
}

/// A declaration on a pass/fail criterion, a condition of participation or an exclusion ground.
#[derive(Debug, InputObject)]
pub struct DeclarationInput {
    /// The code of the criterion, condition or ground.
    criterion: String,
    /// Whether the supplier declares to meet it, or to be clear of the ground.
    meets: bool,
}

/// What a bid says. It is sealed on receipt.
#[derive(Debug, InputObject)]
pub struct BidInput {
    /// The lot that it is for; may be left out where the tender has one.
    lot: Option<String>,
    /// The price of the whole.
    price: MoneyInput,
    /// Prices of single items.
    #[graphql(default)]
    item_prices: Vec<ItemPriceInput>,
    /// What the supplier promises to deliver.
    #[graphql(default)]
    commitments: Vec<CommitmentInput>,
    /// Who does which part of the work; the members, the bidder among them, make up the whole.
    participations: Vec<ParticipationInput>,
    /// Answers in words, one for a criterion that asks.
    #[graphql(default)]
    answers: Vec<AnswerInput>,
    /// Declarations, one for each pass/fail criterion, condition of participation and exclusion ground.
    #[graphql(default)]
    declarations: Vec<DeclarationInput>,
}

impl BidInput {
    fn parse(
        self,
        plan: &domain::Plan,
        catalogue: &Catalogue,
    ) -> async_graphql::Result<domain::BidContent> {
        let lot = match (self.lot, plan.only_lot()) {
            (Some(lot), _) => lot.parse().map_err(|error| wrong("bid.lot", &error))?,
            (None, Some(only)) => only.code.clone(),
            (None, None) => {
                return Err(wrong("bid.lot", &"the tender has several lots: name one"));
            }
        };
        let prices = self.item_prices.into_iter().enumerate().map(|(at, item)| {
            let price = item.price.parse(&format!("bid.itemPrices.{at}.price"));
            Ok((item.criterion, price?))
        });
        let prices: Vec<_> = prices.collect::<async_graphql::Result<_>>()?;
        let commitments = self
            .commitments
            .into_iter()
            .enumerate()
            .map(|(at, commitment)| commitment.parse(&format!("bid.commitments.{at}"), catalogue));
        let parts = self.participations.iter().enumerate();
        let parts = parts.map(|(at, part)| part.parse(&format!("bid.participations.{at}")));
        let answers = self
            .answers
            .into_iter()
            .map(|answer| (answer.criterion, answer.text));
        let declared = self
            .declarations
            .into_iter()
            .map(|one| (one.criterion, one.meets));
        Ok(domain::BidContent {
            lot,
            price: self.price.parse("bid.price")?,
            item_prices: by_criterion("bid.itemPrices", prices.into_iter())?,
            commitments: commitments.collect::<async_graphql::Result<_>>()?,
            participations: parts.collect::<async_graphql::Result<_>>()?,
            answers: by_criterion("bid.answers", answers)?,
            declarations: by_criterion("bid.declarations", declared)?,
        })
    }
}

/// Values by criterion; a criterion twice is refused.
fn by_criterion<T>(
    at: &str,
    values: impl Iterator<Item = (String, T)>,
) -> async_graphql::Result<BTreeMap<CriterionCode, T>> {
    let mut found = BTreeMap::new();
    for (index, (criterion, value)) in values.enumerate() {
        let field = format!("{at}.{index}.criterion");
        let code = criterion.parse().map_err(|error| wrong(&field, &error))?;
        if found.insert(code, value).is_some() {
            return Err(wrong(&field, &"each criterion stands once"));
        }
    }
    Ok(found)
}

/// Input of `submitBid`.
#[derive(Debug, InputObject)]
pub struct SubmitBidInput {
    /// The tender.
    tender: ID,
    /// Who bids.
    supplier: ID,
    /// What the bid says.
    bid: BidInput,
    /// Your own key for this bid: the same key with the same bid gets the first receipt again.
    idempotency_key: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `replaceBid`.
#[derive(Debug, InputObject)]
pub struct ReplaceBidInput {
    /// The sealed bid whose place the new one takes.
    replaces: ID,
    /// The tender.
    tender: ID,
    /// Who bids.
    supplier: ID,
    /// What the new bid says.
    bid: BidInput,
    /// Your own key for this bid: the same key with the same bid gets the first receipt again.
    idempotency_key: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `withdrawBid`.
#[derive(Debug, InputObject)]
pub struct WithdrawBidInput {
    /// The sealed bid.
    sealed_bid: ID,
    /// Who made it.
    supplier: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `excludeBid`.
#[derive(Debug, InputObject)]
pub struct ExcludeBidInput {
    /// The bid.
    bid: ID,
    /// The kind of ground.
    ground: ExclusionGround,
    /// Why. The log gets a salted hash of it.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// What the supplier gets for a bid: with it anyone can check that the bid was in the log, and when.
#[derive(Debug, SimpleObject)]
pub struct BidReceipt {
    /// Random id of the sealed bid.
    sealed_id: ID,
    /// What the log holds of it.
    commitment: Sha256,
    /// When its last byte arrived.
    received_at: DateTime,
    /// Log index of its entry.
    entry_index: BigInt,
}

impl From<usecase::BidReceipt> for BidReceipt {
    fn from(receipt: usecase::BidReceipt) -> Self {
        Self {
            sealed_id: node_id(receipt.sealed),
            commitment: Sha256(receipt.commitment.0),
            received_at: DateTime(receipt.received_at),
            entry_index: receipt.entry_index.into(),
        }
    }
}

payloads! {
    /// Answer of `submitBid` and `replaceBid`.
    BidReceiptPayload {
        /// The receipt.
        receipt: BidReceipt
    }
    /// Answer of `withdrawBid`.
    SealedBidPayload {
        /// The sealed bid.
        sealed_bid: SealedBid
    }
    /// Answer of `excludeBid`.
    BidPayload {
        /// The bid.
        bid: Bid
    }
}

/// A bid as the use-case takes it. Its measures are those of the tender's catalogue.
async fn command(
    context: &Context<'_>,
    ids: (&ID, &ID),
    bid: BidInput,
    idempotency_key: String,
) -> async_graphql::Result<usecase::SubmitBid> {
    let tender: TenderId = parse_id("tender", ids.0)?;
    let supplier: OrganisationId = parse_id("supplier", ids.1)?;
    let loader = loader(context)?;
    let unknown = || Code::NotFound.error("no such tender");
    let plan = loader.load_one(tender).await?.ok_or_else(unknown)?.plan;
    let catalogue = loader
        .load_one::<CatalogueId>(plan.catalogue)
        .await?
        .ok_or_else(unknown)?;
    Ok(usecase::SubmitBid {
        tender,
        supplier,
        content: bid.parse(&plan, &catalogue.catalogue)?,
        received_at: received_at(context)?,
        idempotency_key,
    })
}

/// Mutations of bids.
#[derive(Debug, Default)]
pub struct BidMutation;

#[Object]
impl BidMutation {
    /// Submits a sealed bid. It is encrypted before anything is stored; the log gets a commitment that names nobody.
    async fn submit_bid(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The bid.")] input: SubmitBidInput,
    ) -> async_graphql::Result<BidReceiptPayload> {
        let ids = (&input.tender, &input.supplier);
        let command = command(context, ids, input.bid, input.idempotency_key).await?;
        let done = app(context)?.submit_bid(&actor(context), command).await;
        let (made, errors) = settle_input(done)?;
        let receipt = made.map(|made| made.out.into());
        Ok(BidReceiptPayload::new(
            (receipt, errors),
            input.client_mutation_id,
        ))
    }

    /// Puts a sealed bid in the place of an earlier one, until the deadline.
    async fn replace_bid(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The bid, and which one it replaces.")] input: ReplaceBidInput,
    ) -> async_graphql::Result<BidReceiptPayload> {
        let ids = (&input.tender, &input.supplier);
        let command = command(context, ids, input.bid, input.idempotency_key).await?;
        let replaces = parse_id("replaces", &input.replaces)?;
        let done = app(context)?
            .replace_bid(&actor(context), replaces, command)
            .await;
        let (made, errors) = settle_input(done)?;
        let receipt = made.map(|made| made.out.into());
        Ok(BidReceiptPayload::new(
            (receipt, errors),
            input.client_mutation_id,
        ))
    }

    /// Takes a sealed bid back, until the deadline.
    async fn withdraw_bid(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which bid.")] input: WithdrawBidInput,
    ) -> async_graphql::Result<SealedBidPayload> {
        let app = app(context)?;
        let id: SealedId = parse_id("sealedBid", &input.sealed_bid)?;
        let supplier = parse_id("supplier", &input.supplier)?;
        let done = app
            .withdraw_bid(&actor(context), supplier, id, received_at(context)?)
            .await;
        let (made, errors) = settle(done)?;
        let sealed = match made {
            Some(_) => sealed_bid::load(context, id).await?,
            None => None,
        };
        Ok(SealedBidPayload::new(
            (sealed, errors),
            input.client_mutation_id,
        ))
    }

    /// Excludes an opened bid by a decision. A ranking or a proposal made before is void.
    async fn exclude_bid(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which bid, and why.")] input: ExcludeBidInput,
    ) -> async_graphql::Result<BidPayload> {
        let id = parse_id("bid", &input.bid)?;
        let (app, ground) = (app(context)?, input.ground.into());
        let done = app
            .exclude_bid(&actor(context), id, ground, input.reason)
            .await;
        let (made, errors) = settle(done)?;
        let bid = match made {
            Some(_) => bid::load(context, id).await?,
            None => None,
        };
        Ok(BidPayload::new((bid, errors), input.client_mutation_id))
    }
}
