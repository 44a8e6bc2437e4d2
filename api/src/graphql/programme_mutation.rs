//! Mutations of programmes: an outcome payer publishes terms, states what they owe, and records payments made elsewhere.

use async_graphql::{Context, ID, InputObject, Object};
use commonweal_app::programme::{OpenProgramme, RecordPayment};

use super::amounts::{MoneyInput, PeriodInput, wrong};
use super::claim_mutation::MeasureRefInput;
use super::context::{actor, app, refuse, settle};
use super::node::parse_id;
use super::organisation::SeoKind;
use super::payload::payloads;
use super::programme::{self, PaymentDirection, Programme, ProgrammePayment, ProgrammeStatement};
use super::scalars::{Date, Decimal};

/// What one whole unit of a measure is worth.
#[derive(Debug, InputObject)]
pub struct ProgrammeValueInput {
    /// The measure.
    measure: MeasureRefInput,
    /// The worth of one unit, such as one hour, in the currency of the budget.
    value: MoneyInput,
}

/// Input of `openProgramme`.
#[derive(Debug, InputObject)]
pub struct OpenProgrammeInput {
    /// Who pays.
    payer: ID,
    /// What people call it.
    title: String,
    /// The part of the recognised worth that is paid, such as 0.25.
    rate: Decimal,
    /// The part of an outcome's worth to which the rate applies, more than 0 and at most 1.
    recognised: Decimal,
    /// What each measure is worth: 1 to 200 measures, each once.
    values: Vec<ProgrammeValueInput>,
    /// The most that one organisation is entitled to over the whole programme; leave out for no cap.
    cap: Option<MoneyInput>,
    /// The most that all are owed together; what is left of it is shared in proportion when it does not suffice.
    budget: MoneyInput,
    /// When outcomes must have been delivered, wholly.
    period: PeriodInput,
    /// Where: at one of these places or within it; leave out for everywhere.
    #[graphql(default)]
    places: Vec<String>,
    /// As what the organisation must be certified on the first day of the delivery; leave out for anybody.
    #[graphql(default)]
    kinds: Vec<SeoKind>,
    /// Whether outcomes count that answer a KPI, for which a buyer pays already.
    #[graphql(default)]
    contracted: bool,
    /// The first days on which each statement may be made, in order; after the last, corrections are stated on any day.
    statement_days: Vec<Date>,
    /// The client's own key: the same key and body get the first answer again.
    idempotency_key: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

impl OpenProgrammeInput {
    fn parse(&self) -> async_graphql::Result<OpenProgramme> {
        let share = |field: &str, text: &Decimal| {
            let share = text.0.parse();
            share.map_err(|error| wrong(field, &error))
        };
        let value = |(at, input): (usize, &ProgrammeValueInput)| {
            let field = |name: &str| format!("values.{at}.{name}");
            let measure = input.measure.parse(&field("measure"))?;
            Ok((measure, input.value.parse(&field("value"))?))
        };
        let values = self.values.iter().enumerate().map(value);
        Ok(OpenProgramme {
            payer: parse_id("payer", &self.payer)?,
            title: self.title.clone(),
            rate: share("rate", &self.rate)?,
            recognised: share("recognised", &self.recognised)?,
            values: values.collect::<async_graphql::Result<_>>()?,
            cap: self.cap.as_ref().map(|cap| cap.parse("cap")).transpose()?,
            budget: self.budget.parse("budget")?,
            period: self.period.parse("period")?,
            places: self.places.clone(),
            kinds: self.kinds.iter().map(|kind| (*kind).into()).collect(),
            contracted: self.contracted,
            statement_days: self.statement_days.iter().map(|day| day.0).collect(),
        })
    }
}

/// Input of `stateEntitlements`. What is owed follows from the terms and the verified claims.
#[derive(Debug, InputObject)]
pub struct StateEntitlementsInput {
    /// Of which programme.
    programme: ID,
    /// The client's own key: the same key and body get the first answer again.
    idempotency_key: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `recordPayment`. The payment happens elsewhere, and before it is recorded.
#[derive(Debug, InputObject)]
pub struct RecordPaymentInput {
    /// Under which programme.
    programme: ID,
    /// Whom it was paid to, or who returned it.
    organisation: ID,
    /// Which way.
    direction: PaymentDirection,
    /// How much, at most what the statements leave open.
    amount: MoneyInput,
    /// The day of the payment.
    on: Date,
    /// The reference under which payer and payee find it in their books: public, so that it names no person and no account.
    reference: String,
    /// The client's own key: the same key and body get the first answer again.
    idempotency_key: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `openProgramme`.
    OpenProgrammePayload {
        /// The programme.
        programme: Programme
    }
    /// Answer of `stateEntitlements`.
    StateEntitlementsPayload {
        /// The statement.
        statement: ProgrammeStatement
    }
    /// Answer of `recordPayment`.
    RecordPaymentPayload {
        /// The payment.
        payment: ProgrammePayment
    }
}

/// Mutations of programmes.
#[derive(Debug, Default)]
pub struct ProgrammeMutation;

#[Object]
impl ProgrammeMutation {
    /// Publishes the terms by which an outcome payer pays for verified outcomes, as an officer of the payer. They never
    /// change: other terms are another programme.
    async fn open_programme(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The terms.")] input: OpenProgrammeInput,
    ) -> async_graphql::Result<OpenProgrammePayload> {
        let command = input.parse()?;
        let done = app(context)?
            .open_programme(&actor(context), &input.idempotency_key, command)
            .await;
        let (made, errors) = settle(done)?;
        let programme = match made {
            Some(made) => programme::load(context, made.out).await?,
            None => None,
        };
        Ok(OpenProgrammePayload::new(
            (programme, errors),
            input.client_mutation_id,
        ))
    }

    /// States what a programme owes by its terms, as an officer of the payer: for outcomes that were verified since the last
    /// statement, and for counted ones that were corrected or reversed since.
    async fn state_entitlements(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which programme.")] input: StateEntitlementsInput,
    ) -> async_graphql::Result<StateEntitlementsPayload> {
        let id = parse_id("programme", &input.programme)?;
        let app = app(context)?;
        let done = app
            .state_entitlements(&actor(context), &input.idempotency_key, id)
            .await;
        let (made, errors) = settle(done)?;
        let programme = programme::load(context, id).await?;
        let statement = match made.zip(programme) {
            Some((made, programme)) => {
                let number = i64::from(made.out);
                let view = app.read().programme_statement(id, number).await;
                let view = view.map_err(refuse)?;
                view.map(|view| ProgrammeStatement::new(&programme, view))
            }
            None => None,
        };
        Ok(StateEntitlementsPayload::new(
            (statement, errors),
            input.client_mutation_id,
        ))
    }

    /// Records a payment that happened elsewhere, as an officer of the payer. No money is held here.
    async fn record_payment(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The payment.")] input: RecordPaymentInput,
    ) -> async_graphql::Result<RecordPaymentPayload> {
        let command = RecordPayment {
            programme: parse_id("programme", &input.programme)?,
            organisation: parse_id("organisation", &input.organisation)?,
            direction: input.direction.into(),
            amount: input.amount.parse("amount")?,
            on: input.on.0,
            reference: input.reference,
        };
        let (app, id) = (app(context)?, command.programme);
        let done = app
            .record_payment(&actor(context), &input.idempotency_key, command)
            .await;
        let (made, errors) = settle(done)?;
        let programme = programme::load(context, id).await?;
        let payment = match made.zip(programme) {
            Some((made, programme)) => {
                let view = app.read().programme_payment(made.out).await;
                let view = view.map_err(refuse)?;
                view.map(|view| ProgrammePayment::new(&programme, view))
            }
            None => None,
        };
        Ok(RecordPaymentPayload::new(
            (payment, errors),
            input.client_mutation_id,
        ))
    }
}
