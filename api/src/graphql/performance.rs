//! Contract performance: variations, schedules with ratings, and promised against delivered.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use commonweal_app::performance::{RateKpi, VaryContract};
use commonweal_app::read::performance::{InstalmentView, RatingView, VariationView};
use commonweal_app::read::promise::{
    DeliveryBy, DeliveryFilter as Filter, DeliveryGroup, DeliveryRow,
};
use commonweal_domain::amount::Quantity as Amount;
use commonweal_domain::catalogue::MeasureRef;
use commonweal_domain::contract::kpi::KpiTerms;
use commonweal_domain::contract::rating as domain;
use commonweal_domain::ids::KpiId;

use super::amounts::{Period, Quantity, wrong};
use super::catalogue::Measure;
use super::claim_mutation::MeasureRefInput;
use super::context::{actor, app, refuse, settle};
use super::contract::{self, Contract, Kpi};
use super::credit_loaders;
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::payload::payloads;
use super::scalars::{BigInt, Date, DateTime, Decimal, Sha256};

/// How a period went: the five statutory words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Rating")]
pub enum KpiRatingWord {
    /// Good.
    Good,
    /// Approaching target.
    ApproachingTarget,
    /// Requires improvement.
    RequiresImprovement,
    /// Inadequate.
    Inadequate,
    /// Other, for a reason that the buyer states.
    Other,
}

/// What the tender documents and the measure say of a KPI, copied at the signature.
#[derive(Debug, Clone, SimpleObject)]
pub struct Terms {
    /// How much it counts among the contract's KPIs; null where the buyer did not say.
    weight: Option<Decimal>,
    /// What there was before the contract, in the measure's unit.
    baseline: Option<Decimal>,
    /// Kinds of evidence that a claim must carry at least one of.
    evidence: Vec<String>,
    /// How a verifier checks it.
    verification_method: String,
    /// From which part of the promise on a period is rated how; null where the tender documents say nothing.
    thresholds: Option<Thresholds>,
}

impl From<&KpiTerms> for Terms {
    fn from(terms: &KpiTerms) -> Self {
        Self {
            weight: terms.weight.map(|weight| Decimal(weight.to_string())),
            baseline: terms.baseline.map(|baseline| Decimal(baseline.to_string())),
            evidence: terms.evidence.clone(),
            verification_method: terms.verification_method.clone(),
            thresholds: terms.thresholds.map(Into::into),
        }
    }
}

/// From which part of the promise on a period is rated how.
#[derive(Debug, Clone, SimpleObject)]
pub struct Thresholds {
    /// Good from here on.
    good: Decimal,
    /// Approaching target from here on.
    approaching: Decimal,
    /// Requires improvement from here on; inadequate below.
    improvement: Decimal,
}

impl From<domain::Thresholds> for Thresholds {
    fn from(thresholds: domain::Thresholds) -> Self {
        Self {
            good: Decimal(thresholds.good.to_string()),
            approaching: Decimal(thresholds.approaching.to_string()),
            improvement: Decimal(thresholds.improvement.to_string()),
        }
    }
}

/// A rating of a period.
#[derive(Debug, Clone, SimpleObject)]
pub struct KpiRating {
    /// How it went.
    rating: KpiRatingWord,
    /// What was due when it was rated.
    due: Quantity,
    /// What was verified by then: the supplier's own delivery.
    delivered: Quantity,
    /// Why; null when there is no reason or its words were erased.
    reason: Option<String>,
    /// The salted hash of the reason, as it stands in the log.
    reason_hash: Option<Sha256>,
    /// Who rated: a pseudonym.
    by: ID,
    /// When.
    at: DateTime,
    /// Log index.
    entry_index: BigInt,
}

/// A period of a KPI with what is due in it.
#[derive(Debug, Clone, SimpleObject)]
pub struct Instalment {
    /// The period.
    period: Period,
    /// What is due in it, after every variation.
    due: Quantity,
    /// The rating in force; null when it is not rated.
    rating: Option<KpiRating>,
    /// Every rating of the period in order; a later claim or correction makes a new one.
    ratings: Vec<KpiRating>,
}

impl Instalment {
    /// A period from its view, in the unit of its KPI.
    pub(crate) fn new(view: InstalmentView, unit: &Amount) -> async_graphql::Result<Self> {
        let quantity = |units| {
            unit.with_units(units)
                .map_err(|error| wrong("units", &error))
        };
        let rating = |view: RatingView| -> async_graphql::Result<KpiRating> {
            Ok(KpiRating {
                rating: view.rating.into(),
                due: (&quantity(view.due_units)?).into(),
                delivered: (&quantity(view.delivered_units)?).into(),
                reason: view.reason,
                reason_hash: view.reason_hash.map(Sha256),
                by: node_id(view.by),
                at: DateTime(view.at),
                entry_index: view.entry_index.into(),
            })
        };
        let ratings = view.ratings.into_iter().map(rating);
        let ratings = ratings.collect::<async_graphql::Result<Vec<_>>>()?;
        Ok(Self {
            period: view.period.into(),
            due: (&quantity(view.due_units)?).into(),
            rating: ratings.last().cloned(),
            ratings,
        })
    }
}

/// What a variation makes of a KPI.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct KpiChange {
    /// The first day on which it is in force.
    from: Date,
    /// The new full-term quantity in smallest units of the measure.
    units: BigInt,
    #[graphql(skip)]
    of: KpiId,
}

#[ComplexObject]
impl KpiChange {
    /// The KPI.
    async fn kpi(&self, context: &Context<'_>) -> async_graphql::Result<Option<Kpi>> {
        contract::load_kpi(context, self.of).await
    }
}

/// A numbered, reasoned change of what a contract asks for.
#[derive(Debug, Clone, SimpleObject)]
pub struct Variation {
    /// Its number among the contract's variations.
    number: u32,
    /// What changes.
    changes: Vec<KpiChange>,
    /// Why; null when the words were erased.
    reason: Option<String>,
    /// The salted hash of the reason, as it stands in the log.
    reason_hash: Sha256,
    /// When.
    at: DateTime,
    /// Log index.
    entry_index: BigInt,
}

impl From<VariationView> for Variation {
    fn from(view: VariationView) -> Self {
        let change = |(of, units, from)| KpiChange {
            from: Date(from),
            units: BigInt(units),
            of,
        };
        Self {
            number: view.number,
            changes: view.changes.into_iter().map(change).collect(),
            reason: view.reason,
            reason_hash: Sha256(view.reason_hash),
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
        }
    }
}

/// By what sums are made; always by measure too, since units differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "DeliveryBy")]
pub enum DeliveryGrouping {
    /// By contract.
    Contract,
    /// By who delivers.
    Supplier,
    /// By who buys.
    Buyer,
    /// By place code.
    Place,
    /// By measure alone.
    Measure,
    /// By calendar year.
    Year,
}

/// Which KPIs are summed.
#[derive(Debug, Default, InputObject)]
pub struct DeliveryFilter {
    /// Those of this contract.
    contract: Option<ID>,
    /// Those that this organisation delivers.
    supplier: Option<ID>,
    /// Those that this organisation buys.
    buyer: Option<ID>,
    /// Those at this place code, within it or around it.
    place: Option<String>,
    /// Those of this measure.
    measure: Option<MeasureRefInput>,
}

impl DeliveryFilter {
    fn parse(&self) -> async_graphql::Result<Filter> {
        let party = |field: &str, id: &Option<ID>| {
            let field = format!("filter.{field}");
            id.as_ref().map(|id| parse_id(&field, id)).transpose()
        };
        let contract = self
            .contract
            .as_ref()
            .map(|id| parse_id("filter.contract", id));
        let place = self.place.as_ref().map(|place| place.parse());
        let measure = self
            .measure
            .as_ref()
            .map(|measure| measure.parse("filter.measure"));
        Ok(Filter {
            contract: contract.transpose()?,
            supplier: party("supplier", &self.supplier)?,
            buyer: party("buyer", &self.buyer)?,
            place: place
                .transpose()
                .map_err(|error| wrong("filter.place", &error))?,
            measure: measure.transpose()?,
        })
    }
}

/// What was promised of a measure against what was delivered: own delivery only, bought credits are none.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Delivery {
    /// What was promised, after every variation.
    promised: Quantity,
    /// What was verified to date.
    delivered: Quantity,
    /// The code of the measure.
    measure_code: String,
    /// The place, where sums are by place.
    place: Option<String>,
    /// The calendar year, where sums are by year.
    year: Option<String>,
    #[graphql(skip)]
    group: DeliveryGroup,
    #[graphql(skip)]
    of: MeasureRef,
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        let (place, year) = match &row.group {
            DeliveryGroup::Place(place) => (Some(place.clone()), None),
            DeliveryGroup::Year(year) => (None, Some(year.clone())),
            _ => (None, None),
        };
        Self {
            promised: (&row.promised).into(),
            delivered: (&row.delivered).into(),
            measure_code: row.measure.code.to_string(),
            place,
            year,
            group: row.group,
            of: row.measure,
        }
    }
}

#[ComplexObject]
impl Delivery {
    /// The contract, where sums are by contract.
    async fn contract(&self, context: &Context<'_>) -> async_graphql::Result<Option<Contract>> {
        match self.group {
            DeliveryGroup::Contract(id) => contract::load(context, id).await,
            _ => Ok(None),
        }
    }

    /// The supplier or buyer, where sums are by one of them.
    async fn organisation(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Organisation>> {
        match self.group {
            DeliveryGroup::Organisation(id) => organisation::load(context, id).await,
            _ => Ok(None),
        }
    }

    /// The measure.
    async fn measure(&self, context: &Context<'_>) -> async_graphql::Result<Option<Measure>> {
        let found = credit_loaders::measure(context, &self.of).await?;
        Ok(found.map(Into::into))
    }
}

/// Queries on contract performance.
#[derive(Debug, Default)]
pub struct PerformanceQuery;

#[Object]
impl PerformanceQuery {
    /// Promised against delivered, over the KPIs of contracts whose awards stand; at most 10,000 KPIs in one answer.
    async fn deliveries(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "By what the sums are made.")] by: DeliveryGrouping,
        #[graphql(desc = "Which KPIs.")] filter: Option<DeliveryFilter>,
    ) -> async_graphql::Result<Vec<Delivery>> {
        let filter = filter.unwrap_or_default().parse()?;
        let read = app(context)?.read();
        let rows = read.deliveries(by.into(), &filter).await.map_err(refuse)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

/// What a variation makes of a KPI.
#[derive(Debug, InputObject)]
pub struct KpiChangeInput {
    /// The KPI.
    kpi: ID,
    /// The new full-term quantity, in the measure's unit.
    quantity: Decimal,
    /// The first day on which it is in force: for an increase tomorrow or later, else today or later.
    from: Date,
}

/// Input of `varyContract`.
#[derive(Debug, InputObject)]
pub struct VaryContractInput {
    /// The contract.
    contract: ID,
    /// What changes, 1 to 100, each another KPI.
    changes: Vec<KpiChangeInput>,
    /// Why. The words can be erased; the log holds their salted hash.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `rateKpi`.
#[derive(Debug, InputObject)]
pub struct RateKpiInput {
    /// The KPI.
    kpi: ID,
    /// The first day of the period, as its schedule shows it.
    from: Date,
    /// How it went; what the published thresholds give when it is left out.
    rating: Option<KpiRatingWord>,
    /// Why; `OTHER` needs it. The words can be erased; the log holds their salted hash.
    reason: Option<String>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `varyContract`.
    VaryContractPayload {
        /// The contract.
        contract: Contract
    }

    /// Answer of `rateKpi`.
    RateKpiPayload {
        /// The KPI.
        kpi: Kpi
    }
}

/// Mutations of contract performance.
#[derive(Debug, Default)]
pub struct PerformanceMutation;

#[Object]
impl PerformanceMutation {
    /// Changes what a contract asks for, as an officer of its buyer: numbered, reasoned, and never backwards.
    async fn vary_contract(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What changes, and why.")] input: VaryContractInput,
    ) -> async_graphql::Result<VaryContractPayload> {
        let changes = input.changes.iter().enumerate().map(|(at, change)| {
            let kpi = parse_id(&format!("changes.{at}.kpi"), &change.kpi)?;
            Ok((kpi, change.quantity.0.clone(), change.from.0))
        });
        let command = VaryContract {
            contract: parse_id("contract", &input.contract)?,
            changes: changes.collect::<async_graphql::Result<_>>()?,
            reason: input.reason,
        };
        let done = app(context)?.vary_contract(&actor(context), command).await;
        let (made, errors) = settle(done)?;
        let contract = match made {
            Some(made) => contract::load(context, made.out).await?,
            None => None,
        };
        Ok(VaryContractPayload::new(
            (contract, errors),
            input.client_mutation_id,
        ))
    }

    /// Rates a period of a KPI, as an officer of its buyer, from the supplier's own delivery.
    async fn rate_kpi(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which period, and how it went.")] input: RateKpiInput,
    ) -> async_graphql::Result<RateKpiPayload> {
        let command = RateKpi {
            kpi: parse_id("kpi", &input.kpi)?,
            from: input.from.0,
            rating: input.rating.map(Into::into),
            reason: input.reason,
        };
        let done = app(context)?.rate_kpi(&actor(context), command).await;
        let (made, errors) = settle(done)?;
        let kpi = match made {
            Some(made) => contract::load_kpi(context, made.out).await?,
            None => None,
        };
        Ok(RateKpiPayload::new((kpi, errors), input.client_mutation_id))
    }
}
