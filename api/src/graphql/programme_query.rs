//! Queries on programmes of outcome payers. All of it is public.

use async_graphql::{Context, ID, Object};
use commonweal_app::read::Page;
use commonweal_domain::ids::{ClaimId, OrganisationId, ProgrammeId};
use serde::{Deserialize, Serialize};

use super::connection::{Connection, Cursor, PageArgs, wants_total_count};
use super::context::{app, refuse};
use super::errors::Code;
use super::node::parse_id;
use super::programme::{
    self, Entitlement, Programme, ProgrammeClaim, ProgrammeLine, ProgrammePayment,
    ProgrammeStatement,
};

/// The number of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct ByNumber(i64);

impl Cursor for ByNumber {
    const KIND: &'static str = "programme-statement";
}

/// The log index of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct ByEntry(i64);

impl Cursor for ByEntry {
    const KIND: &'static str = "programme-payment";
}

/// The same page by the number inside its keys.
fn plain<K: Copy + Cursor>(args: &PageArgs<K>, number: impl Fn(K) -> i64) -> Page<i64> {
    let page = Page::from(args);
    Page {
        rows: page.rows,
        backward: page.backward,
        after: page.after.map(&number),
        before: page.before.map(&number),
    }
}

/// The programme that the argument names, or an error that says that there is none.
async fn named(context: &Context<'_>, id: &ID) -> async_graphql::Result<Programme> {
    let found = programme::load(context, parse_id("programme", id)?).await?;
    found.ok_or_else(|| {
        let message = "`programme` names no programme: use the id that openProgramme gave";
        Code::NotFound.error_at("programme", message)
    })
}

/// Queries on programmes.
#[derive(Debug, Default)]
pub struct ProgrammeQuery;

#[Object]
impl ProgrammeQuery {
    /// One programme of an outcome payer.
    async fn programme(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<Programme>> {
        programme::load(context, parse_id("id", &id)?).await
    }

    /// Programmes in the order of their publication.
    async fn programmes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Those of this payer.")] payer: Option<ID>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Programme>> {
        let args = PageArgs::<ProgrammeId>::new(first, after.as_deref(), last, before.as_deref())?;
        let payer: Option<OrganisationId> = payer.map(|id| parse_id("payer", &id)).transpose()?;
        let read = app(context)?.read();
        let rows = read.programmes(payer, &Page::from(&args)).await;
        let total = if wants_total_count(context) {
            Some(read.programme_count(payer).await.map_err(refuse)?)
        } else {
            None
        };
        let rows = rows.map_err(refuse)?;
        Ok(args.connection(rows, total, |row| row.programme.id, Programme::from))
    }

    /// A programme's statements of entitlement, by number.
    async fn programme_statements(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which programme.")] programme: ID,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<ProgrammeStatement>> {
        let args = PageArgs::<ByNumber>::new(first, after.as_deref(), last, before.as_deref())?;
        let programme = named(context, &programme).await?;
        let (id, read) = (programme.terms.id, app(context)?.read());
        let page = plain(&args, |key| key.0);
        let rows = read.programme_statements(id, &page).await.map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.programme_statement_count(id).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(
            rows,
            total,
            |row| ByNumber(row.number),
            |row| ProgrammeStatement::new(&programme, row),
        ))
    }

    /// The lines of a statement, by organisation: one for each whose line has changed.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn programme_lines(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which programme.")] programme: ID,
        #[graphql(desc = "Number of the statement, from 1.")] number: i32,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<ProgrammeLine>> {
        let args =
            PageArgs::<OrganisationId>::new(first, after.as_deref(), last, before.as_deref())?;
        let programme = named(context, &programme).await?;
        let read = app(context)?.read();
        let of = (programme.terms.id, i64::from(number));
        let rows = read.programme_lines(of, &Page::from(&args)).await;
        let rows = rows.map_err(refuse)?;
        Ok(args.connection(
            rows,
            None,
            |row| row.organisation,
            |row| ProgrammeLine::new(&programme, row),
        ))
    }

    /// What claims count for in a programme, by claim.
    async fn programme_claims(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which programme.")] programme: ID,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<ProgrammeClaim>> {
        let args = PageArgs::<ClaimId>::new(first, after.as_deref(), last, before.as_deref())?;
        let programme = named(context, &programme).await?;
        let read = app(context)?.read();
        let rows = read
            .programme_claims(programme.terms.id, &Page::from(&args))
            .await
            .map_err(refuse)?;
        Ok(args.connection(
            rows,
            None,
            |row| row.claim,
            |row| ProgrammeClaim::new(&programme, row),
        ))
    }

    /// Where organisations stand in a programme now.
    async fn entitlements(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which programme.")] programme: ID,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Entitlement>> {
        let args =
            PageArgs::<OrganisationId>::new(first, after.as_deref(), last, before.as_deref())?;
        let programme = named(context, &programme).await?;
        let read = app(context)?.read();
        let rows = read
            .entitlements(&programme.terms, &Page::from(&args))
            .await
            .map_err(refuse)?;
        Ok(args.connection(
            rows,
            None,
            |row| row.organisation,
            |row| Entitlement::new(&programme, row),
        ))
    }

    /// A programme's payments, in the order in which they were recorded.
    async fn programme_payments(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which programme.")] programme: ID,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<ProgrammePayment>> {
        let args = PageArgs::<ByEntry>::new(first, after.as_deref(), last, before.as_deref())?;
        let programme = named(context, &programme).await?;
        let read = app(context)?.read();
        let page = plain(&args, |key| key.0);
        let rows = read
            .programme_payments(programme.terms.id, &page)
            .await
            .map_err(refuse)?;
        Ok(args.connection(
            rows,
            None,
            |row| ByEntry(row.entry_index),
            |row| ProgrammePayment::new(&programme, row),
        ))
    }
}
