//! What ends credits or keeps them: cancellation, buffers, liabilities, the intent to trade surplus, corrections and
//! reversals.

use async_graphql::{
    ComplexObject, Context, Enum, ID, InputObject, Object, OneofObject, SimpleObject,
};
use commonweal_app::cancellation::{CancelCredits, ClearLiability};
use commonweal_app::read::Page;
use commonweal_app::read::hold::LiabilityView;
use commonweal_domain::challenge;
use commonweal_domain::ids::{ClaimId, KpiId, LiabilityId};

use super::claim::{self, Claim};
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{actor, app, refuse, settle};
use super::contract::{self, Kpi};
use super::credit_batch::{self, Batch};
use super::credit_class::{self, Class};
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::payload::payloads;
use super::scalars::{BigInt, DateTime, Decimal};

/// Why less of a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "challenge::Remedy")]
pub enum Remedy {
    /// It was verified or issued in error.
    Correct,
    /// The outcome was undone.
    Reverse,
}

/// Credits that fell, were in the hands of others, and are owed to their measure and place.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Liability {
    /// Opaque id.
    id: ID,
    /// Credits that are still owed; while there are any, nothing is issued to the group and it does not trade.
    owed: BigInt,
    /// Credits that were owed at first.
    recorded: BigInt,
    /// When it was recorded.
    at: DateTime,
    /// Log index of the correction or reversal.
    entry_index: BigInt,
    #[graphql(skip)]
    view: LiabilityView,
}

impl From<LiabilityView> for Liability {
    fn from(view: LiabilityView) -> Self {
        Self {
            id: node_id(view.liability.id),
            owed: BigInt(view.liability.units),
            recorded: BigInt(view.recorded_units),
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
            view,
        }
    }
}

#[ComplexObject]
impl Liability {
    /// Who owes them.
    async fn organisation(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.view.liability.organisation).await
    }

    /// The class of the credits that fell; credits of any vintage of its measure and place make them good.
    async fn class(&self, context: &Context<'_>) -> async_graphql::Result<Option<Class>> {
        credit_class::load(context, self.view.liability.class).await
    }

    /// The claim whose outcome fell.
    async fn claim(&self, context: &Context<'_>) -> async_graphql::Result<Option<Claim>> {
        claim::load(context, self.view.claim).await
    }
}

/// Queries on liabilities.
#[derive(Debug, Default)]
pub struct LiabilityQuery;

#[Object]
impl LiabilityQuery {
    /// Liabilities in the order of their recording.
    async fn liabilities(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Those that were not made good.", default)] open: bool,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Liability>> {
        let args = PageArgs::<LiabilityId>::new(first, after.as_deref(), last, before.as_deref())?;
        let read = app(context)?.read();
        let rows = read
            .liabilities(open, &Page::from(&args))
            .await
            .map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.liability_count(open).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.liability.id, Liability::from))
    }
}

/// Input of `intendSurplus`.
#[derive(Debug, InputObject)]
pub struct IntendSurplusInput {
    /// The KPI.
    kpi: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `cancelCredits`.
#[derive(Debug, InputObject)]
pub struct CancelCreditsInput {
    /// Which batch.
    batch: ID,
    /// Whose credits.
    holder: ID,
    /// How many credits.
    units: BigInt,
    /// Why, in words. They can be erased; the log holds their salted hash.
    note: Option<String>,
    /// The client's own key: the same key and body get the first answer again.
    idempotency_key: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `releaseBuffer`.
#[derive(Debug, InputObject)]
pub struct ReleaseBufferInput {
    /// Which batch.
    batch: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `clearLiability`.
#[derive(Debug, InputObject)]
pub struct ClearLiabilityInput {
    /// What is owed.
    liability: ID,
    /// The batch of the credits that make it good.
    batch: ID,
    /// How many credits.
    units: BigInt,
    /// The client's own key: the same key and body get the first answer again.
    idempotency_key: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `proposeCorrection`.
#[derive(Debug, InputObject)]
pub struct ProposeCorrectionInput {
    /// The verified claim.
    claim: ID,
    /// What stays verified, in the measure's unit.
    verified: Decimal,
    /// Why the rest falls.
    remedy: Remedy,
    /// Why, in words. They can be erased; the log holds their salted hash.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// The decision that is carried out: give exactly one.
#[derive(Debug, OneofObject)]
pub enum DecisionBy {
    /// An upheld challenge that can no longer be appealed.
    Challenge(ID),
    /// Another registrar's proposal, by the id that `proposeCorrection` gave.
    Proposal(ID),
}

/// Input of `carryOutDecision`.
#[derive(Debug, InputObject)]
pub struct CarryOutDecisionInput {
    /// Which decision.
    decision: DecisionBy,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `intendSurplus`.
    IntendSurplusPayload {
        /// The KPI.
        kpi: Kpi
    }
    /// Answer of `cancelCredits` and `releaseBuffer`.
    BatchPayload {
        /// The batch.
        batch: Batch
    }
    /// Answer of `clearLiability`.
    ClearLiabilityPayload {
        /// The liability's id.
        liability: ID
    }
    /// Answer of `proposeCorrection`.
    ProposeCorrectionPayload {
        /// The proposal's id, for the second registrar.
        proposal: ID
    }
    /// Answer of `carryOutDecision`.
    CarryOutDecisionPayload {
        /// The claim with what stays verified.
        claim: Claim
    }
}

/// Mutations that end credits or keep them.
#[derive(Debug, Default)]
pub struct CreditEndMutation;

#[Object]
impl CreditEndMutation {
    /// Registers, before the activity begins, that a supplier means to deliver more than a KPI asks for and to trade it.
    async fn intend_surplus(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which KPI.")] input: IntendSurplusInput,
    ) -> async_graphql::Result<IntendSurplusPayload> {
        let id: KpiId = parse_id("kpi", &input.kpi)?;
        let (made, errors) = settle(app(context)?.intend_surplus(&actor(context), id).await)?;
        let kpi = match made {
            Some(made) => contract::load_kpi(context, made.out).await?,
            None => None,
        };
        Ok(IntendSurplusPayload::new(
            (kpi, errors),
            input.client_mutation_id,
        ))
    }

    /// Takes credits out without a claim, as someone who acts for their holder.
    async fn cancel_credits(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which credits.")] input: CancelCreditsInput,
    ) -> async_graphql::Result<BatchPayload> {
        let command = CancelCredits {
            batch: parse_id("batch", &input.batch)?,
            holder: parse_id("holder", &input.holder)?,
            units: input.units.0,
            note: input.note,
        };
        let (app, actor) = (app(context)?, actor(context));
        let done = app
            .cancel_credits(&actor, &input.idempotency_key, command)
            .await;
        let (made, errors) = settle(done)?;
        let batch = match made {
            Some(made) => credit_batch::load(context, made.out).await?,
            None => None,
        };
        Ok(BatchPayload::new((batch, errors), input.client_mutation_id))
    }

    /// Gives what a batch kept back to its claimant when the years of its class are over, as a registrar.
    async fn release_buffer(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which batch.")] input: ReleaseBufferInput,
    ) -> async_graphql::Result<BatchPayload> {
        let id = parse_id("batch", &input.batch)?;
        let (made, errors) = settle(app(context)?.release_buffer(&actor(context), id).await)?;
        let batch = match made {
            Some(made) => credit_batch::load(context, made.out).await?,
            None => None,
        };
        Ok(BatchPayload::new((batch, errors), input.client_mutation_id))
    }

    /// Makes credits good that are owed, with credits of the same measure and place, as someone who acts for whoever owes.
    async fn clear_liability(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which liability, with which credits.")] input: ClearLiabilityInput,
    ) -> async_graphql::Result<ClearLiabilityPayload> {
        let command = ClearLiability {
            liability: parse_id("liability", &input.liability)?,
            batch: parse_id("batch", &input.batch)?,
            units: input.units.0,
        };
        let (app, actor) = (app(context)?, actor(context));
        let done = app
            .clear_liability(&actor, &input.idempotency_key, command)
            .await;
        let (made, errors) = settle(done)?;
        let cleared = made.map(|made| node_id(made.out));
        Ok(ClearLiabilityPayload::new(
            (cleared, errors),
            input.client_mutation_id,
        ))
    }

    /// Proposes to correct or reverse a verified claim, as a registrar; a second registrar carries it out.
    async fn propose_correction(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which claim, and what stays.")] input: ProposeCorrectionInput,
    ) -> async_graphql::Result<ProposeCorrectionPayload> {
        let claim: ClaimId = parse_id("claim", &input.claim)?;
        let (app, actor) = (app(context)?, actor(context));
        let remedy = input.remedy.into();
        let done = app
            .propose_correction(&actor, claim, &input.verified.0, remedy, &input.reason)
            .await;
        let (made, errors) = settle(done)?;
        let proposal = made.map(|made| node_id(made.out));
        Ok(ProposeCorrectionPayload::new(
            (proposal, errors),
            input.client_mutation_id,
        ))
    }

    /// Carries out an upheld challenge or another registrar's proposal, as a registrar who took no earlier step.
    async fn carry_out_decision(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which decision.")] input: CarryOutDecisionInput,
    ) -> async_graphql::Result<CarryOutDecisionPayload> {
        let basis = match &input.decision {
            DecisionBy::Challenge(id) => {
                challenge::Basis::Challenge(parse_id("decision.challenge", id)?)
            }
            DecisionBy::Proposal(id) => {
                challenge::Basis::Proposal(parse_id("decision.proposal", id)?)
            }
        };
        let (made, errors) = settle(app(context)?.carry_out(&actor(context), basis).await)?;
        let claim = match made {
            Some(made) => claim::load(context, made.out).await?,
            None => None,
        };
        Ok(CarryOutDecisionPayload::new(
            (claim, errors),
            input.client_mutation_id,
        ))
    }
}
