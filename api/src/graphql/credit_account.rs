//! Accounts: what an organisation has of each batch, and every movement that led to it.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use commonweal_app::read::Page;
use commonweal_app::read::account::{HoldingView, PostingKey, PostingView, TransferView};
use commonweal_app::read::account_summary::{AccountSummaryView, most_movements};
use commonweal_domain::credit::entries;
use commonweal_domain::credit::posting;
use commonweal_domain::ids::{BatchId, OrganisationId};
use commonweal_domain::time;
use serde::{Deserialize, Serialize};

use super::amounts::{Period, PeriodInput};
use super::connection::{Connection, Cursor, PageArgs, wants_total_count};
use super::context::{actor, app, refuse};
use super::credit_batch::{self, Batch};
use super::ledger::{self, LedgerEntry};
use super::node::parse_id;
use super::organisation::{self, Organisation};
use super::scalars::{BigInt, DateTime};

/// A part of an account or a counter-account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "posting::Bucket")]
pub enum Bucket {
    /// Counter-account from which issued credits come.
    Issuance,
    /// Credits that an organisation may use.
    Available,
    /// Credits bound to an order or a trade.
    Held,
    /// Credits kept back against reversals.
    Buffer,
    /// Credits claimed for ever.
    Retired,
    /// Credits taken out without a claim.
    Cancelled,
    /// Credits whose outcome was undone.
    Reversed,
}

/// Why credits changed hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "entries::TransferReason")]
pub enum TransferReason {
    /// Against payment, which is made elsewhere.
    Sale,
    /// Without payment.
    Gift,
    /// Within one beneficial-owner group.
    Group,
}

/// What an organisation has of a batch.
#[derive(Debug, Clone, Copy, SimpleObject)]
#[graphql(complex)]
pub struct Holding {
    /// Credits that it may use.
    available: BigInt,
    /// Credits bound to an order or a trade.
    held: BigInt,
    #[graphql(skip)]
    of: BatchId,
}

impl From<HoldingView> for Holding {
    fn from(view: HoldingView) -> Self {
        Self {
            available: BigInt(view.available),
            held: BigInt(view.held),
            of: view.batch,
        }
    }
}

#[ComplexObject]
impl Holding {
    /// The batch.
    async fn batch(&self, context: &Context<'_>) -> async_graphql::Result<Option<Batch>> {
        credit_batch::load(context, self.of).await
    }
}

/// A line of an account statement: a posting.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct StatementLine {
    /// Log index of the entry that made it.
    entry_index: BigInt,
    /// The entry's kind, such as `credits.transferred`.
    kind: String,
    /// When.
    at: DateTime,
    /// Available or held.
    bucket: Bucket,
    /// Credits that arrived (positive) or left (negative).
    amount: BigInt,
    /// What the organisation has of the batch after this line, available and held together: the line before has the opening
    /// balance of a page, its last line the closing one. Null where the statement is not of one batch.
    balance: Option<BigInt>,
    #[graphql(skip)]
    of: BatchId,
}

impl From<Line> for StatementLine {
    fn from(Line { view, after }: Line) -> Self {
        Self {
            balance: after.map(BigInt),
            entry_index: BigInt(view.key.entry),
            kind: view.kind,
            at: DateTime(view.at),
            bucket: view.bucket.into(),
            amount: BigInt(view.amount),
            of: view.batch,
        }
    }
}

#[ComplexObject]
impl StatementLine {
    /// The batch.
    async fn batch(&self, context: &Context<'_>) -> async_graphql::Result<Option<Batch>> {
        credit_batch::load(context, self.of).await
    }
}

/// What a period changed on an organisation's account of a batch, available and held together: `opening + received - given =
/// closing`.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct AccountSummary {
    /// The period, in whole days of UTC by the log's time.
    period: Period,
    /// Credits before it.
    opening: BigInt,
    /// Credits that came in it. What a hold binds or its end frees neither comes nor goes.
    received: BigInt,
    /// Credits that went in it.
    given: BigInt,
    /// Credits after it.
    closing: BigInt,
    #[graphql(skip)]
    of: BatchId,
}

impl AccountSummary {
    fn new(view: AccountSummaryView, period: time::Period) -> Self {
        Self {
            period: period.into(),
            opening: BigInt(view.opening),
            received: BigInt(view.received),
            given: BigInt(view.given),
            closing: BigInt(view.closing),
            of: view.batch,
        }
    }
}

#[ComplexObject]
impl AccountSummary {
    /// The batch.
    async fn batch(&self, context: &Context<'_>) -> async_graphql::Result<Option<Batch>> {
        credit_batch::load(context, self.of).await
    }
}

/// Credits that changed hands.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Transfer {
    /// Log index of the transfer.
    entry_index: BigInt,
    /// How many credits.
    units: BigInt,
    /// Why.
    reason: TransferReason,
    /// The procurement in which a public body bought them.
    procurement_reference: Option<String>,
    /// More about it; null when there is nothing more or its words were erased.
    note: Option<String>,
    /// When.
    at: DateTime,
    #[graphql(skip)]
    view: TransferView,
}

impl From<TransferView> for Transfer {
    fn from(view: TransferView) -> Self {
        Self {
            entry_index: view.entry_index.into(),
            units: BigInt(view.units),
            reason: view.reason.into(),
            procurement_reference: view.procurement_reference.clone(),
            note: view.note.clone(),
            at: DateTime(view.at),
            view,
        }
    }
}

#[ComplexObject]
impl Transfer {
    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }

    /// The batch.
    async fn batch(&self, context: &Context<'_>) -> async_graphql::Result<Option<Batch>> {
        credit_batch::load(context, self.view.batch).await
    }

    /// Who had them.
    async fn from(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.view.from).await
    }

    /// Who has them.
    async fn to(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.view.to).await
    }
}

/// A line with the balance after it.
struct Line {
    view: PostingView,
    after: Option<i64>,
}

/// What a batch's balance was after a line, and what the line added to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Balance {
    of: BatchId,
    after: i64,
    amount: i64,
}

/// Where a line stands in the log. It carries the balance from page to page, so that a page costs the same however many
/// lines come before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct LineKey(PostingKey, Option<Balance>);

impl Cursor for LineKey {
    const KIND: &'static str = "posting";
}

impl LineKey {
    fn page(args: &PageArgs<Self>) -> Page<PostingKey> {
        let page = Page::from(args);
        Page {
            rows: page.rows,
            backward: page.backward,
            after: page.after.map(|key| key.0),
            before: page.before.map(|key| key.0),
        }
    }

    fn of(line: &Line) -> Self {
        let balance = line.after.map(|after| Balance {
            of: line.view.batch,
            after,
            amount: line.view.amount,
        });
        Self(line.view.key, balance)
    }

    /// The balance that it carries, if it is of this batch.
    fn balance(self, batch: BatchId) -> Option<Balance> {
        self.1.filter(|balance| balance.of == batch)
    }
}

/// Lines in the direction of the page, each with the balance after it where the statement is of one batch.
fn with_balances(
    views: Vec<PostingView>,
    batch: Option<BatchId>,
    page: &Page<LineKey>,
) -> Vec<Line> {
    let Some(batch) = batch else {
        let line = |view| Line { view, after: None };
        return views.into_iter().map(line).collect();
    };
    let mut balance = match (page.backward, page.after, page.before) {
        (false, None, _) => Some(0),
        (false, Some(key), _) => key.balance(batch).map(|line| line.after),
        (true, _, None) => views.first().map(|view| view.now),
        (true, _, Some(key)) => key
            .balance(batch)
            .map(|line| line.after.saturating_sub(line.amount)),
    };
    let line = |view: PostingView| {
        let with = balance.map(|balance| balance.saturating_add(view.amount));
        let without = balance.map(|balance| balance.saturating_sub(view.amount));
        let after = if page.backward { balance } else { with };
        balance = if page.backward { without } else { with };
        Line { view, after }
    };
    views.into_iter().map(line).collect()
}

/// Queries on accounts.
#[derive(Debug, Default)]
pub struct AccountQuery;

#[Object]
impl AccountQuery {
    /// What an organisation has of each batch. Accounts that are empty now are left out.
    async fn holdings(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose account.")] organisation: ID,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Holding>> {
        let args = PageArgs::<BatchId>::new(first, after.as_deref(), last, before.as_deref())?;
        let whose: OrganisationId = parse_id("organisation", &organisation)?;
        let read = app(context)?.read();
        let rows = read
            .holdings(whose, &Page::from(&args))
            .await
            .map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.holding_count(whose).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.batch, Holding::from))
    }

    /// Every movement on an organisation's account, in the order of the log.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn account_statement(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose account.")] organisation: ID,
        #[graphql(desc = "Only movements of this batch.")] batch: Option<ID>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<StatementLine>> {
        let args = PageArgs::<LineKey>::new(first, after.as_deref(), last, before.as_deref())?;
        let whose: OrganisationId = parse_id("organisation", &organisation)?;
        let batch = batch.map(|id| parse_id("batch", &id)).transpose()?;
        let read = app(context)?.read();
        let rows = read
            .statement(whose, batch, &LineKey::page(&args))
            .await
            .map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.statement_count(whose, batch).await.map_err(refuse)?)
        } else {
            None
        };
        let lines = with_balances(rows, batch, &Page::from(&args));
        Ok(args.connection(lines, total, LineKey::of, StatementLine::from))
    }

    /// What a period changed on an organisation's account, batch by batch: the summary over the lines of its statement. Batches
    /// that it had nothing of until the period's end are left out.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn account_summary(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose account.")] organisation: ID,
        #[graphql(desc = "In which days.")] period: PeriodInput,
        #[graphql(desc = "Only of this batch.")] batch: Option<ID>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<AccountSummary>> {
        let args = PageArgs::<BatchId>::new(first, after.as_deref(), last, before.as_deref())?;
        let whose: OrganisationId = parse_id("organisation", &organisation)?;
        let batch = batch.map(|id| parse_id("batch", &id)).transpose()?;
        let period = period.parse("period")?;
        let read = app(context)?.read();
        let page = Page::from(&args);
        let most = most_movements(&actor(context), whose, batch);
        let rows = read.account_summaries(whose, batch, period, &page, most);
        let rows = rows.await.map_err(refuse)?;
        let total = if wants_total_count(context) {
            let count = read.account_summary_count(whose, batch, period).await;
            Some(count.map_err(refuse)?)
        } else {
            None
        };
        let summary = |view| AccountSummary::new(view, period);
        Ok(args.connection(rows, total, |row| row.batch, summary))
    }
}
