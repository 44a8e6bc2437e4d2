//! The outermost layer: gives each request its context, and writes down what became of it. Bodies and query strings are
//! never written: they may hold what is sealed.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures_util::FutureExt as _;
use serde_json::json;
use tracing::Instrument as _;

use super::{
    Edge,
    context::{RequestContext, client_address},
};
use crate::graphql::errors::{Code, TraceId, mask};

const X_TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

pub(super) async fn observe(
    State(edge): State<Arc<Edge>>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let trace = edge.trace_ids.next_id();
    let context = RequestContext {
        peer: client_address(
            request.extensions(),
            request.headers(),
            &edge.trusted_proxies,
        ),
        trace: trace.clone(),
    };
    request.extensions_mut().insert(context);
    // The pattern of the route, not the path: a metric per id would never end.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", |path| path.as_str())
        .to_owned();
    let method = request.method().as_str().to_owned();
    let span = tracing::info_span!("request", trace_id = %trace, method, route);
    let mut response = AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .instrument(span.clone())
        .await
        .unwrap_or_else(|_| panicked(&trace));
    if let Ok(value) = HeaderValue::from_str(&trace.0) {
        response.headers_mut().insert(X_TRACE_ID, value);
    }
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    span.in_scope(|| tracing::info!(status, micros = elapsed.as_micros(), "answered"));
    let labels = [
        ("method", method),
        ("route", route),
        ("status", status.to_string()),
    ];
    metrics::counter!("commonweal_http_requests_total", &labels).increment(1);
    metrics::histogram!("commonweal_http_request_seconds", &labels).record(elapsed);
    response
}

fn panicked(trace: &TraceId) -> Response {
    let mut errors = vec![Code::InternalServerError.refusal("a handler panicked", None)];
    mask(&mut errors, trace);
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        json!({ "errors": errors }).to_string(),
    )
        .into_response()
}
