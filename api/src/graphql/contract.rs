//! Contracts and KPIs: what was promised and what was delivered.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use commonweal_app::read::Page;
use commonweal_app::read::contract::{ContractFilter as Filter, ContractView, KpiView};
use commonweal_domain::amount::Quantity as Amount;
use commonweal_domain::catalogue::MeasureRef;
use commonweal_domain::ids::{ContractId, KpiId, OrganisationId};

use super::amounts::{Period, Quantity, wrong};
use super::bid::Participation;
use super::catalogue::Measure;
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{actor, app, loader, refuse, settle};
use super::credit_hold::KpiCredits;
use super::credit_loaders::{self, CreditsOf, KpisOf, ScheduleOf, VariationsOf};
use super::ledger::{self, LedgerEntry};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::payload::payloads;
use super::performance::{Instalment, Terms, Variation};
use super::scalars::{BigInt, DateTime, Decimal};
use super::tender::{self, Tender};

/// A signed contract. Its KPIs are the commitments of the award, copied, and its participations the confirmed ones.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Contract {
    /// Opaque id.
    pub(super) id: ID,
    /// Whether delivery beyond a KPI may be traded; otherwise it retires to the buyer.
    surplus_tradable: bool,
    /// The part of a KPI that the supplier may cover with bought credits when it is short, 0 to 1.
    substitution_share: Decimal,
    /// The code of the lot whose award led to it.
    lot: Option<String>,
    /// Who is obliged to do which part of the work, in the order of the winning bid: the parts that it confirmed. Null where the
    /// plan withholds participations; the parties read them in the bid.
    participations: Option<Vec<Participation>>,
    /// When it was signed.
    signed_at: DateTime,
    /// Log index of its signature.
    entry_index: BigInt,
    #[graphql(skip)]
    view: ContractView,
}

impl From<ContractView> for Contract {
    fn from(view: ContractView) -> Self {
        Self {
            id: node_id(view.id),
            surplus_tradable: view.surplus_tradable,
            substitution_share: Decimal(view.substitution_share.to_string()),
            lot: view.award.as_ref().map(|award| award.lot.to_string()),
            participations: view
                .participations
                .as_ref()
                .map(|parts| parts.iter().map(Participation::binding).collect()),
            signed_at: DateTime(view.signed_at),
            entry_index: view.entry_index.into(),
            view,
        }
    }
}

#[ComplexObject]
impl Contract {
    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }

    /// The tender whose award led to it.
    async fn tender(&self, context: &Context<'_>) -> async_graphql::Result<Option<Tender>> {
        match &self.view.award {
            Some(award) => tender::load(context, award.tender).await,
            None => Ok(None),
        }
    }

    /// Who buys.
    async fn buyer(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.view.buyer).await
    }

    /// Who delivers.
    async fn supplier(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.view.supplier).await
    }

    /// Its variations, in order.
    async fn variations(&self, context: &Context<'_>) -> async_graphql::Result<Vec<Variation>> {
        let found = loader(context)?
            .load_one(VariationsOf(self.view.id))
            .await?;
        Ok(found
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect())
    }

    /// Its KPIs, in the order of the award's commitments.
    async fn kpis(&self, context: &Context<'_>) -> async_graphql::Result<Vec<Kpi>> {
        let found = loader(context)?.load_one(KpisOf(self.view.id)).await?;
        Ok(found
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect())
    }
}

/// A commitment made binding: so much of a measure, in a period, at a place.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Kpi {
    /// Opaque id.
    pub(super) id: ID,
    /// The code of its measure.
    measure_code: String,
    /// The full-term quantity, after every variation.
    promised: Quantity,
    /// The full-term quantity as it was signed.
    signed: Quantity,
    /// What else the tender documents and the measure say of it.
    terms: Terms,
    /// Verified to date.
    delivered: Quantity,
    /// Claimed and waiting for verification.
    waiting: Quantity,
    /// When it must be delivered.
    period: Period,
    /// Where it must be delivered: a country or place code.
    place: String,
    #[graphql(skip)]
    contract: ContractId,
    #[graphql(skip)]
    measure: MeasureRef,
    #[graphql(skip)]
    of: KpiId,
    #[graphql(skip)]
    unit: Amount,
}

impl From<KpiView> for Kpi {
    fn from(view: KpiView) -> Self {
        Self {
            id: node_id(view.kpi.id),
            measure_code: view.kpi.measure.code.to_string(),
            promised: (&view.promised).into(),
            signed: (&view.kpi.quantity).into(),
            terms: (&view.kpi.terms).into(),
            delivered: (&view.delivered).into(),
            waiting: (&view.waiting).into(),
            period: view.kpi.period.into(),
            place: view.kpi.place.to_string(),
            contract: view.contract,
            of: view.kpi.id,
            measure: view.kpi.measure,
            unit: view.kpi.quantity,
        }
    }
}

#[ComplexObject]
impl Kpi {
    /// What credits have done for it.
    async fn credits(&self, context: &Context<'_>) -> async_graphql::Result<KpiCredits> {
        let found = loader(context)?.load_one(CreditsOf(self.of)).await?;
        Ok(found.unwrap_or_default().into())
    }

    /// The contract that binds it.
    async fn contract(&self, context: &Context<'_>) -> async_graphql::Result<Option<Contract>> {
        load(context, self.contract).await
    }

    /// What is due when, and how each period was rated.
    async fn schedule(&self, context: &Context<'_>) -> async_graphql::Result<Vec<Instalment>> {
        let found = loader(context)?.load_one(ScheduleOf(self.of)).await?;
        let views = found.unwrap_or_default().into_iter();
        views
            .map(|view| Instalment::new(view, &self.unit))
            .collect()
    }

    /// What is counted.
    async fn measure(&self, context: &Context<'_>) -> async_graphql::Result<Option<Measure>> {
        let found = credit_loaders::measure(context, &self.measure).await?;
        Ok(found.map(Into::into))
    }
}

/// A contract through the request's loader.
pub(crate) async fn load(
    context: &Context<'_>,
    id: ContractId,
) -> async_graphql::Result<Option<Contract>> {
    Ok(loader(context)?.load_one(id).await?.map(Into::into))
}

/// A KPI through the request's loader.
pub(crate) async fn load_kpi(
    context: &Context<'_>,
    id: KpiId,
) -> async_graphql::Result<Option<Kpi>> {
    Ok(loader(context)?.load_one(id).await?.map(Into::into))
}

/// Which contracts are wanted.
#[derive(Debug, Default, InputObject)]
pub struct ContractFilter {
    /// Those of this buyer.
    buyer: Option<ID>,
    /// Those of this supplier.
    supplier: Option<ID>,
}

impl ContractFilter {
    fn parse(&self) -> async_graphql::Result<Filter> {
        let id = |field: &str, id: &Option<ID>| -> async_graphql::Result<Option<OrganisationId>> {
            id.as_ref().map(|id| parse_id(field, id)).transpose()
        };
        Ok(Filter {
            buyer: id("filter.buyer", &self.buyer)?,
            supplier: id("filter.supplier", &self.supplier)?,
        })
    }
}

/// Queries on contracts.
#[derive(Debug, Default)]
pub struct ContractQuery;

#[Object]
impl ContractQuery {
    /// One contract.
    async fn contract(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<Contract>> {
        load(context, parse_id("id", &id)?).await
    }

    /// Contracts in the order of their signature.
    async fn contracts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which contracts.")] filter: Option<ContractFilter>,
    ) -> async_graphql::Result<Connection<Contract>> {
        let args = PageArgs::<ContractId>::new(first, after.as_deref(), last, before.as_deref())?;
        let filter = filter.unwrap_or_default().parse()?;
        let read = app(context)?.read();
        let rows = read
            .contracts(&filter, &Page::from(&args))
            .await
            .map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.contract_count(&filter).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.id, Contract::from))
    }
}

/// Input of `signContract`. What was awarded is signed: nobody retypes it.
#[derive(Debug, InputObject)]
pub struct SignContractInput {
    /// The tender whose award was decided.
    tender: ID,
    /// The code of the lot; may be left out where the tender has one.
    lot: Option<String>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `signContract`.
    SignContractPayload {
        /// The contract with its KPIs.
        contract: Contract
    }
}

/// Mutations of contracts.
#[derive(Debug, Default)]
pub struct ContractMutation;

#[Object]
impl ContractMutation {
    /// Signs the contract of a decided award, as an officer of its buyer. The commitments become KPIs as they are.
    async fn sign_contract(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which award.")] input: SignContractInput,
    ) -> async_graphql::Result<SignContractPayload> {
        let tender = parse_id("tender", &input.tender)?;
        let lot = input.lot.map(|lot| lot.parse());
        let lot = lot.transpose().map_err(|error| wrong("lot", &error))?;
        let done = app(context)?
            .sign_contract(&actor(context), tender, lot)
            .await;
        let (made, errors) = settle(done)?;
        let contract = match made {
            Some(made) => load(context, made.out).await?,
            None => None,
        };
        Ok(SignContractPayload::new(
            (contract, errors),
            input.client_mutation_id,
        ))
    }
}
