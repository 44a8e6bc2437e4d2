//! A request that was answered without running its operation.

use async_graphql::ServerError;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};

use super::{negotiate::Media, principal::AuthError};
use crate::graphql::{cost::bucket::Exhausted, errors::Code};

/// Why nothing ran, and how HTTP says it.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The errors, each with a code.
    pub(crate) errors: Vec<ServerError>,
    status: StatusCode,
    /// It was a well-formed GraphQL request: under `application/json` those are answered with 200.
    well_formed: bool,
    pub(super) header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// The HTTP request itself is not one we take.
    pub(super) fn http(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            errors: vec![Code::BadUserInput.refusal(message, None)],
            status,
            well_formed: false,
            header: None,
        }
    }

    /// The method is not one for this request.
    pub(super) fn method(allow: &'static str, message: &str) -> Self {
        Self {
            header: Some((header::ALLOW, HeaderValue::from_static(allow))),
            ..Self::http(StatusCode::METHOD_NOT_ALLOWED, message)
        }
    }

    /// The GraphQL request was read and refused: the status follows from the first error's code.
    pub(crate) fn request(errors: Vec<ServerError>) -> Self {
        let code = errors.first().and_then(Code::of);
        let status = code.unwrap_or(Code::InternalServerError).status();
        Self {
            well_formed: status == StatusCode::BAD_REQUEST,
            errors,
            status,
            header: None,
        }
    }

    pub(crate) fn auth(error: &AuthError) -> Self {
        let refusal = Self::request(vec![error.code().refusal(error.to_string(), None)]);
        let challenge = (refusal.status == StatusCode::UNAUTHORIZED)
            .then(|| (header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        Self {
            header: challenge,
            ..refusal
        }
    }

    pub(crate) fn rate_limited(cost: u32, exhausted: &Exhausted) -> Self {
        let seconds = exhausted.retry_after_seconds;
        let message = format!(
            "this costs {cost} points and {} are left: retry in {seconds} s",
            exhausted.status.currently_available
        );
        let mut error = Code::RateLimited.refusal(message, None);
        if let Some(extensions) = &mut error.extensions {
            extensions.set("retryAfter", seconds);
        }
        Self {
            header: Some((header::RETRY_AFTER, HeaderValue::from(seconds))),
            ..Self::request(vec![error])
        }
    }

    pub(crate) fn timed_out(mutation: bool) -> Self {
        let message = if mutation {
            "the mutation took too long and its outcome is unknown: retry with the same `idempotencyKey`"
        } else {
            "the operation took too long: ask for less in one request"
        };
        Self {
            errors: vec![Code::QueryTooComplex.refusal(message, None)],
            status: StatusCode::SERVICE_UNAVAILABLE,
            well_formed: false,
            header: None,
        }
    }

    pub(super) fn status(&self, media: Media) -> StatusCode {
        match media {
            Media::Json if self.well_formed => StatusCode::OK,
            _ => self.status,
        }
    }
}
