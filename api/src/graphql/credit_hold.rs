//! Holds: credits bound to a trade until it is settled, given up or expired.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use commonweal_app::hold::{DeliverHold, HoldCredits};
use commonweal_app::read::Page;
use commonweal_app::read::hold::{HoldView, KpiCreditView};
use commonweal_domain::ids::{HoldId, OrganisationId};

use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{actor, app, loader, refuse, settle};
use super::credit_account::TransferReason;
use super::credit_batch::{self, Batch};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::payload::payloads;
use super::scalars::{BigInt, Date, DateTime};

/// What credits have done for a KPI, in whole credits.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct KpiCredits {
    /// Credits that answer it, without what was corrected or reversed.
    obligated: BigInt,
    /// Credits of its claims beyond it.
    surplus: BigInt,
    /// Those of them that circulate.
    tradable: BigInt,
    /// Bought cover: others' outcomes that its supplier retired to the buyer. The rating shows the supplier's own delivery.
    bought_cover: BigInt,
    /// The day on which the supplier registered that it means to trade surplus; activity that begins later may be traded.
    intended_on: Option<Date>,
}

impl From<KpiCreditView> for KpiCredits {
    fn from(view: KpiCreditView) -> Self {
        Self {
            obligated: BigInt(view.account.obligated_units),
            surplus: BigInt(view.account.surplus_units),
            tradable: BigInt(view.account.tradable_units),
            bought_cover: BigInt(view.account.covered_units),
            intended_on: view.intended_on.map(Date),
        }
    }
}

/// How a hold ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum HoldEnd {
    /// Credits were delivered; what was not delivered is the holder's again.
    Delivered,
    /// It was given up.
    GivenUp,
    /// Its time is over.
    Expired,
    /// Its credits fell with a correction or reversal.
    Broken,
}

/// Credits bound to a trade.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Hold {
    /// Opaque id.
    pub(super) id: ID,
    /// How many credits.
    units: BigInt,
    /// From when on nobody can deliver them.
    expires_at: DateTime,
    /// How it ended; null while it is open.
    ended: Option<HoldEnd>,
    /// Credits that were delivered.
    delivered: BigInt,
    /// When it was made.
    at: DateTime,
    /// Log index of the hold.
    entry_index: BigInt,
    /// Log index of its end.
    ended_index: Option<BigInt>,
    #[graphql(skip)]
    view: HoldView,
}

impl From<HoldView> for Hold {
    fn from(view: HoldView) -> Self {
        Self {
            id: node_id(view.hold.id),
            units: BigInt(view.hold.units),
            expires_at: DateTime(view.hold.expires_at),
            ended: match view.ended.as_deref() {
                Some("delivered") => Some(HoldEnd::Delivered),
                Some("given_up") => Some(HoldEnd::GivenUp),
                Some("expired") => Some(HoldEnd::Expired),
                Some(_) => Some(HoldEnd::Broken),
                None => None,
            },
            delivered: BigInt(view.delivered_units),
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
            ended_index: view.ended_index.map(Into::into),
            view,
        }
    }
}

#[ComplexObject]
impl Hold {
    /// The batch.
    async fn batch(&self, context: &Context<'_>) -> async_graphql::Result<Option<Batch>> {
        credit_batch::load(context, self.view.hold.batch).await
    }

    /// Whose credits.
    async fn holder(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.view.hold.holder).await
    }

    /// For whom they are held; null when that is still open.
    async fn to(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        match self.view.hold.to {
            Some(to) => organisation::load(context, to).await,
            None => Ok(None),
        }
    }
}

/// A hold through the request's loader.
pub(crate) async fn load(context: &Context<'_>, id: HoldId) -> async_graphql::Result<Option<Hold>> {
    Ok(loader(context)?.load_one(id).await?.map(Into::into))
}

/// Queries on holds.
#[derive(Debug, Default)]
pub struct HoldQuery;

#[Object]
impl HoldQuery {
    /// Holds of an organisation's credits, or with `received` those of others that are held for it.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn holds(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose.")] organisation: ID,
        #[graphql(desc = "Those that are held for it.", default)] received: bool,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Hold>> {
        let args = PageArgs::<HoldId>::new(first, after.as_deref(), last, before.as_deref())?;
        let whose: OrganisationId = parse_id("organisation", &organisation)?;
        let read = app(context)?.read();
        let page = Page::from(&args);
        let rows = read.holds(whose, received, &page).await.map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.hold_count(whose, received).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.hold.id, Hold::from))
    }
}

/// Input of `holdCredits`.
#[derive(Debug, InputObject)]
pub struct HoldCreditsInput {
    /// Which batch.
    batch: ID,
    /// Whose credits.
    holder: ID,
    /// For whom they are held; leave out when that is still open.
    to: Option<ID>,
    /// How many credits.
    units: BigInt,
    /// From when on nobody can deliver them, within 90 days.
    expires_at: DateTime,
    /// The client's own key: the same key and body get the first answer again.
    pub(super) idempotency_key: String,
    /// Comes back in the answer.
    pub(super) client_mutation_id: Option<String>,
}

impl HoldCreditsInput {
    pub(super) fn parse(&self) -> async_graphql::Result<HoldCredits> {
        Ok(HoldCredits {
            batch: parse_id("batch", &self.batch)?,
            holder: parse_id("holder", &self.holder)?,
            to: self.to.as_ref().map(|id| parse_id("to", id)).transpose()?,
            units: self.units.0,
            expires_at: self.expires_at.0,
        })
    }
}

/// Input of `deliverHold`.
#[derive(Debug, InputObject)]
pub struct DeliverHoldInput {
    /// Which hold.
    hold: ID,
    /// Who gets the credits.
    to: ID,
    /// How many; the rest is the holder's again.
    units: BigInt,
    /// Why.
    reason: TransferReason,
    /// The procurement in which a public body buys them, which a sale to one needs.
    procurement_reference: Option<String>,
    /// The client's own key: the same key and body get the first answer again.
    idempotency_key: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `giveUpHold` and `expireHold`.
#[derive(Debug, InputObject)]
pub struct EndHoldInput {
    /// Which hold.
    hold: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of the mutations of holds.
    HoldPayload {
        /// The hold.
        hold: Hold
    }
}

/// Mutations of holds.
#[derive(Debug, Default)]
pub struct HoldMutation;

type Done = Result<commonweal_app::store::Written<HoldId>, commonweal_app::AppError>;

async fn answer(
    context: &Context<'_>,
    done: Done,
    mutation: Option<String>,
) -> async_graphql::Result<HoldPayload> {
    let (made, errors) = settle(done)?;
    let hold = match made {
        Some(made) => load(context, made.out).await?,
        None => None,
    };
    Ok(HoldPayload::new((hold, errors), mutation))
}

#[Object]
impl HoldMutation {
    /// Binds credits to a trade, as someone who acts for their holder. They count against every later spend.
    async fn hold_credits(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which credits, for whom and until when.")] input: HoldCreditsInput,
    ) -> async_graphql::Result<HoldPayload> {
        let command = input.parse()?;
        let (app, actor) = (app(context)?, actor(context));
        let done = app
            .hold_credits(&actor, &input.idempotency_key, command)
            .await;
        answer(context, done, input.client_mutation_id).await
    }

    /// Delivers held credits, as someone who acts for their holder.
    async fn deliver_hold(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which hold, to whom and how much.")] input: DeliverHoldInput,
    ) -> async_graphql::Result<HoldPayload> {
        let command = DeliverHold {
            hold: parse_id("hold", &input.hold)?,
            to: parse_id("to", &input.to)?,
            units: input.units.0,
            reason: input.reason.into(),
            procurement_reference: input.procurement_reference,
        };
        let (app, actor) = (app(context)?, actor(context));
        let done = app
            .deliver_hold(&actor, &input.idempotency_key, command)
            .await;
        answer(context, done, input.client_mutation_id).await
    }

    /// Gives a hold up, as the organisation for which the credits are held, or as their holder where nobody is named.
    async fn give_up_hold(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which hold.")] input: EndHoldInput,
    ) -> async_graphql::Result<HoldPayload> {
        let id = parse_id("hold", &input.hold)?;
        let done = app(context)?.give_up_hold(&actor(context), id).await;
        answer(context, done, input.client_mutation_id).await
    }

    /// Lets a hold end whose time is over, as one of its two sides or as a registrar.
    async fn expire_hold(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which hold.")] input: EndHoldInput,
    ) -> async_graphql::Result<HoldPayload> {
        let id = parse_id("hold", &input.hold)?;
        let done = app(context)?.expire_hold(&actor(context), id).await;
        answer(context, done, input.client_mutation_id).await
    }
}
