//! GraphQL over HTTP on [`async_graphql::Schema::execute`], without the stock glue, which fails the points of
//! `graphql.md`: media types, statuses, limits before the library, no batches, no forged mutations.

mod body;
pub(crate) mod envelope;
mod handler;
mod introspection;
mod negotiate;
mod order;
mod principal;
mod progress;
pub(crate) mod refusal;
pub(crate) mod respond;
pub(crate) mod service;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode},
};

pub(crate) use self::handler::handle;
pub use self::{
    principal::{AuthError, Authenticate, Principal},
    service::{GraphqlService, RateLimit, ReceivedAt},
};

/// A refusal of the HTTP request itself, in the form of every other error.
pub(crate) fn refuse_http(
    status: StatusCode,
    message: &str,
    header: Option<(HeaderName, &'static str)>,
) -> Response<Body> {
    let mut refusal = refusal::Refusal::http(status, message);
    refusal.header = header.map(|(name, value)| (name, HeaderValue::from_static(value)));
    respond::refused(negotiate::Media::Json, &refusal, None)
}
