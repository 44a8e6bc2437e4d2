//! Programmes of outcome payers: their terms, and what they have counted, owe and have paid.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use commonweal_app::read::programme::{
    CountedView, EntitlementView, LineView, PaymentView, ProgrammeView, StatementView, Totals,
};
use commonweal_domain::amount;
use commonweal_domain::catalogue::MeasureRef;
use commonweal_domain::fraction::Fraction;
use commonweal_domain::ids::{ClaimId, OrganisationId, ProgrammeId};
use commonweal_domain::programme as domain;

use super::amounts::{Money, Period};
use super::catalogue::Measure;
use super::claim::{self, Claim};
use super::context::loader;
use super::credit_loaders::{self, TotalsOf};
use super::ledger::{self, LedgerEntry};
use super::node::node_id;
use super::organisation::{self, Organisation, SeoKind};
use super::scalars::{BigInt, Date, DateTime, Decimal};

/// What one whole unit of a measure is worth to the payer.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ProgrammeValue {
    /// The code of the measure.
    measure_code: String,
    /// The worth of one unit, such as one hour.
    value: Money,
    #[graphql(skip)]
    reference: MeasureRef,
}

#[ComplexObject]
impl ProgrammeValue {
    /// The measure.
    async fn measure(&self, context: &Context<'_>) -> async_graphql::Result<Option<Measure>> {
        let found = credit_loaders::measure(context, &self.reference).await?;
        Ok(found.map(Into::into))
    }
}

/// A programme that pays for verified outcomes by published terms. It holds no money: payments happen elsewhere and are
/// recorded by reference.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Programme {
    /// Opaque id.
    pub(super) id: ID,
    /// What people call it.
    title: String,
    /// The part of the recognised worth that is paid, 0 to 1.
    rate: Decimal,
    /// The part of an outcome's worth to which the rate applies, 0 to 1.
    recognised: Decimal,
    /// What each measure is worth.
    values: Vec<ProgrammeValue>,
    /// The most that one organisation is entitled to over the whole programme; null means no cap.
    cap: Option<Money>,
    /// The most that all are owed together.
    budget: Money,
    /// When outcomes must have been delivered, wholly.
    period: Period,
    /// Where; everywhere when there is none.
    places: Vec<String>,
    /// As what the organisation must be certified on the first day of the delivery; anybody when there is none.
    kinds: Vec<SeoKind>,
    /// Whether outcomes count that answer a KPI, for which a buyer pays already.
    contracted: bool,
    /// The first days on which each statement may be made; after the last, corrections are stated on any day.
    statement_days: Vec<Date>,
    /// Log index of its publication.
    entry_index: BigInt,
    #[graphql(skip)]
    pub(super) terms: domain::Programme,
}

impl From<ProgrammeView> for Programme {
    fn from(view: ProgrammeView) -> Self {
        let terms = view.programme;
        let values = terms.values.iter().map(|valuation| ProgrammeValue {
            measure_code: valuation.measure.code.to_string(),
            value: valuation.value.into(),
            reference: valuation.measure.clone(),
        });
        Self {
            id: node_id(terms.id),
            title: terms.title.clone(),
            rate: Decimal(terms.rate.to_string()),
            recognised: Decimal(terms.recognised.to_string()),
            values: values.collect(),
            cap: terms.cap.map(Into::into),
            budget: terms.budget.into(),
            period: terms.period.into(),
            places: terms.places.iter().map(ToString::to_string).collect(),
            kinds: terms.kinds.iter().map(|kind| (*kind).into()).collect(),
            contracted: terms.contracted,
            statement_days: terms.statement_days.iter().copied().map(Date).collect(),
            entry_index: view.entry_index.into(),
            terms,
        }
    }
}

/// What a programme has counted, owes and has paid, over all organisations.
#[derive(Debug, Clone, SimpleObject)]
pub struct ProgrammeTotals {
    /// The worth of all counted claims.
    outcome: Money,
    /// What is owed to date, never more than the budget.
    owed: Money,
    /// What was paid to date, less what was returned.
    paid: Money,
    /// What is owed over the worth, in percent: the rate as it comes out; null where nothing is counted.
    effective_percent: Option<Decimal>,
}

#[ComplexObject]
impl Programme {
    /// Who pays.
    async fn payer(&self, context: &Context<'_>) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.terms.payer).await
    }

    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }

    /// What it has counted, owes and has paid.
    async fn totals(&self, context: &Context<'_>) -> async_graphql::Result<ProgrammeTotals> {
        let found = loader(context)?.load_one(TotalsOf(self.terms.id)).await?;
        let Totals {
            outcome,
            owed,
            paid,
        } = found.unwrap_or_default();
        let effective = Fraction::new(owed.into(), outcome.into())
            .and_then(|part| part.times(Fraction::whole(100))?.round(2));
        Ok(ProgrammeTotals {
            outcome: self.money(outcome),
            owed: self.money(owed),
            paid: self.money(paid),
            effective_percent: effective.ok().map(|percent| Decimal(percent.to_string())),
        })
    }
}

impl Programme {
    /// An amount in the programme's currency.
    pub(super) fn money(&self, minor: i64) -> Money {
        amount::Money::from_minor(minor, self.terms.budget.currency()).into()
    }
}

/// A programme through the request's loader.
pub(crate) async fn load(
    context: &Context<'_>,
    id: ProgrammeId,
) -> async_graphql::Result<Option<Programme>> {
    Ok(loader(context)?.load_one(id).await?.map(Into::into))
}

/// A statement of entitlement: what a programme owes by its terms. Anyone can compute it again from the log.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ProgrammeStatement {
    /// Counted from 1.
    number: BigInt,
    /// How many claims it counted, for the first time or again after a correction or reversal.
    claims: BigInt,
    /// What it added to what is owed, over all its lines.
    difference: Money,
    /// What it left of the budget.
    left: Money,
    /// When.
    at: DateTime,
    /// Log index of the statement.
    entry_index: BigInt,
}

#[ComplexObject]
impl ProgrammeStatement {
    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }
}

impl ProgrammeStatement {
    pub(super) fn new(programme: &Programme, view: StatementView) -> Self {
        Self {
            number: BigInt(view.number),
            claims: BigInt(view.claims),
            difference: programme.money(view.difference),
            left: programme.money(view.left),
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
        }
    }
}

/// Where a statement left an organisation.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ProgrammeLine {
    /// The worth of its counted claims to date.
    outcome: Money,
    /// What it is entitled to: what its claims have earned to date, up to the cap.
    entitled: Money,
    /// What it is owed to date.
    owed: Money,
    /// What the statement added; less than nothing is claimed back.
    difference: Money,
    #[graphql(skip)]
    of: OrganisationId,
}

#[ComplexObject]
impl ProgrammeLine {
    /// The organisation.
    async fn organisation(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.of).await
    }
}

impl ProgrammeLine {
    pub(super) fn new(programme: &Programme, view: LineView) -> Self {
        Self {
            outcome: programme.money(view.outcome),
            entitled: programme.money(view.entitled),
            owed: programme.money(view.owed),
            difference: programme.money(view.difference),
            of: view.organisation,
        }
    }
}

/// What a claim counts for in a programme: once.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ProgrammeClaim {
    /// Number of the statement that counted it last.
    statement: BigInt,
    /// Its worth.
    outcome: Money,
    /// What it earned, before cap and budget.
    earned: Money,
    #[graphql(skip)]
    of: ClaimId,
}

#[ComplexObject]
impl ProgrammeClaim {
    /// The claim.
    async fn claim(&self, context: &Context<'_>) -> async_graphql::Result<Option<Claim>> {
        claim::load(context, self.of).await
    }
}

impl ProgrammeClaim {
    pub(super) fn new(programme: &Programme, view: CountedView) -> Self {
        Self {
            statement: BigInt(view.number),
            outcome: programme.money(view.outcome),
            earned: programme.money(view.earned),
            of: view.claim,
        }
    }
}

/// Where an organisation stands in a programme now.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Entitlement {
    /// The worth of its counted claims.
    outcome: Money,
    /// What it is entitled to: what its claims have earned, up to the cap.
    entitled: Money,
    /// What it is owed to date, as far as the budget goes.
    owed: Money,
    /// What it was paid to date, less what it returned.
    paid: Money,
    /// What is still to be paid; less than nothing is to be returned.
    open: Money,
    #[graphql(skip)]
    of: OrganisationId,
}

#[ComplexObject]
impl Entitlement {
    /// The organisation.
    async fn organisation(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.of).await
    }
}

impl Entitlement {
    pub(super) fn new(programme: &Programme, view: EntitlementView) -> Self {
        Self {
            outcome: programme.money(view.outcome),
            entitled: programme.money(view.entitled),
            owed: programme.money(view.owed),
            paid: programme.money(view.paid),
            open: programme.money(view.owed.saturating_sub(view.paid)),
            of: view.organisation,
        }
    }
}

/// Which way money went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Direction")]
pub enum PaymentDirection {
    /// From the payer.
    Paid,
    /// Back to the payer, after a correction or reversal.
    Returned,
}

/// A payment that happened elsewhere, as its payer recorded it.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ProgrammePayment {
    /// Log index of the record.
    entry_index: BigInt,
    /// Which way.
    direction: PaymentDirection,
    /// How much.
    amount: Money,
    /// The day of the payment.
    on: Date,
    /// The reference under which payer and payee find it in their books.
    reference: String,
    /// When it was recorded.
    at: DateTime,
    #[graphql(skip)]
    with: OrganisationId,
}

#[ComplexObject]
impl ProgrammePayment {
    /// Whom it was paid to, or who returned it.
    async fn organisation(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.with).await
    }

    /// Its entry of the public log, with its receipt.
    async fn entry(&self, context: &Context<'_>) -> async_graphql::Result<Option<LedgerEntry>> {
        ledger::load(context, self.entry_index).await
    }
}

impl ProgrammePayment {
    pub(super) fn new(programme: &Programme, view: PaymentView) -> Self {
        Self {
            entry_index: BigInt(view.entry_index),
            direction: view.direction.into(),
            amount: programme.money(view.minor),
            on: Date(view.on),
            reference: view.reference,
            at: DateTime(view.at),
            with: view.organisation,
        }
    }
}
