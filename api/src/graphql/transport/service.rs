//! One way for every operation, whichever transport it came by: limits, price, run within the time, mask.

use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc};

use async_graphql::{
    Executor, ObjectType, Request, Response, Schema, SchemaBuilder, SubscriptionType,
    parser::types::OperationType,
};
use futures_util::{FutureExt as _, StreamExt as _, stream::BoxStream};

use super::{
    envelope::Envelope,
    introspection::IntrospectionCache,
    order::Order,
    principal::{Authenticate, Principal as _},
    progress::{Progress, Steps},
    refusal::Refusal,
};
use crate::graphql::{
    cost::{
        bucket::{BucketKey, BucketSettings, Buckets, Clock, ThrottleStatus},
        schema_index::{SchemaIndex, SchemaIndexError},
    },
    errors::{Code, TraceId},
    limits::{Admitted, Limits, admit, select},
};

/// A schema behind our transport. Cheap to clone.
pub struct GraphqlService<E, A>(Arc<Inner<E, A>>);

impl<E, A> Clone for GraphqlService<E, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Inner<E, A> {
    executor: E,
    index: SchemaIndex,
    authenticate: A,
    buckets: Arc<Buckets>,
    clock: Clock,
    introspection: IntrospectionCache,
}

/// Who calls, with what the operation is charged to.
pub(crate) struct Caller<P> {
    pub(crate) principal: P,
    pub(crate) key: BucketKey,
    pub(crate) trace: TraceId,
}

/// The bucket of the caller, in the data of each operation: `Query.rateLimit` answers from it.
#[derive(Clone)]
pub struct RateLimit {
    buckets: Arc<Buckets>,
    key: BucketKey,
    cost: u32,
}

impl RateLimit {
    /// The bucket as it is now.
    pub fn status(&self) -> ThrottleStatus {
        self.buckets.status(&self.key)
    }

    /// What this operation cost.
    pub fn requested_query_cost(&self) -> u32 {
        self.cost
    }
}

/// When the last byte of an operation arrived, in microseconds since the epoch, UTC: in the data of each operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedAt(pub i64);

/// An operation within the limits, paid for, and not yet run.
pub(crate) struct Prepared {
    request: Request,
    progress: Progress,
    order: Order,
    pub(crate) operation: OperationType,
    pub(crate) cost: u32,
    cache_key: Option<String>,
}

impl Prepared {
    /// The same with the time at which its last byte arrived.
    pub(crate) fn received_at(mut self, at: i64) -> Self {
        self.request = self.request.data(ReceivedAt(at));
        self
    }
}

/// What came of an operation.
pub(crate) enum Outcome {
    /// It ran; the data as JSON.
    Ran {
        data: Arc<str>,
        errors: Vec<async_graphql::ServerError>,
    },
    /// It did not.
    Refused(Refusal),
}

impl<Q, M, S, A> GraphqlService<Schema<Q, M, S>, A>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
    A: Authenticate,
{
    /// Finishes the schema and puts it behind the transport.
    pub fn new(
        schema: SchemaBuilder<Q, M, S>,
        authenticate: A,
        bucket: BucketSettings,
        clock: Clock,
    ) -> Result<Self, SchemaIndexError> {
        let schema = schema
            .limit_recursive_depth(Limits::STANDARD.nesting)
            .extension(Steps)
            .finish();
        let inner = Inner {
            index: SchemaIndex::new(&schema.sdl())?,
            executor: schema,
            authenticate,
            buckets: Arc::new(Buckets::new(bucket, Arc::clone(&clock))),
            clock,
            introspection: IntrospectionCache::default(),
        };
        Ok(Self(Arc::new(inner)))
    }
}

impl<E: Executor, A: Authenticate> GraphqlService<E, A> {
    /// The current time in microseconds since the epoch, UTC.
    pub(crate) fn now(&self) -> i64 {
        (self.0.clock)()
    }

    /// Finds the caller behind these headers.
    pub(crate) async fn caller(
        &self,
        headers: &axum::http::HeaderMap,
        peer: IpAddr,
        trace: TraceId,
    ) -> Result<Caller<A::Principal>, super::AuthError> {
        let principal = self.0.authenticate.principal(headers, peer).await?;
        let key = principal
            .key()
            .map_or_else(|| BucketKey::address(peer), BucketKey::Principal);
        Ok(Caller {
            principal,
            key,
            trace,
        })
    }

    pub(crate) fn throttle_status(&self, key: &BucketKey) -> ThrottleStatus {
        self.0.buckets.status(key)
    }

    /// Checks, prices and charges. A refused document is charged one point: looking at it was work.
    ///
    /// `permit` decides by the kind of operation whether this transport takes it, before it is charged.
    pub(crate) fn prepare(
        &self,
        envelope: Envelope,
        caller: &Caller<A::Principal>,
        permit: impl FnOnce(OperationType) -> Result<(), Refusal>,
    ) -> Result<Prepared, Refusal> {
        let variables = envelope.variables.unwrap_or_default();
        let admitted = admit(
            &self.0.index,
            &envelope.query,
            envelope.operation_name.as_deref(),
            &variables,
        )
        .map_err(|error| Refusal::request(vec![error]))
        .and_then(|admitted| permit(admitted.operation).map(|()| admitted));
        let price = admitted.as_ref().map_or(1, |admitted| admitted.cost);
        self.0
            .buckets
            .take(&caller.key, price)
            .map_err(|exhausted| Refusal::rate_limited(price, &exhausted))?;
        let Admitted {
            document,
            operation,
            cost,
            introspection,
            ..
        } = admitted?;
        let cache_key = (introspection && variables.is_empty()).then(|| {
            let name = envelope.operation_name.as_deref().unwrap_or_default();
            format!("{name}\n{}", envelope.query)
        });
        let name = envelope.operation_name.as_deref();
        let selected =
            select(&document.operations, name).map_err(|error| Refusal::request(vec![error]))?;
        let order = Order::of(&document, &selected.node.selection_set.node);
        let progress = Progress::default();
        let mut request = Request::new(envelope.query)
            .variables(variables)
            .data(progress.clone())
            .data(caller.principal.clone())
            .data(caller.trace.clone())
            .data(RateLimit {
                buckets: Arc::clone(&self.0.buckets),
                key: caller.key.clone(),
                cost,
            });
        request.operation_name = envelope.operation_name;
        request.set_parsed_query(document);
        Ok(Prepared {
            request,
            progress,
            order,
            operation,
            cost,
            cache_key,
        })
    }

    /// Runs a query or a mutation within the time. A panic of a resolver is a masked error.
    pub(crate) async fn run(&self, prepared: Prepared, trace: &TraceId) -> Outcome {
        if let Some(key) = &prepared.cache_key
            && let Some(data) = self.0.introspection.get(key)
        {
            let errors = Vec::new();
            return Outcome::Ran { data, errors };
        }
        let Prepared {
            request,
            progress,
            order,
            operation,
            cache_key,
            ..
        } = prepared;
        let run = AssertUnwindSafe(self.0.executor.execute(request)).catch_unwind();
        let outcome = match tokio::time::timeout(Limits::STANDARD.run_time, run).await {
            Ok(Ok(response)) => outcome(response, &progress, &order),
            Ok(Err(_)) => Outcome::Refused(Refusal::request(vec![panicked()])),
            Err(_) => Outcome::Refused(Refusal::timed_out(operation == OperationType::Mutation)),
        };
        if let (Some(key), Outcome::Ran { data, errors }) = (cache_key, &outcome)
            && errors.is_empty()
        {
            self.0.introspection.put(key, Arc::clone(data));
        }
        outcome.masked(trace)
    }

    /// Runs a subscription; the stream ends with the subscription, or after the first refusal.
    pub(crate) fn subscribe(
        &self,
        prepared: Prepared,
        trace: TraceId,
    ) -> BoxStream<'static, Outcome> {
        let (progress, order) = (prepared.progress, prepared.order);
        let events = self.0.executor.execute_stream(prepared.request, None);
        AssertUnwindSafe(events)
            .catch_unwind()
            .map(move |event| match event {
                Ok(response) => outcome(response, &progress, &order),
                Err(_) => Outcome::Refused(Refusal::request(vec![panicked()])),
            })
            .map(move |outcome| outcome.masked(&trace))
            .boxed()
    }
}

fn outcome(mut response: Response, progress: &Progress, order: &Order) -> Outcome {
    if !progress.ran() {
        return Outcome::Refused(Refusal::request(response.errors));
    }
    progress.complete(&mut response);
    order.apply(&mut response.data);
    match serde_json::to_string(&response.data) {
        Ok(data) => Outcome::Ran {
            data: data.into(),
            errors: response.errors,
        },
        Err(error) => {
            let error = Code::InternalServerError.refusal(error.to_string(), None);
            Outcome::Refused(Refusal::request(vec![error]))
        }
    }
}

fn panicked() -> async_graphql::ServerError {
    Code::InternalServerError.refusal("a resolver panicked", None)
}

impl Outcome {
    fn masked(mut self, trace: &TraceId) -> Self {
        match &mut self {
            Self::Ran { errors, .. } => crate::graphql::errors::mask(errors, trace),
            Self::Refused(refusal) => crate::graphql::errors::mask(&mut refusal.errors, trace),
        }
        self
    }
}
