//! HTTP around every route: context, headers, traces, time limits, and the accept loop.

pub mod context;
mod headers;
mod observe;
pub mod serve;
pub mod shutdown;

use std::{net::IpAddr, sync::Arc};

use axum::{
    Json, Router,
    http::{Extensions, HeaderMap, StatusCode, Version, header},
    middleware,
    routing::get,
};
use serde_json::{Value, json};
use tower_http::compression::{
    CompressionLayer,
    predicate::{DefaultPredicate, Predicate as _},
};

use self::context::TraceIds;
use crate::graphql::errors::Code;

/// What the layers around every route need.
#[derive(Debug)]
pub struct Edge {
    /// Makes the trace id of each request.
    pub trace_ids: TraceIds,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

/// On an answer: its bytes do not get fewer by compression, so that it is not tried.
#[derive(Debug, Clone, Copy)]
pub struct Dense;

fn worth_it(_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions) -> bool {
    extensions.get::<Dense>().is_none()
}

/// Puts the layers around the routes, and `/livez` and `/version` beside them.
///
/// From the outside: context and trace, panics, security headers, compression.
pub fn assemble(routes: Router, edge: Arc<Edge>) -> Router {
    routes
        .route("/livez", get(async || "ok\n"))
        .route("/version", get(async || Json(version())))
        .fallback(async || nothing_here())
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(worth_it)))
        .layer(middleware::map_response(headers::secure))
        .layer(middleware::from_fn_with_state(edge, observe::observe))
}

/// What `/version` answers.
pub fn version() -> Value {
    json!({ "name": "commonweal", "version": env!("CARGO_PKG_VERSION") })
}

fn nothing_here() -> (StatusCode, [(header::HeaderName, &'static str); 1], String) {
    let error = Code::NotFound.refusal("nothing is served under this path", None);
    (
        StatusCode::NOT_FOUND,
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        json!({ "errors": [error] }).to_string(),
    )
}
