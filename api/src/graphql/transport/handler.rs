//! `/graphql` over HTTP.

use async_graphql::{Executor, parser::types::OperationType};
use axum::{
    body::Body,
    extract::{Query, Request},
    http::{Method, Response, StatusCode, header},
};

use super::{
    Authenticate, GraphqlService,
    body::{self, BodyError},
    envelope::Envelope,
    negotiate::{Media, is_json_body},
    refusal::Refusal,
    respond::{self, CostReport},
};
use crate::{
    graphql::{errors, limits::Limits},
    http::context::RequestContext,
};

/// Answers one request.
pub(crate) async fn handle<E: Executor, A: Authenticate>(
    service: GraphqlService<E, A>,
    context: RequestContext,
    request: Request,
) -> Response<Body> {
    let Some(media) = Media::negotiate(request.headers()) else {
        let text = "answers are `application/graphql-response+json` or `application/json`, and `Accept` names neither";
        let refusal = Refusal::http(StatusCode::NOT_ACCEPTABLE, text);
        return respond::refused(Media::Json, &refusal, None);
    };
    let get = request.method() == Method::GET;
    let (parts, body) = request.into_parts();
    let read = match parts.method {
        Method::GET => from_query(&parts.uri),
        Method::POST => from_body(&parts.headers, body).await,
        _ => Err(Refusal::method(
            "GET, POST",
            "GraphQL is asked by POST, or by GET for queries",
        )),
    };
    let received_at = service.now();
    let caller = service
        .caller(&parts.headers, context.peer, context.trace.clone())
        .await
        .map_err(|error| Refusal::auth(&error));
    let (envelope, caller) = match read.and_then(|envelope| Ok((envelope, caller?))) {
        Ok(both) => both,
        Err(mut refusal) => {
            errors::mask(&mut refusal.errors, &context.trace);
            return respond::refused(media, &refusal, None);
        }
    };
    let report = |requested| CostReport {
        requested,
        status: service.throttle_status(&caller.key),
    };
    match service.prepare(envelope, &caller, |operation| permit(operation, get)) {
        Ok(prepared) => {
            let cost = prepared.cost;
            let prepared = prepared.received_at(received_at);
            let outcome = service.run(prepared, &context.trace).await;
            respond::outcome(media, &outcome, report(cost))
        }
        Err(refusal) => respond::refused(media, &refusal, Some(report(0))),
    }
}

/// Only queries by GET, and no subscriptions over plain HTTP.
fn permit(operation: OperationType, get: bool) -> Result<(), Refusal> {
    match operation {
        OperationType::Mutation if get => Err(Refusal::method("POST", "a mutation is sent by POST only")),
        OperationType::Subscription => Err(Refusal::request(vec![errors::Code::BadUserInput.refusal(
            "a subscription runs over a WebSocket at /graphql/ws, by the protocol graphql-transport-ws",
            None,
        )])),
        _ => Ok(()),
    }
}

fn from_query(uri: &axum::http::Uri) -> Result<Envelope, Refusal> {
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|error| Refusal::http(StatusCode::BAD_REQUEST, error.body_text()))?;
    Envelope::from_query(pairs.0)
        .map_err(|error| Refusal::http(StatusCode::BAD_REQUEST, error.to_string()))
}

async fn from_body(headers: &axum::http::HeaderMap, body: Body) -> Result<Envelope, Refusal> {
    if !is_json_body(headers) {
        let text = "the body must be `application/json` in UTF-8, uncompressed";
        return Err(Refusal::http(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let limit = Limits::STANDARD.body_bytes;
    let bytes = body::read(body, declared, limit)
        .await
        .map_err(|error| match error {
            BodyError::TooLarge => Refusal::http(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the body has more than {limit} bytes"),
            ),
            BodyError::TooSlow => {
                Refusal::http(StatusCode::REQUEST_TIMEOUT, "the body came too slowly")
            }
            BodyError::Broken => Refusal::http(StatusCode::BAD_REQUEST, "the body broke off"),
        })?;
    Envelope::from_body(&bytes)
        .map_err(|error| Refusal::http(StatusCode::BAD_REQUEST, error.to_string()))
}
