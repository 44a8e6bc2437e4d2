//! Confirmations of participation: a bidder asks, the organisation confirms. To everyone else there is nothing to read.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use commonweal_app::confirmation as usecase;
use commonweal_app::read::Page;
use commonweal_app::read::confirmation::{self as read, ConfirmationRequestView};
use commonweal_domain::ids::{ConfirmationRequestId, OrganisationId, SealedId};
use commonweal_domain::tender::ConfirmationContent;
use commonweal_domain::time::Time;

use super::amounts::wrong;
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{actor, app, loader, received_at, refuse, settle};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::payload::payloads;
use super::scalars::{BigInt, DateTime, Decimal, Sha256};
use super::tender::{self, Tender};

/// On which side of a request an organisation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "read::Side")]
pub enum ConfirmationSide {
    /// It bids and asks others.
    Asking,
    /// It is asked to confirm its share.
    Asked,
}

/// What an organisation gets for its confirmation: with it anyone can check that it was in the log, and when.
#[derive(Debug, Clone, SimpleObject)]
pub struct ConfirmationReceipt {
    /// Random id of the sealed confirmation.
    sealed_id: ID,
    /// What the log holds of it.
    commitment: Sha256,
    /// When its last byte arrived.
    received_at: DateTime,
    /// Log index of its entry.
    entry_index: BigInt,
}

impl From<usecase::ConfirmationReceipt> for ConfirmationReceipt {
    fn from(receipt: usecase::ConfirmationReceipt) -> Self {
        Self {
            sealed_id: node_id(receipt.sealed),
            commitment: Sha256(receipt.commitment.0),
            received_at: DateTime(receipt.received_at),
            entry_index: receipt.entry_index.into(),
        }
    }
}

/// A bidder's request that an organisation confirm the share that the bid will state for it. The two read it, and nobody else.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ConfirmationRequest {
    /// Opaque id.
    pub(super) id: ID,
    /// The code of the lot that the bid is for; a confirmation counts for a bid for this lot and for no other.
    lot: String,
    /// The share of the contract value, or of the part of the organisation above it, 0 to 1.
    share: Decimal,
    /// The kind of work, in words.
    work: String,
    /// When it was asked.
    asked_at: DateTime,
    /// Whether a confirmation of exactly this stands.
    confirmed: bool,
    /// The receipt of that confirmation, for the organisation that made it.
    receipt: Option<ConfirmationReceipt>,
    #[graphql(skip)]
    content: ConfirmationContent,
}

impl From<ConfirmationRequestView> for ConfirmationRequest {
    fn from(view: ConfirmationRequestView) -> Self {
        Self {
            id: node_id(view.id),
            lot: view.content.share.lot.to_string(),
            share: Decimal(view.content.share.share.to_string()),
            work: view.content.work.clone(),
            asked_at: DateTime(view.asked_at),
            confirmed: view.confirmed,
            receipt: view.receipt.map(Into::into),
            content: view.content,
        }
    }
}

#[ComplexObject]
impl ConfirmationRequest {
    /// The tender.
    async fn tender(&self, context: &Context<'_>) -> async_graphql::Result<Option<Tender>> {
        tender::load(context, self.content.tender).await
    }

    /// Who bids and asks.
    async fn bidder(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.content.share.bidder).await
    }

    /// Who is asked.
    async fn organisation(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.content.share.organisation).await
    }

    /// The organisation whose part it takes a share of; null for a member of the bidder's consortium.
    async fn under(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        match self.content.share.under {
            Some(id) => organisation::load(context, id).await,
            None => Ok(None),
        }
    }
}

/// A request through the request's loader: one of the caller's own, or none.
pub(crate) async fn load(
    context: &Context<'_>,
    id: ConfirmationRequestId,
) -> async_graphql::Result<Option<ConfirmationRequest>> {
    Ok(loader(context)?.load_one(id).await?.map(Into::into))
}

/// Queries on requests for confirmation.
#[derive(Debug, Default)]
pub struct ConfirmationQuery;

#[Object]
impl ConfirmationQuery {
    /// The requests of an organisation for which the caller acts; empty for everyone else.
    #[expect(
        clippy::too_many_arguments,
        reason = "a connection takes four of its own"
    )]
    async fn confirmation_requests(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The organisation.")] organisation: ID,
        #[graphql(desc = "The requests that it made, or those that it got.")]
        side: ConfirmationSide,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<ConfirmationRequest>> {
        let args = PageArgs::<ConfirmationRequestId>::new(
            first,
            after.as_deref(),
            last,
            before.as_deref(),
        )?;
        let organisation: OrganisationId = parse_id("organisation", &organisation)?;
        let (app, caller, side) = (app(context)?, actor(context), side.into());
        let rows = app
            .confirmation_requests(&caller, organisation, side, &Page::from(&args))
            .await
            .map_err(refuse)?;
        let total = if wants_total_count(context) {
            let count = app.confirmation_request_count(&caller, organisation, side);
            Some(count.await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.id, ConfirmationRequest::from))
    }
}

/// Input of `askConfirmation`.
#[derive(Debug, InputObject)]
pub struct AskConfirmationInput {
    /// The tender.
    tender: ID,
    /// The lot that the bid is for; may be left out where the tender has one.
    lot: Option<String>,
    /// Who bids and asks.
    bidder: ID,
    /// The organisation that is asked; the bid names it.
    organisation: ID,
    /// Its share exactly as the bid will state it, more than 0 and at most 1.
    share: Decimal,
    /// The organisation whose part it takes a share of, exactly as in the bid; leave out for a member of the consortium.
    under: Option<ID>,
    /// The kind of work, in words. The log gets a salted hash of it.
    work: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

impl AskConfirmationInput {
    fn parse(&self, received_at: Time) -> async_graphql::Result<usecase::AskConfirmation> {
        let lot = self.lot.as_ref().map(|lot| lot.parse());
        let share = self.share.0.parse();
        let under = self.under.as_ref().map(|id| parse_id("under", id));
        Ok(usecase::AskConfirmation {
            tender: parse_id("tender", &self.tender)?,
            lot: lot.transpose().map_err(|error| wrong("lot", &error))?,
            bidder: parse_id("bidder", &self.bidder)?,
            organisation: parse_id("organisation", &self.organisation)?,
            share: share.map_err(|error| wrong("share", &error))?,
            under: under.transpose()?,
            work: self.work.clone(),
            received_at,
        })
    }
}

/// Input of `confirmShare`.
#[derive(Debug, InputObject)]
pub struct ConfirmShareInput {
    /// The request.
    request: ID,
    /// The organisation that was asked and confirms.
    organisation: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `withdrawConfirmation`.
#[derive(Debug, InputObject)]
pub struct WithdrawConfirmationInput {
    /// The sealed confirmation, by the random id of its receipt.
    sealed_confirmation: ID,
    /// The organisation that made it.
    organisation: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `askConfirmation`.
    ConfirmationRequestPayload {
        /// The request.
        request: ConfirmationRequest
    }
    /// Answer of `confirmShare`.
    ConfirmationReceiptPayload {
        /// The receipt.
        receipt: ConfirmationReceipt
    }
    /// Answer of `withdrawConfirmation`.
    WithdrawConfirmationPayload {
        /// The random id of the confirmation that was withdrawn.
        withdrawn: ID
    }
}

/// Mutations of confirmations.
#[derive(Debug, Default)]
pub struct ConfirmationMutation;

#[Object]
impl ConfirmationMutation {
    /// Asks an organisation to confirm the share that your bid for a lot will state for it, until the deadline. Only the two of you
    /// can read it. A share that is not confirmed counts nothing for social economy organisations. Asking again takes the
    /// place of the earlier request, which then has to be confirmed anew.
    async fn ask_confirmation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What the organisation shall confirm.")] input: AskConfirmationInput,
    ) -> async_graphql::Result<ConfirmationRequestPayload> {
        let command = input.parse(received_at(context)?)?;
        let done = app(context)?
            .ask_confirmation(&actor(context), command)
            .await;
        let (made, errors) = settle(done)?;
        let request = match made {
            Some(id) => load(context, id).await?,
            None => None,
        };
        Ok(ConfirmationRequestPayload::new(
            (request, errors),
            input.client_mutation_id,
        ))
    }

    /// Confirms the share that a bidder asks for, until the deadline. It is sealed like a bid: the log gets a commitment that
    /// names nobody. It takes the place of an earlier confirmation for the same bidder and lot.
    async fn confirm_share(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which request.")] input: ConfirmShareInput,
    ) -> async_graphql::Result<ConfirmationReceiptPayload> {
        let organisation = parse_id("organisation", &input.organisation)?;
        let request = parse_id("request", &input.request)?;
        let done = app(context)?
            .confirm_share(
                &actor(context),
                organisation,
                request,
                received_at(context)?,
            )
            .await;
        let (made, errors) = settle(done)?;
        let receipt = made.map(|made| made.out.into());
        Ok(ConfirmationReceiptPayload::new(
            (receipt, errors),
            input.client_mutation_id,
        ))
    }

    /// Takes a confirmation back, until the deadline.
    async fn withdraw_confirmation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which confirmation.")] input: WithdrawConfirmationInput,
    ) -> async_graphql::Result<WithdrawConfirmationPayload> {
        let id: SealedId = parse_id("sealedConfirmation", &input.sealed_confirmation)?;
        let organisation = parse_id("organisation", &input.organisation)?;
        let done = app(context)?
            .withdraw_confirmation(&actor(context), organisation, id, received_at(context)?)
            .await;
        let (made, errors) = settle(done)?;
        let withdrawn = made.map(|_| node_id(id));
        Ok(WithdrawConfirmationPayload::new(
            (withdrawn, errors),
            input.client_mutation_id,
        ))
    }
}
