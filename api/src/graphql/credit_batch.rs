//! Batches: the credits issued for one verified claim, and where their units stand.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::read::Page;
use commonweal_app::read::credit::{BatchFilter as Filter, BatchLife, BatchView};
use commonweal_domain::ids::BatchId;

use super::claim::{self, Claim};
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{app, loader, refuse};
use super::credit_class::{self, Class};
use super::credit_loaders::LifeOf;
use super::ledger::{self, LedgerEntry};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::scalars::{BigInt, DateTime};

/// The credits issued for one verified claim. All numbers are whole credits.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Batch {
    /// Opaque id.
    pub(super) id: ID,
    /// How many were issued: obligated and surplus together.
    issued: BigInt,
    /// Credits that answer the KPI, retired to the contract's buyer at issue.
    obligated: BigInt,
    /// Credits beyond the KPI, or outside any contract.
    surplus: BigInt,
    /// When it was issued.
    issued_at: DateTime,
    /// Log index of the issue.
    entry_index: BigInt,
    #[graphql(skip)]
    view: BatchView,
}

impl From<BatchView> for Batch {
    fn from(view: BatchView) -> Self {
        Self {
            id: node_id(view.id),
            issued: BigInt(view.issued_units()),
            obligated: BigInt(view.obligated_units),
            surplus: BigInt(view.surplus_units),
            issued_at: DateTime(view.issued_at),
            entry_index: view.entry_index.into(),
            view,
        }
    }
}

#[ComplexObject]
impl Batch {
    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }

    /// Its class.
    async fn class(&self, context: &Context<'_>) -> async_graphql::Result<Option<Class>> {
        credit_class::load(context, self.view.class).await
    }

    /// The claim behind it.
    async fn claim(&self, context: &Context<'_>) -> async_graphql::Result<Option<Claim>> {
        claim::load(context, self.view.claim).await
    }

    /// Who delivered.
    async fn claimant(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.view.claimant).await
    }

    /// Where its credits stand now; together they are as many as were issued.
    async fn life(&self, context: &Context<'_>) -> async_graphql::Result<Life> {
        let life = loader(context)?.load_one(LifeOf(self.view.id)).await?;
        Ok(life.unwrap_or_default().into())
    }
}

/// Where the credits of a batch stand.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct Life {
    /// Credits that their holders may use.
    available: BigInt,
    /// Credits bound to an order or a trade.
    held: BigInt,
    /// Credits kept back against reversals.
    buffer: BigInt,
    /// Credits claimed for ever.
    retired: BigInt,
    /// Credits taken out without a claim.
    cancelled: BigInt,
    /// Credits whose outcome was undone.
    reversed: BigInt,
}

impl From<BatchLife> for Life {
    fn from(life: BatchLife) -> Self {
        Self {
            available: BigInt(life.available),
            held: BigInt(life.held),
            buffer: BigInt(life.buffer),
            retired: BigInt(life.retired),
            cancelled: BigInt(life.cancelled),
            reversed: BigInt(life.reversed),
        }
    }
}

/// A batch through the request's loader.
pub(crate) async fn load(
    context: &Context<'_>,
    id: BatchId,
) -> async_graphql::Result<Option<Batch>> {
    Ok(loader(context)?.load_one(id).await?.map(Into::into))
}

/// Which batches are wanted.
#[derive(Debug, Default, InputObject)]
pub struct BatchFilter {
    /// Those of this class.
    class: Option<ID>,
    /// Those of this claimant.
    claimant: Option<ID>,
    /// Those of this KPI.
    kpi: Option<ID>,
}

impl BatchFilter {
    fn parse(self) -> async_graphql::Result<Filter> {
        let class = self.class.map(|id| parse_id("filter.class", &id));
        let claimant = self.claimant.map(|id| parse_id("filter.claimant", &id));
        let kpi = self.kpi.map(|id| parse_id("filter.kpi", &id));
        Ok(Filter {
            class: class.transpose()?,
            claimant: claimant.transpose()?,
            kpi: kpi.transpose()?,
        })
    }
}

/// Queries on batches.
#[derive(Debug, Default)]
pub struct BatchQuery;

#[Object]
impl BatchQuery {
    /// One batch.
    async fn batch(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<Batch>> {
        load(context, parse_id("id", &id)?).await
    }

    /// Batches in the order of their issue.
    async fn batches(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which batches.")] filter: Option<BatchFilter>,
    ) -> async_graphql::Result<Connection<Batch>> {
        let args = PageArgs::<BatchId>::new(first, after.as_deref(), last, before.as_deref())?;
        let filter = filter.unwrap_or_default().parse()?;
        let read = app(context)?.read();
        let rows = read
            .batches(&filter, &Page::from(&args))
            .await
            .map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.batch_count(&filter).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.id, Batch::from))
    }
}
