//! Challenges: public objections to verified claims, with every step.

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use commonweal_app::read::Page;
use commonweal_app::read::challenge::{ChallengeFilter as Filter, ChallengeView, StepView};
use commonweal_domain::challenge as domain;
use commonweal_domain::ids::{ChallengeId, ClaimId, OrganisationId};

use super::amounts::Quantity;
use super::claim::{self, Claim};
use super::connection::{Connection, PageArgs, wants_total_count};
use super::context::{app, loader, refuse};
use super::credit_end::Remedy;
use super::node::{node_id, parse_id};
use super::organisation::{self, Organisation};
use super::scalars::{BigInt, DateTime};

/// What an objection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Ground")]
pub enum ChallengeGround {
    /// Less was delivered than was verified, or nothing.
    Delivery,
    /// The outcome was counted before.
    CountedTwice,
    /// A verifier was not independent.
    Independence,
    /// The outcome did not last.
    Undone,
    /// It is not what the contract asked for.
    Contract,
}

/// A step of a challenge.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ChallengeStep {
    /// What happened: `raised`, `answered`, `routed`, `accepted`, `resolved`, `appealed` or `carried_out`.
    kind: String,
    /// The words; null when there are none or they were erased.
    words: Option<String>,
    /// When.
    at: DateTime,
    /// Log index.
    entry_index: BigInt,
    #[graphql(skip)]
    whose: OrganisationId,
}

impl From<StepView> for ChallengeStep {
    fn from(view: StepView) -> Self {
        Self {
            kind: view.kind,
            words: view.words,
            at: DateTime(view.at),
            entry_index: view.entry_index.into(),
            whose: view.organisation,
        }
    }
}

#[ComplexObject]
impl ChallengeStep {
    /// For which organisation somebody acted.
    async fn organisation(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Organisation>> {
        organisation::load(context, self.whose).await
    }
}

/// A decision about a challenge.
#[derive(Debug, Clone, SimpleObject)]
pub struct ChallengeDecision {
    /// Whether less of the claim stands.
    upheld: bool,
    /// What stays verified.
    verified: Option<Quantity>,
    /// Why the rest falls.
    remedy: Option<Remedy>,
    /// When.
    at: DateTime,
}

impl From<&domain::Decision> for ChallengeDecision {
    fn from(decision: &domain::Decision) -> Self {
        let (verified, remedy) = match &decision.outcome {
            domain::Outcome::Dismissed => (None, None),
            domain::Outcome::Upheld { verified, remedy } => (Some(verified), Some(*remedy)),
        };
        Self {
            upheld: verified.is_some(),
            verified: verified.map(Into::into),
            remedy: remedy.map(Into::into),
            at: DateTime(decision.at),
        }
    }
}

/// A public objection to a verified claim.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Challenge {
    /// Opaque id.
    pub(super) id: ID,
    /// Where it stands, in a word.
    status: String,
    /// What the objection is.
    ground: ChallengeGround,
    /// When it was raised.
    raised_at: DateTime,
    /// Until when the body in charge answers.
    answer_by: DateTime,
    /// Whether it has not answered in time.
    overdue: bool,
    /// Whether it freezes unsold credits of the claim, and of other claims of its KPI. After a dismissal it does until nobody
    /// can appeal any more.
    freezes: bool,
    /// The first decision, and after an appeal the second.
    decisions: Vec<ChallengeDecision>,
    /// Every step, in order.
    steps: Vec<ChallengeStep>,
    #[graphql(skip)]
    of: ClaimId,
    #[graphql(skip)]
    in_charge: domain::Body,
}

impl From<ChallengeView> for Challenge {
    fn from(view: ChallengeView) -> Self {
        let found = view.challenge;
        Self {
            id: node_id(found.id),
            status: found.status().to_owned(),
            ground: found.ground.into(),
            raised_at: DateTime(view.raised_at),
            answer_by: DateTime(found.answer_by),
            overdue: view.overdue,
            freezes: view.freezes,
            decisions: found.decisions.iter().map(Into::into).collect(),
            steps: view.steps.into_iter().map(Into::into).collect(),
            of: found.claim,
            in_charge: found.body,
        }
    }
}

#[ComplexObject]
impl Challenge {
    /// The claim.
    async fn claim(&self, context: &Context<'_>) -> async_graphql::Result<Option<Claim>> {
        claim::load(context, self.of).await
    }

    /// The buyer in charge; null where the registry is.
    async fn buyer_in_charge(
        &self,
        context: &Context<'_>,
    ) -> async_graphql::Result<Option<Organisation>> {
        match self.in_charge {
            domain::Body::Buyer(buyer) => organisation::load(context, buyer).await,
            domain::Body::Registry => Ok(None),
        }
    }
}

/// A challenge through the request's loader.
pub(crate) async fn load(
    context: &Context<'_>,
    id: ChallengeId,
) -> async_graphql::Result<Option<Challenge>> {
    Ok(loader(context)?.load_one(id).await?.map(Into::into))
}

/// Which challenges are wanted.
#[derive(Debug, Default, InputObject)]
pub struct ChallengeFilter {
    /// Those of this claim.
    claim: Option<ID>,
    /// Those that are not over.
    #[graphql(default)]
    open: bool,
    /// Those that the registry answers.
    #[graphql(default)]
    registry: bool,
    /// Those that this buyer answers.
    buyer: Option<ID>,
}

impl ChallengeFilter {
    fn parse(self) -> async_graphql::Result<Filter> {
        let claim = self.claim.map(|id| parse_id("filter.claim", &id));
        let buyer = self.buyer.map(|id| parse_id("filter.buyer", &id));
        let registry = self.registry.then_some(domain::Body::Registry);
        Ok(Filter {
            claim: claim.transpose()?,
            open: self.open,
            body: buyer.transpose()?.map(domain::Body::Buyer).or(registry),
        })
    }
}

/// Queries on challenges.
#[derive(Debug, Default)]
pub struct ChallengeQuery;

#[Object]
impl ChallengeQuery {
    /// One challenge.
    async fn challenge(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its opaque id.")] id: ID,
    ) -> async_graphql::Result<Option<Challenge>> {
        load(context, parse_id("id", &id)?).await
    }

    /// Challenges in the order in which they were raised.
    async fn challenges(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which challenges.")] filter: Option<ChallengeFilter>,
    ) -> async_graphql::Result<Connection<Challenge>> {
        let args = PageArgs::<ChallengeId>::new(first, after.as_deref(), last, before.as_deref())?;
        let filter = filter.unwrap_or_default().parse()?;
        let app = app(context)?;
        let (read, now) = (app.read(), app.now());
        let page = Page::from(&args);
        let rows = read.challenges(&filter, &page, now).await.map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.challenge_count(&filter).await.map_err(refuse)?)
        } else {
            None
        };
        Ok(args.connection(rows, total, |row| row.challenge.id, Challenge::from))
    }
}
