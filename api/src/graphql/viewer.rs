//! Who asks, and how much they may still ask.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::context::actor;
use super::cost::bucket::ThrottleStatus;
use super::node::node_id;
use super::organisation::{self, Organisation, Role};
use super::transport::RateLimit as Bucket;

/// A role in an organisation.
#[derive(Debug, Clone, SimpleObject)]
pub struct HeldRole {
    /// The role.
    role: Role,
    /// Where it is held.
    organisation: Option<Organisation>,
}

/// The signed-in person.
#[derive(Debug, Clone, SimpleObject)]
pub struct Viewer {
    /// The person's pseudonym.
    person: ID,
    /// The roles that the token may use and the person still holds.
    roles: Vec<HeldRole>,
}

/// The budget of the caller, in points of query cost.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct RateLimit {
    /// Points that this very query costs.
    requested_query_cost: u32,
    /// What is left, and how it comes back.
    throttle_status: ThrottleStatus,
}

/// Queries on the caller.
#[derive(Debug, Default)]
pub struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// The signed-in person; null for the public.
    async fn viewer(&self, context: &Context<'_>) -> async_graphql::Result<Option<Viewer>> {
        let actor = actor(context);
        let Some(person) = actor.person_id() else {
            return Ok(None);
        };
        let roles = actor.grants().iter().map(async |grant| {
            Ok::<_, async_graphql::Error>(HeldRole {
                role: grant.role.into(),
                organisation: organisation::load(context, grant.organisation).await?,
            })
        });
        Ok(Some(Viewer {
            person: node_id(person),
            roles: futures_util::future::try_join_all(roles).await?,
        }))
    }

    /// The budget of the caller.
    #[expect(clippy::unused_async, reason = "async-graphql asks for it")]
    async fn rate_limit(&self, context: &Context<'_>) -> async_graphql::Result<RateLimit> {
        let bucket = context.data::<Bucket>()?;
        Ok(RateLimit {
            requested_query_cost: bucket.requested_query_cost(),
            throttle_status: bucket.status(),
        })
    }
}
