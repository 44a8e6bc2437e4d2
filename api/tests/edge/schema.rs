//! The schema under test.
#![expect(clippy::unused_async, reason = "resolvers are async for their macro")]

use std::{
    net::IpAddr,
    sync::atomic::{AtomicI32, Ordering},
    time::Duration,
};

use async_graphql::{Context, Object, Result, SimpleObject, Subscription};
use axum::http::{HeaderMap, header};
use commonweal_api::graphql::{
    connection::{Connection, Cursor, PageArgs, wants_total_count},
    cost::bucket::ThrottleStatus,
    errors::Code,
    transport::{AuthError, Authenticate, Principal, RateLimit},
};
use futures_util::{Stream, stream};
use serde::{Deserialize, Serialize};

/// The time of the tests' clock when a server starts.
pub(crate) const START: i64 = 1_800_000_000_000_000;

#[derive(Clone)]
pub(crate) struct Who {
    name: Option<String>,
    expires_at: Option<i64>,
}

impl Principal for Who {
    fn key(&self) -> Option<String> {
        self.name.clone()
    }

    fn expires_at(&self) -> Option<i64> {
        self.expires_at
    }
}

pub(crate) struct Tokens;

impl Authenticate for Tokens {
    type Principal = Who;

    async fn principal(&self, headers: &HeaderMap, _: IpAddr) -> Result<Who, AuthError> {
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            return Ok(Who {
                name: None,
                expires_at: None,
            });
        };
        match value.to_str().unwrap_or_default().strip_prefix("Bearer ") {
            Some("expired") => Err(AuthError::Unauthenticated("the token has expired".into())),
            Some("banned") => Err(AuthError::Forbidden("the account is closed".into())),
            Some("down") => Err(AuthError::Unavailable(
                "secret-database-host is away".into(),
            )),
            Some("short") => Ok(Who {
                name: Some("short".into()),
                expires_at: Some(START + 300_000),
            }),
            Some(name) => Ok(Who {
                name: Some(name.into()),
                expires_at: None,
            }),
            None => Err(AuthError::Unauthenticated(
                "`Authorization` must be `Bearer TOKEN`".into(),
            )),
        }
    }
}

#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Thing {
    number: i32,
}

/// Its second one fails in a field that is never null.
pub(crate) struct Family(i32);

#[Object]
impl Family {
    async fn number(&self) -> i32 {
        self.0
    }

    async fn risky(&self) -> Result<i32> {
        if self.0 == 1 {
            return Err(Code::Conflict.error("changed in the meantime"));
        }
        Ok(self.0)
    }

    async fn later(&self) -> i32 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.0
    }

    async fn children(&self) -> Vec<Option<Family>> {
        vec![Some(Family(self.0)), None]
    }

    async fn sure(&self) -> Family {
        Family(self.0)
    }
}

#[derive(Serialize, Deserialize)]
struct ByNumber(i32);

impl Cursor for ByNumber {
    const KIND: &'static str = "thing.number";
}

#[derive(SimpleObject)]
struct RateLimitNow {
    requested_query_cost: u32,
    throttle_status: ThrottleStatus,
}

pub(crate) struct Query;

#[Object]
impl Query {
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(ctx.data::<Who>()?.name.clone())
    }

    async fn echo(&self, text: Option<String>, n: Option<i32>) -> String {
        format!("{}{}", text.unwrap_or_default(), n.unwrap_or_default())
    }

    async fn thing(&self, number: Option<i32>) -> Thing {
        Thing {
            number: number.unwrap_or_default(),
        }
    }

    async fn count(&self, #[graphql(validator(max_items = 200))] numbers: Vec<i32>) -> usize {
        numbers.len()
    }

    /// The numbers 0 to 999.
    async fn things(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Thing>> {
        let args = PageArgs::new(first, after.as_deref(), last, before.as_deref())?;
        let start = args.after.as_ref().map_or(0, |key: &ByNumber| key.0 + 1);
        let rows = (start..1_000)
            .take(usize::try_from(args.rows_to_read())?)
            .collect();
        let total = wants_total_count(ctx).then_some(1_000);
        Ok(args.connection(rows, total, |n| ByNumber(*n), |number| Thing { number }))
    }

    async fn rate_limit(&self, ctx: &Context<'_>) -> Result<RateLimitNow> {
        let limit = ctx.data::<RateLimit>()?;
        Ok(RateLimitNow {
            requested_query_cost: limit.requested_query_cost(),
            throttle_status: limit.status(),
        })
    }

    async fn coded(&self) -> Result<Option<i32>> {
        Err(Code::NotFound.error("there is no tender of this id"))
    }

    async fn uncoded(&self) -> Result<Option<i32>> {
        Err("secret: no such table: bid".into())
    }

    async fn panics(&self, value: Option<i32>) -> Option<i32> {
        Some(value.expect("secret panic text"))
    }

    async fn required(&self) -> Result<i32> {
        Err(Code::Forbidden.error("not for you"))
    }

    async fn families(&self) -> Vec<Family> {
        (0..3).map(Family).collect()
    }

    async fn family(&self, number: i32) -> Option<Family> {
        Some(Family(number))
    }

    async fn slow(&self) -> i32 {
        tokio::time::sleep(Duration::from_mins(1)).await;
        1
    }

    async fn pause(&self, millis: i32) -> Result<i32> {
        tokio::time::sleep(Duration::from_millis(u64::try_from(millis)?)).await;
        Ok(millis)
    }
}

#[derive(Default)]
pub(crate) struct Mutation(AtomicI32);

#[Object]
impl Mutation {
    async fn bump(&self, by: i32) -> i32 {
        self.0.fetch_add(by, Ordering::SeqCst) + by
    }
}

pub(crate) struct Subscription;

#[Subscription]
impl Subscription {
    /// Counts to `to`, then ends.
    async fn ticks(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=to)
    }

    /// Says one thing and never ends.
    async fn forever(&self) -> impl Stream<Item = i32> {
        use futures_util::StreamExt as _;
        stream::once(async { 1 }).chain(stream::pending())
    }

    /// Fails before its first event.
    async fn sealed(&self) -> Result<stream::Empty<i32>> {
        Err(Code::Sealed.error("the bids are sealed until the deadline"))
    }

    /// Fails within its second event.
    async fn breaks(&self) -> impl Stream<Item = Result<i32>> {
        stream::iter([Ok(1), Err("secret detail".into())])
    }
}
