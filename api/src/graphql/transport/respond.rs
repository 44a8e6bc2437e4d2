//! The JSON of an answer.

use async_graphql::ServerError;
use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::{Value, json};

use super::{negotiate::Media, refusal::Refusal, service::Outcome};
use crate::graphql::cost::bucket::ThrottleStatus;

/// `extensions.cost` of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CostReport {
    /// What the operation cost; nothing when it was refused.
    pub(crate) requested: u32,
    pub(crate) status: ThrottleStatus,
}

/// The GraphQL response as JSON. `data` is there when the operation ran, even if it is null.
pub(crate) fn json_of(
    data: Option<&str>,
    errors: &[ServerError],
    cost: Option<CostReport>,
) -> String {
    let mut parts = Vec::with_capacity(3);
    if let Some(data) = data {
        parts.push(format!("\"data\":{data}"));
    }
    if !errors.is_empty() {
        parts.push(format!("\"errors\":{}", errors_json(errors)));
    }
    if let Some(cost) = cost {
        parts.push(format!("\"extensions\":{}", cost.json()));
    }
    format!("{{{}}}", parts.join(","))
}

/// The errors as a JSON list.
pub(crate) fn errors_json(errors: &[ServerError]) -> Value {
    serde_json::to_value(errors).unwrap_or_else(|_| json!([]))
}

impl CostReport {
    fn json(self) -> Value {
        json!({
            "cost": {
                "requestedQueryCost": self.requested,
                "throttleStatus": {
                    "maximumAvailable": self.status.maximum_available,
                    "currentlyAvailable": self.status.currently_available,
                    "restoreRate": self.status.restore_rate,
                },
            }
        })
    }
}

pub(super) fn outcome(media: Media, outcome: &Outcome, cost: CostReport) -> Response<Body> {
    match outcome {
        Outcome::Ran { data, errors } => {
            let body = json_of(Some(data), errors, Some(cost));
            response(StatusCode::OK, media, body)
        }
        Outcome::Refused(refusal) => refused(media, refusal, Some(cost)),
    }
}

pub(super) fn refused(media: Media, refusal: &Refusal, cost: Option<CostReport>) -> Response<Body> {
    let body = json_of(None, &refusal.errors, cost);
    let mut response = response(refusal.status(media), media, body);
    if let Some((name, value)) = refusal.header.clone() {
        response.headers_mut().insert(name, value);
    }
    response
}

fn response(status: StatusCode, media: Media, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media.content_type());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    response
}
