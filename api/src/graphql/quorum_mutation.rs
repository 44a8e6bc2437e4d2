//! Mutations of quorums, of drawn verifiers, and of claims of low value.

use async_graphql::{Context, ID, InputObject, Object};
use commonweal_app::quorum::PublishQuorum;
use commonweal_app::verification::VerifyClaim;
use commonweal_domain::amount::Share;

use super::amounts::{small, wrong};
use super::claim_mutation::{ClaimPayload, MeasureRefInput, payload};
use super::context::{actor, app, refuse, settle};
use super::node::parse_id;
use super::payload::payloads;
use super::quorum::{FeePayer, VerificationQuorum};
use super::scalars::Decimal;

/// Below which quantity the buyer alone may confirm claims of a measure.
#[derive(Debug, InputObject)]
pub struct LowValueInput {
    /// A measure of a published catalogue.
    measure: MeasureRefInput,
    /// What the buyer confirms alone under one KPI stays below it, all claims together; in the measure's unit.
    below: Decimal,
}

/// Input of `publishQuorum`.
#[derive(Debug, InputObject)]
pub struct PublishQuorumInput {
    /// How many verifiers judge a claim, 1 to 9, each of another beneficial-owner group.
    verifiers: i32,
    /// From how many sectors they come at least, 1 to 3.
    sectors: i32,
    /// How far apart what they accept may lie, as a part of what was claimed, before a further verifier is drawn; 0 to 1.
    tolerance: Decimal,
    /// How many days a verifier has, 1 to 365.
    days: i32,
    /// Who pays them.
    fee: FeePayer,
    /// Measures of which the buyer alone may confirm little; at most 250.
    #[graphql(default)]
    low_values: Vec<LowValueInput>,
    /// Which part of the claims that a buyer confirms is drawn for verification all the same, 0 to 1; none when it is left out.
    audit_share: Option<Decimal>,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

impl PublishQuorumInput {
    fn parse(&self) -> async_graphql::Result<PublishQuorum> {
        let share = |field: &str, text: &Decimal| {
            let share = text.0.parse::<Share>();
            share.map_err(|error| wrong(field, &error))
        };
        let audit = self.audit_share.as_ref();
        let low = self.low_values.iter().enumerate().map(|(at, low)| {
            let measure = low.measure.parse(&format!("lowValues.{at}.measure"))?;
            Ok((measure, low.below.0.clone()))
        });
        Ok(PublishQuorum {
            verifiers: small("verifiers", self.verifiers, "1 to 9")?,
            sectors: small("sectors", self.sectors, "1 to 3")?,
            tolerance: share("tolerance", &self.tolerance)?,
            days: small("days", self.days, "1 to 365")?,
            fee: self.fee.into(),
            low_values: low.collect::<async_graphql::Result<_>>()?,
            audit_share: match audit {
                Some(text) => share("auditShare", text)?,
                None => Share::NONE,
            },
        })
    }
}

/// Input of `assignVerifiers`.
#[derive(Debug, InputObject)]
pub struct AssignVerifiersInput {
    /// The claim.
    claim: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `declineAssignment` and `withdrawFromAssignment`.
#[derive(Debug, InputObject)]
pub struct LeaveAssignmentInput {
    /// The claim.
    claim: ID,
    /// Why. The words can be erased; the log holds their salted hash.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `dischargeVerifier`.
#[derive(Debug, InputObject)]
pub struct DischargeVerifierInput {
    /// The claim.
    claim: ID,
    /// Whose seat is given free.
    verifier: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `confirmClaim`.
#[derive(Debug, InputObject)]
pub struct ConfirmClaimInput {
    /// The claim.
    claim: ID,
    /// How much is accepted, in the measure's unit: more than nothing and at most what was claimed.
    accepted: Decimal,
    /// How the buyer knows.
    method: String,
    /// Why. The words can be erased; the log holds their salted hash.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of `publishQuorum`.
    QuorumPayload {
        /// What was published.
        quorum: VerificationQuorum
    }
}

/// Mutations of quorums.
#[derive(Debug, Default)]
pub struct QuorumMutation;

#[Object]
impl QuorumMutation {
    /// Publishes what verification asks of the claims that are submitted from now on, as a registrar.
    async fn publish_quorum(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What it asks.")] input: PublishQuorumInput,
    ) -> async_graphql::Result<QuorumPayload> {
        let app = app(context)?;
        let done = app.publish_quorum(&actor(context), input.parse()?).await;
        let (made, errors) = settle(done)?;
        let found = match made {
            Some(made) => app.read().quorum(Some(made.out)).await.map_err(refuse)?,
            None => None,
        };
        let answer = (found.map(Into::into), errors);
        Ok(QuorumPayload::new(answer, input.client_mutation_id))
    }

    /// Draws verifiers for the open seats of a claim that a quorum binds. Whoever calls for it, the draw is the same.
    async fn assign_verifiers(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which claim.")] input: AssignVerifiersInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let id = parse_id("claim", &input.claim)?;
        let done = app(context)?.assign_verifiers(&actor(context), id).await;
        payload(context, done, input.client_mutation_id).await
    }

    /// Gives a seat back before asking or judging, as the verifier who was drawn. The next by lot is drawn.
    async fn decline_assignment(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which claim, and why.")] input: LeaveAssignmentInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let (app, actor) = (app(context)?, actor(context));
        let id = parse_id("claim", &input.claim)?;
        let done = app.decline_assignment(&actor, id, &input.reason).await;
        payload(context, done, input.client_mutation_id).await
    }

    /// Gives a seat back after asking about the claim and before judging it. The next by lot is drawn.
    async fn withdraw_from_assignment(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which claim, and why.")] input: LeaveAssignmentInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let (app, actor) = (app(context)?, actor(context));
        let id = parse_id("claim", &input.claim)?;
        let done = app
            .withdraw_from_assignment(&actor, id, &input.reason)
            .await;
        payload(context, done, input.client_mutation_id).await
    }

    /// Gives the seat of a verifier free who is too late, lost the role or came to belong to a party, as an independent
    /// registrar. The next by lot is drawn.
    async fn discharge_verifier(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose seat of which claim.")] input: DischargeVerifierInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let (app, actor) = (app(context)?, actor(context));
        let id = parse_id("claim", &input.claim)?;
        let verifier = parse_id("verifier", &input.verifier)?;
        let done = app.discharge_verifier(&actor, id, verifier).await;
        payload(context, done, input.client_mutation_id).await
    }

    /// Confirms a claim of low value alone, as an officer of its contract's buyer. Chance draws a published share of such claims for
    /// verification: then the verifiers decide.
    async fn confirm_claim(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What was found.")] input: ConfirmClaimInput,
    ) -> async_graphql::Result<ClaimPayload> {
        let command = VerifyClaim {
            claim: parse_id("claim", &input.claim)?,
            accepted: input.accepted.0,
            method: input.method,
            reason: input.reason,
        };
        let done = app(context)?.confirm_claim(&actor(context), command).await;
        payload(context, done, input.client_mutation_id).await
    }
}
