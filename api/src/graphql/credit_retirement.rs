//! Retirements: credits claimed for ever, each with a certificate.

use async_graphql::{
    ComplexObject, Context, Enum, ID, InputObject, Object, OneofObject, SimpleObject,
};
use commonweal_app::read::Page;
use commonweal_app::read::account::{RetirementFilter as Filter, RetirementView};
use commonweal_domain::credit::retirement;
use commonweal_domain::ids::{BatchId, KpiId, OrganisationId, RetirementId};

use super::amounts::Period;
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{app, loader, refuse};
use super::contract::{self, Kpi};
use super::credit_batch::{self, Batch};
use super::ledger::{self, LedgerEntry};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::scalars::{BigInt, DateTime};

/// Why credits were retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "retirement::RetirementReason")]
pub enum RetirementReason {
    /// At issue, to the contract's buyer, to whom the outcome already belongs.
    Obligation,
    /// At issue, to the contract's buyer: delivery beyond the KPI that may not be traded.
    Surplus,
    /// Its holder chose to, for itself or for the beneficiary.
    Voluntary,
    /// Bought cover: a supplier that is short on a KPI retires others' outcomes to its buyer.
    Substitution,
}

/// Credits claimed for ever: by whom, where, for when, and which.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Retirement {
    /// Opaque id.
    pub(super) id: ID,
    /// The number on the certificate.
    certificate_number: String,
    /// How many credits.
    units: BigInt,
    /// Credits for which the certificate no longer holds, because the outcome was corrected or reversed: it is withdrawn in
    /// part.
    withdrawn: BigInt,
    /// Whether the certificate is withdrawn in part: less of the outcome stands than was retired.
    withdrawn_in_part: bool,
    /// Each correction or reversal that withdrew some of it, in order.
    withdrawals: Vec<Withdrawal>,
    /// Whether others' outcomes were bought to cover a KPI that was short. The rating shows the supplier's own delivery.
    bought_cover: bool,
    /// First serial of the batch inside.
    serials_from: BigInt,
    /// First serial after.
    serials_to: BigInt,
    /// Where the beneficiary claims the outcome: a country or place code.
    jurisdiction: String,
    /// For when the beneficiary claims it.
    period: Period,
    /// Why.
    reason: RetirementReason,
    /// More about it; null when there is nothing more or its words were erased.
    note: Option<String>,
    /// When.
    at: DateTime,
    /// Log index of the retirement.
    entry_index: BigInt,
    #[graphql(skip)]
    answers: Option<KpiId>,
    #[graphql(skip)]
    of: BatchId,
    #[graphql(skip)]
    for_whom: OrganisationId,
    #[graphql(skip)]
    from_whom: Option<OrganisationId>,
}

impl From<RetirementView> for Retirement {
    fn from(view: RetirementView) -> Self {
        let withdrawn = view.withdrawn_units();
        let retired = view.retirement;
        Self {
            id: node_id(retired.id),
            units: BigInt(retired.units()),
            withdrawn: BigInt(withdrawn),
            withdrawn_in_part: !view.withdrawn.is_empty(),
            withdrawals: view.withdrawn.iter().map(Into::into).collect(),
            bought_cover: retired.reason == retirement::RetirementReason::Substitution,
            answers: retired.kpi,
            serials_from: BigInt(retired.serials.from()),
            serials_to: BigInt(retired.serials.to()),
            certificate_number: retired.certificate,
            jurisdiction: retired.jurisdiction.to_string(),
            period: retired.period.into(),
            reason: retired.reason.into(),
            note: view.note,
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
            of: view.batch,
            for_whom: retired.beneficiary,
            from_whom: view.holder,
        }
    }
}

/// Credits for which a certificate no longer holds.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Withdrawal {
    /// How many credits.
    units: BigInt,
    /// Log index of the correction or reversal.
    entry_index: BigInt,
}

impl From<&(u64, i64)> for Withdrawal {
    fn from((entry, units): &(u64, i64)) -> Self {
        Self {
            units: BigInt(*units),
            entry_index: (*entry).into(),
        }
    }
}

#[ComplexObject]
impl Withdrawal {
    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }
}

#[ComplexObject]
impl Retirement {
    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }

    /// The batch.
    async fn batch(&self, context: &Context<'_>) -> async_graphql::Result<Option<Batch>> {
        credit_batch::load(context, self.of).await
    }

    /// The KPI that the credits answer or cover.
    async fn kpi(&self, context: &Context<'_>) -> async_graphql::Result<Option<Kpi>> {
        match self.answers {
            Some(kpi) => contract::load_kpi(context, kpi).await,
            None => Ok(None),
        }
    }

    /// The organisation that may say that the outcome is its own.
    async fn beneficiary(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.for_whom).await
    }

    /// Who had the credits; null when they were retired at issue.
    async fn holder(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        match self.from_whom {
            Some(holder) => organisation::load(context, holder).await,
            None => Ok(None),
        }
    }
}

/// A retirement through the request's loader.
pub(crate) async fn load(
    context: &Context<'_>,
    id: RetirementId,
) -> async_graphql::Result<Option<Retirement>> {
    Ok(loader(context)?.load_one(id).await?.map(Into::into))
}

/// Which retirement is meant: give exactly one.
#[derive(Debug, OneofObject)]
pub enum RetirementBy {
    /// Its opaque id.
    Id(ID),
    /// The number on its certificate.
    CertificateNumber(String),
}

/// Which retirements are wanted.
#[derive(Debug, Default, InputObject)]
pub struct RetirementFilter {
    /// Those of this batch.
    batch: Option<ID>,
    /// Those for this beneficiary.
    beneficiary: Option<ID>,
}

impl RetirementFilter {
    fn parse(self) -> async_graphql::Result<Filter> {
        let batch = self.batch.map(|id| parse_id("filter.batch", &id));
        let beneficiary = self
            .beneficiary
            .map(|id| parse_id("filter.beneficiary", &id));
        Ok(Filter {
            batch: batch.transpose()?,
            beneficiary: beneficiary.transpose()?,
        })
    }
}

/// Queries on retirements.
#[derive(Debug, Default)]
pub struct RetirementQuery;

#[Object]
impl RetirementQuery {
    /// One retirement, by its id or by the number on its certificate.
    async fn retirement(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which one.")] by: RetirementBy,
    ) -> async_graphql::Result<Option<Retirement>> {
        match by {
            RetirementBy::Id(id) => load(context, parse_id("by.id", &id)?).await,
            RetirementBy::CertificateNumber(number) => {
                let read = app(context)?.read();
                let found = read
                    .retirement_by_certificate(&number)
                    .await
                    .map_err(refuse)?;
                Ok(found.map(Into::into))
            }
        }
    }

    /// Retirements in their order.
    async fn retirements(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which retirements.")] filter: Option<RetirementFilter>,
    ) -> async_graphql::Result<Connection<Retirement>> {
        let args = PageArgs::<RetirementId>::new(first, after.as_deref(), last, before.as_deref())?;
        let filter = filter.unwrap_or_default().parse()?;
        let read = app(context)?.read();
        let rows = read
            .retirements(&filter, &Page::from(&args))
            .await
            .map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.retirement_count(&filter).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.retirement.id, Retirement::from))
    }
}
