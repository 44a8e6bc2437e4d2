//! Mutations of challenges.

use async_graphql::{Context, ID, InputObject, Object, OneofObject};
use commonweal_app::AppError;
use commonweal_app::store::Written;
use commonweal_domain::challenge as domain;
use commonweal_domain::ids::ChallengeId;

use super::challenge::{self, Challenge, ChallengeGround};
use super::context::{actor, app, settle};
use super::credit_end::Remedy;
use super::node::parse_id;
use super::payload::payloads;
use super::scalars::Decimal;

/// Input of `raiseChallenge`.
#[derive(Debug, InputObject)]
pub struct RaiseChallengeInput {
    /// The verified claim.
    claim: ID,
    /// What the objection is.
    ground: ChallengeGround,
    /// Why, in words that everybody will read: no names, addresses or numbers of people. They can be erased.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of the steps that say something.
#[derive(Debug, InputObject)]
pub struct ChallengeWordsInput {
    /// The challenge.
    challenge: ID,
    /// What is said, in words that everybody will read. They can be erased.
    words: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// A body that answers challenges: give exactly one.
#[derive(Debug, OneofObject)]
pub enum BodyInput {
    /// The registry; say true.
    Registry(bool),
    /// The buyer of the claim's contract.
    Buyer(ID),
}

/// Input of `routeChallenge`.
#[derive(Debug, InputObject)]
pub struct RouteChallengeInput {
    /// The challenge.
    challenge: ID,
    /// Who is in charge from now on.
    body: BodyInput,
    /// Why, in words that everybody will read. They can be erased.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `acceptChallenge`.
#[derive(Debug, InputObject)]
pub struct AcceptChallengeInput {
    /// The challenge.
    challenge: ID,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `upholdChallenge`.
#[derive(Debug, InputObject)]
pub struct UpholdChallengeInput {
    /// The challenge.
    challenge: ID,
    /// What stays verified, in the measure's unit.
    verified: Decimal,
    /// Why the rest falls.
    remedy: Remedy,
    /// Why, in words that everybody will read. They can be erased.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of the mutations of challenges.
    ChallengePayload {
        /// The challenge.
        challenge: Challenge
    }
}

async fn answer(
    context: &Context<'_>,
    done: Result<Written<ChallengeId>, AppError>,
    mutation: Option<String>,
) -> async_graphql::Result<ChallengePayload> {
    let (made, errors) = settle(done)?;
    let found = match made {
        Some(made) => challenge::load(context, made.out).await?,
        None => None,
    };
    Ok(ChallengePayload::new((found, errors), mutation))
}

/// Mutations of challenges.
#[derive(Debug, Default)]
pub struct ChallengeMutation;

#[Object]
impl ChallengeMutation {
    /// Objects to a verified claim, as anyone who is signed in. At most five objections of a person may be open.
    async fn raise_challenge(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "To which claim, and why.")] input: RaiseChallengeInput,
    ) -> async_graphql::Result<ChallengePayload> {
        let (app, actor) = (app(context)?, actor(context));
        let claim = parse_id("claim", &input.claim)?;
        let ground = input.ground.into();
        let done = app
            .raise_challenge(&actor, claim, ground, &input.reason)
            .await;
        answer(context, done, input.client_mutation_id).await
    }

    /// The claimant's right of reply, once, before a decision.
    async fn reply_to_challenge(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "To which challenge, and what.")] input: ChallengeWordsInput,
    ) -> async_graphql::Result<ChallengePayload> {
        let (app, actor) = (app(context)?, actor(context));
        let id = parse_id("challenge", &input.challenge)?;
        let done = app.reply_to_challenge(&actor, id, &input.words).await;
        answer(context, done, input.client_mutation_id).await
    }

    /// Hands a challenge over to another body, as somebody of the one in charge; or takes it over from a buyer who did not answer
    /// in time, as a registrar.
    async fn route_challenge(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which challenge, to whom and why.")] input: RouteChallengeInput,
    ) -> async_graphql::Result<ChallengePayload> {
        let (app, actor) = (app(context)?, actor(context));
        let id = parse_id("challenge", &input.challenge)?;
        let body = match &input.body {
            BodyInput::Registry(_) => domain::Body::Registry,
            BodyInput::Buyer(buyer) => domain::Body::Buyer(parse_id("body.buyer", buyer)?),
        };
        let done = app.route_challenge(&actor, id, body, &input.reason).await;
        answer(context, done, input.client_mutation_id).await
    }

    /// Finds that a challenge has a case, as somebody of the body in charge: unsold credits are frozen until it is settled.
    async fn accept_challenge(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which challenge.")] input: AcceptChallengeInput,
    ) -> async_graphql::Result<ChallengePayload> {
        let id = parse_id("challenge", &input.challenge)?;
        let done = app(context)?.accept_challenge(&actor(context), id).await;
        answer(context, done, input.client_mutation_id).await
    }

    /// Decides that the claim stands, as somebody of the body in charge who took no earlier step.
    async fn dismiss_challenge(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which challenge, and why.")] input: ChallengeWordsInput,
    ) -> async_graphql::Result<ChallengePayload> {
        let (app, actor) = (app(context)?, actor(context));
        let id = parse_id("challenge", &input.challenge)?;
        let done = app.dismiss_challenge(&actor, id, &input.words).await;
        answer(context, done, input.client_mutation_id).await
    }

    /// Decides that less of the claim stands, as somebody of the body in charge who took no earlier step.
    async fn uphold_challenge(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which challenge, and what stays.")] input: UpholdChallengeInput,
    ) -> async_graphql::Result<ChallengePayload> {
        let (app, actor) = (app(context)?, actor(context));
        let id = parse_id("challenge", &input.challenge)?;
        let remedy = input.remedy.into();
        let done = app
            .uphold_challenge(&actor, id, &input.verified.0, remedy, &input.reason)
            .await;
        answer(context, done, input.client_mutation_id).await
    }

    /// Asks for a second decision by somebody else within fourteen days, as the challenger or for the claimant.
    async fn appeal_challenge(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which challenge, and why.")] input: ChallengeWordsInput,
    ) -> async_graphql::Result<ChallengePayload> {
        let (app, actor) = (app(context)?, actor(context));
        let id = parse_id("challenge", &input.challenge)?;
        let done = app.appeal_challenge(&actor, id, &input.words).await;
        answer(context, done, input.client_mutation_id).await
    }
}
