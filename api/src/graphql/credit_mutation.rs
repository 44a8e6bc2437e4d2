//! Mutations of credits: classes, issue, transfer and retirement. Whatever issues, moves or retires takes a key of the
//! client's own: the same key and body get the first answer again.

use async_graphql::{Context, ID, InputObject, Object};
use commonweal_app::class::DefineClass;
use commonweal_app::read::account::TransferView;
use commonweal_app::retirement::RetireCredits;
use commonweal_app::transfer::TransferCredits;
use commonweal_domain::amount::Share;
use commonweal_domain::credit::class::{BUFFER_YEARS, SUBSTITUTABLE, TRADABLE};

use super::amounts::{PeriodInput, wrong};
use super::claim_mutation::MeasureRefInput;
use super::context::{actor, app, settle};
use super::credit_account::{Transfer, TransferReason};
use super::credit_batch::{self, Batch};
use super::credit_class::{self, Class, parse_vintage};
use super::credit_retirement::{self, Retirement};
use super::node::parse_id;
use super::payload::payloads;
use super::scalars::{BigInt, Decimal};

/// Input of `defineClass`. The scale is the measure's.
#[derive(Debug, InputObject)]
pub struct DefineClassInput {
    /// What one unit is an outcome of.
    measure: MeasureRefInput,
    /// Where: a country or place code, such as `KR-11`.
    place: String,
    /// The calendar year of delivery.
    vintage: i32,
    /// Part of the units entering circulation that is kept back against reversals, 0 to less than 1.
    buffer_share: Decimal,
    /// The most surplus that may be traded, as a part of the KPI, 0 to 1; a fifth unless it is said.
    tradable_share: Option<Decimal>,
    /// The most of a KPI that may be covered with bought credits, 0 to 1; a tenth unless it is said.
    substitution_share: Option<Decimal>,
    /// How many years after the vintage the buffer is kept; three unless it is said.
    buffer_years: Option<i32>,
    /// The most credits that one beneficial-owner group may hold after a transfer; leave out for no limit.
    holding_limit: Option<BigInt>,
    /// Whether credits may change hands.
    transferable: bool,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `issueCredits`. Class, quantity and split follow from the claim.
#[derive(Debug, InputObject)]
pub struct IssueCreditsInput {
    /// The verified claim.
    claim: ID,
    /// The client's own key: the same key and body get the first answer again.
    idempotency_key: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `transferCredits`.
#[derive(Debug, InputObject)]
pub struct TransferCreditsInput {
    /// Which batch.
    batch: ID,
    /// Who has the credits.
    from: ID,
    /// Who gets them.
    to: ID,
    /// How many credits.
    units: BigInt,
    /// Why.
    reason: TransferReason,
    /// The procurement in which a public body buys them, which a sale to one needs.
    procurement_reference: Option<String>,
    /// More about it. The words can be erased; the log holds their salted hash.
    note: Option<String>,
    /// The client's own key: the same key and body get the first answer again.
    pub(super) idempotency_key: String,
    /// Comes back in the answer.
    pub(super) client_mutation_id: Option<String>,
}

impl TransferCreditsInput {
    pub(super) fn parse(&self) -> async_graphql::Result<TransferCredits> {
        Ok(TransferCredits {
            batch: parse_id("batch", &self.batch)?,
            from: parse_id("from", &self.from)?,
            to: parse_id("to", &self.to)?,
            units: self.units.0,
            reason: self.reason.into(),
            procurement_reference: self.procurement_reference.clone(),
            note: self.note.clone(),
        })
    }
}

/// Input of `retireCredits`.
#[derive(Debug, InputObject)]
pub struct RetireCreditsInput {
    /// Which batch.
    batch: ID,
    /// Who has the credits.
    holder: ID,
    /// How many credits.
    units: BigInt,
    /// The registered organisation that may say that the outcome is its own.
    beneficiary: ID,
    /// Where it says so: a country or place code.
    jurisdiction: String,
    /// For when it says so, such as a financial year.
    period: PeriodInput,
    /// The KPI that the credits cover: of a contract of the holder that is short and whose documents allow it. The
    /// beneficiary is then its buyer.
    covers: Option<ID>,
    /// Why, in words. They can be erased; the log holds their salted hash.
    note: Option<String>,
    /// The client's own key: the same key and body get the first answer again.
    pub(super) idempotency_key: String,
    /// Comes back in the answer.
    pub(super) client_mutation_id: Option<String>,
}

impl RetireCreditsInput {
    pub(super) fn parse(&self) -> async_graphql::Result<RetireCredits> {
        Ok(RetireCredits {
            batch: parse_id("batch", &self.batch)?,
            holder: parse_id("holder", &self.holder)?,
            units: self.units.0,
            beneficiary: parse_id("beneficiary", &self.beneficiary)?,
            jurisdiction: self.jurisdiction.clone(),
            period: self.period.parse("period")?,
            covers: self
                .covers
                .as_ref()
                .map(|id| parse_id("covers", id))
                .transpose()?,
            note: self.note.clone(),
        })
    }
}

fn share_or(
    field: &str,
    given: Option<&Decimal>,
    otherwise: Share,
) -> async_graphql::Result<Share> {
    match given {
        Some(share) => share.0.parse().map_err(|error| wrong(field, &error)),
        None => Ok(otherwise),
    }
}

payloads! {
    /// Answer of `defineClass`.
    DefineClassPayload {
        /// The class.
        class: Class
    }
    /// Answer of `issueCredits`.
    IssueCreditsPayload {
        /// The batch; a second issue of the same claim answers the batch of the first.
        batch: Batch
    }
    /// Answer of `transferCredits`.
    TransferCreditsPayload {
        /// The transfer.
        transfer: Transfer
    }
    /// Answer of `retireCredits`.
    RetireCreditsPayload {
        /// The retirement with its certificate number.
        retirement: Retirement
    }
}

/// Mutations of credits.
#[derive(Debug, Default)]
pub struct CreditMutation;

#[Object]
impl CreditMutation {
    /// Defines a class of credits, as a registrar.
    async fn define_class(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The class.")] input: DefineClassInput,
    ) -> async_graphql::Result<DefineClassPayload> {
        let share = input.buffer_share.0.parse();
        let command = DefineClass {
            measure: input.measure.parse("measure")?,
            place: input.place,
            vintage: parse_vintage("vintage", input.vintage)?,
            buffer_share: share.map_err(|error| wrong("bufferShare", &error))?,
            tradable_share: share_or("tradableShare", input.tradable_share.as_ref(), TRADABLE)?,
            substitution_share: share_or(
                "substitutionShare",
                input.substitution_share.as_ref(),
                SUBSTITUTABLE,
            )?,
            buffer_years: match input.buffer_years {
                Some(years) => u8::try_from(years).map_err(|error| wrong("bufferYears", &error))?,
                None => BUFFER_YEARS,
            },
            holding_limit_units: input.holding_limit.map(|limit| limit.0),
            transferable: input.transferable,
        };
        let (made, errors) = settle(app(context)?.define_class(&actor(context), command).await)?;
        let class = match made {
            Some(made) => credit_class::load(context, made.out).await?,
            None => None,
        };
        Ok(DefineClassPayload::new(
            (class, errors),
            input.client_mutation_id,
        ))
    }

    /// Issues the credits of a verified claim, as a registrar who neither submitted nor verified it. Obligated credits
    /// retire to the contract's buyer at once.
    async fn issue_credits(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which claim.")] input: IssueCreditsInput,
    ) -> async_graphql::Result<IssueCreditsPayload> {
        let (app, actor) = (app(context)?, actor(context));
        let claim = parse_id("claim", &input.claim)?;
        let done = app
            .issue_credits(&actor, &input.idempotency_key, claim)
            .await;
        let (made, errors) = settle(done)?;
        let batch = match made {
            Some(made) => credit_batch::load(context, made.out).await?,
            None => None,
        };
        Ok(IssueCreditsPayload::new(
            (batch, errors),
            input.client_mutation_id,
        ))
    }

    /// Transfers credits to another organisation, as someone who acts for their holder.
    async fn transfer_credits(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which credits, and to whom.")] input: TransferCreditsInput,
    ) -> async_graphql::Result<TransferCreditsPayload> {
        let (app, actor) = (app(context)?, actor(context));
        let command = input.parse()?;
        let done = app
            .transfer_credits(&actor, &input.idempotency_key, command.clone())
            .await;
        let (made, errors) = settle(done)?;
        let transfer = match made {
            // Words may have been erased since the key was used first.
            Some(made) if command.note.is_some() => app.read().transfer(made.out).await?,
            Some(made) => Some(TransferView::made(&made, command)),
            None => None,
        };
        let transfer = transfer.map(Into::into);
        Ok(TransferCreditsPayload::new(
            (transfer, errors),
            input.client_mutation_id,
        ))
    }

    /// Retires credits for ever, as someone who acts for their holder.
    async fn retire_credits(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which credits, and for whom.")] input: RetireCreditsInput,
    ) -> async_graphql::Result<RetireCreditsPayload> {
        let (app, actor) = (app(context)?, actor(context));
        let command = input.parse()?;
        let done = app
            .retire_credits(&actor, &input.idempotency_key, command)
            .await;
        let (made, errors) = settle(done)?;
        let retirement = match made {
            Some(made) => credit_retirement::load(context, made.out).await?,
            None => None,
        };
        Ok(RetireCreditsPayload::new(
            (retirement, errors),
            input.client_mutation_id,
        ))
    }
}
