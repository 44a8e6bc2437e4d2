//! Bids that look abnormal: the request to explain, the explanation, and the decision.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use commonweal_app::abnormal::{DecideAbnormal, ExplainBid, RequestExplanation};
use commonweal_app::read::explanation::ExplanationView;
use commonweal_app::{AppError, store::Written};
use commonweal_domain::ids::BidId;
use commonweal_domain::tender::abnormal;

use super::bid::{self, Bid};
use super::context::{actor, app, received_at, settle};
use super::node::parse_id;
use super::payload::payloads;
use super::scalars::{BigInt, DateTime};

/// What looks abnormal in a bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "abnormal::Abnormality")]
pub enum Abnormality {
    /// The price is low.
    LowPrice,
    /// The promised quantities are high.
    HighPledge,
}

/// The ground of a decision about a bid that looks abnormal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "abnormal::AbnormalGround")]
pub enum AbnormalGround {
    /// Accepts: the economics of the work explain it.
    Economics,
    /// Accepts: technical solutions or conditions that favour the supplier explain it.
    FavourableConditions,
    /// Accepts: the originality of the work explains it.
    Originality,
    /// Accepts: evidence shows that the pledges can be delivered.
    CapacityShown,
    /// Accepts: what looked abnormal is not so on inspection. What the report on the ranking flags can be decided on this
    /// ground without asking the supplier.
    NotAbnormal,
    /// Excludes: the explanation does not account for it.
    NotAccounted,
    /// Excludes: it rests on a breach of environmental, social or labour law.
    BreachOfLaw,
    /// Excludes: it rests on state aid that is not lawful.
    UnlawfulAid,
    /// Excludes: the pledges cannot be delivered.
    NotDeliverable,
}

/// A request to explain a bid, and what came of it; or a decision that what is flagged is not abnormal, and that nobody
/// has to be asked. Its words are for the supplier and the buyer.
#[derive(Debug, Clone, SimpleObject)]
#[expect(
    clippy::struct_field_names,
    reason = "the explanation is one of its parts"
)]
pub struct Explanation {
    /// What looks abnormal.
    about: Abnormality,
    /// Until when the supplier may explain; null where nobody was asked.
    answer_by: Option<DateTime>,
    /// What was asked; null for others, where nobody was asked, and when the text was erased.
    request: Option<String>,
    /// Log index of the request; null where nobody was asked.
    requested_index: Option<BigInt>,
    /// The explanation; null for others, before it is given, and when the text was erased.
    explanation: Option<String>,
    /// Log index of the explanation.
    given_index: Option<BigInt>,
    /// The ground of the decision; null before it.
    ground: Option<AbnormalGround>,
    /// Why it was decided so; null for others, and when the text was erased.
    reason: Option<String>,
    /// Log index of the decision.
    decided_index: Option<BigInt>,
}

impl From<ExplanationView> for Explanation {
    fn from(view: ExplanationView) -> Self {
        Self {
            about: view.about.into(),
            answer_by: view.answer_by.map(DateTime),
            request: view.request,
            requested_index: view.requested_index.map(Into::into),
            explanation: view.explanation,
            given_index: view.given_index.map(Into::into),
            ground: view.ground.map(Into::into),
            reason: view.reason,
            decided_index: view.decided_index.map(Into::into),
        }
    }
}

/// Input of `requestExplanation`.
#[derive(Debug, InputObject)]
pub struct RequestExplanationInput {
    /// The bid.
    bid: ID,
    /// What looks abnormal.
    about: Abnormality,
    /// Until when the supplier may explain: three days from now or later.
    answer_by: DateTime,
    /// What is asked, 1 to 4,000 characters.
    request: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `explainBid`.
#[derive(Debug, InputObject)]
pub struct ExplainBidInput {
    /// Your bid.
    bid: ID,
    /// What looks abnormal.
    about: Abnormality,
    /// The explanation, 1 to 20,000 characters.
    explanation: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

/// Input of `decideAbnormal`.
#[derive(Debug, InputObject)]
pub struct DecideAbnormalInput {
    /// The bid.
    bid: ID,
    /// What looked abnormal.
    about: Abnormality,
    /// The ground, which accepts the bid or excludes it.
    ground: AbnormalGround,
    /// Why, 1 to 4,000 characters.
    reason: String,
    /// Comes back in the answer.
    client_mutation_id: Option<String>,
}

payloads! {
    /// Answer of the mutations about a bid that looks abnormal.
    AbnormalPayload {
        /// The bid.
        bid: Bid
    }
}

async fn payload(
    context: &Context<'_>,
    done: Result<Written<BidId>, AppError>,
    client_mutation_id: Option<String>,
) -> async_graphql::Result<AbnormalPayload> {
    let (made, errors) = settle(done)?;
    let bid = match made {
        Some(made) => bid::load(context, made.out).await?,
        None => None,
    };
    Ok(AbnormalPayload::new((bid, errors), client_mutation_id))
}

/// Mutations about bids that look abnormal. Nothing excludes a bid but a decision on a named ground.
#[derive(Debug, Default)]
pub struct AbnormalMutation;

#[Object]
impl AbnormalMutation {
    /// Asks a supplier to explain what looks abnormal in its bid, as an officer of the buyer.
    async fn request_explanation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is asked of whom.")] input: RequestExplanationInput,
    ) -> async_graphql::Result<AbnormalPayload> {
        let request = RequestExplanation {
            bid: parse_id("bid", &input.bid)?,
            about: input.about.into(),
            answer_by: input.answer_by.0,
            request: input.request,
        };
        let done = app(context)?
            .request_explanation(&actor(context), request)
            .await;
        payload(context, done, input.client_mutation_id).await
    }

    /// Explains what looks abnormal in your bid. The log gets a salted hash of it; the buyer reads it.
    async fn explain_bid(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The explanation.")] input: ExplainBidInput,
    ) -> async_graphql::Result<AbnormalPayload> {
        let explanation = ExplainBid {
            bid: parse_id("bid", &input.bid)?,
            about: input.about.into(),
            explanation: input.explanation,
            received_at: received_at(context)?,
        };
        let done = app(context)?
            .explain_bid(&actor(context), explanation)
            .await;
        payload(context, done, input.client_mutation_id).await
    }

    /// Accepts a bid that looked abnormal or excludes it, as an officer of the buyer: after its explanation, or after the time
    /// for one. What the report on the ranking flags can also be found `NOT_ABNORMAL` without asking; an award waits for
    /// one or the other.
    async fn decide_abnormal(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The decision.")] input: DecideAbnormalInput,
    ) -> async_graphql::Result<AbnormalPayload> {
        let decision = DecideAbnormal {
            bid: parse_id("bid", &input.bid)?,
            about: input.about.into(),
            ground: input.ground.into(),
            reason: input.reason,
        };
        let done = app(context)?
            .decide_abnormal(&actor(context), decision)
            .await;
        payload(context, done, input.client_mutation_id).await
    }
}
