//! A supplier's own sealed bids. To everyone else they do not exist.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use commonweal_app::read::Page;
use commonweal_app::read::bid::{self as read, SealedBidView};
use commonweal_domain::ids::{OrganisationId, SealedId, TenderId};

use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{actor, app, loader, refuse};
use super::ledger::{self, LedgerEntry};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::scalars::{BigInt, DateTime, Sha256};
use super::tender::{self, Tender};

/// What has become of a sealed bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "read::SealedState")]
pub enum SealedState {
    /// It waits for the opening.
    Waiting,
    /// Another took its place.
    Replaced,
    /// The supplier took it back.
    Withdrawn,
    /// It was opened.
    Opened,
    /// It stays closed for ever.
    Void,
}

/// A supplier's own sealed bid: its receipt. Nobody else can read that it exists.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct SealedBid {
    /// Opaque id, random: it is the subject of the entry in the log.
    pub(super) id: ID,
    /// The code of the lot that it is for.
    lot: String,
    /// What has become of it.
    state: SealedState,
    /// When its last byte arrived.
    received_at: DateTime,
    /// What the log holds of it.
    commitment: Sha256,
    /// Log index of its entry.
    entry_index: BigInt,
    #[graphql(skip)]
    tender_id: TenderId,
    #[graphql(skip)]
    supplier_id: OrganisationId,
}

impl From<SealedBidView> for SealedBid {
    fn from(view: SealedBidView) -> Self {
        Self {
            id: node_id(view.id),
            lot: view.lot.to_string(),
            state: view.state.into(),
            received_at: DateTime(view.received_at),
            commitment: Sha256(view.commitment.0),
            entry_index: view.entry_index.into(),
            tender_id: view.tender,
            supplier_id: view.supplier,
        }
    }
}

#[ComplexObject]
impl SealedBid {
    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }

    /// The tender.
    async fn tender(&self, context: &Context<'_>) -> async_graphql::Result<Option<Tender>> {
        tender::load(context, self.tender_id).await
    }

    /// Who bids.
    async fn supplier(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.supplier_id).await
    }
}

/// A sealed bid through the request's loader: the caller's own, or none.
pub(crate) async fn load(
    context: &Context<'_>,
    id: SealedId,
) -> async_graphql::Result<Option<SealedBid>> {
    Ok(loader(context)?.load_one(id).await?.map(Into::into))
}

/// Queries on sealed bids.
#[derive(Debug, Default)]
pub struct SealedBidQuery;

#[Object]
impl SealedBidQuery {
    /// The sealed bids of a supplier for which the caller acts; empty for everyone else. Their order tells nothing.
    async fn sealed_bids(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The supplier.")] supplier: ID,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<SealedBid>> {
        let args = PageArgs::<SealedId>::new(first, after.as_deref(), last, before.as_deref())?;
        let (supplier, caller) = (parse_id("supplier", &supplier)?, actor(context));
        let read = app(context)?.read();
        let rows = read
            .sealed_bids(&caller, supplier, &Page::from(&args))
            .await
            .map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(
                read.sealed_bid_count(&caller, supplier)
                    .await
                    .map_err(refuse)?,
            )
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.id, SealedBid::from))
    }
}
