//! Files of evidence over HTTP: `POST /evidence/organisation:ID` stores the body of the request, `GET
//! /evidence/organisation:ID/SHA256` reads it again. Both need an API token. GraphQL is no way for files.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use async_graphql::ID;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use commonweal_app::evidence::Uploaded;
use commonweal_app::{App, AppError};
use commonweal_domain::actor::Actor;
use commonweal_domain::ids::OrganisationId;
use commonweal_domain::log::hash::Hash;
use futures_util::{Stream, StreamExt as _};
use serde_json::json;

use crate::auth::SignIn;
use crate::graphql::context::refuse;
use crate::graphql::errors::{Code, mask};
use crate::graphql::node::parse_id;
use crate::graphql::transport::{AuthError, Authenticate as _};
use crate::http::Dense;
use crate::http::context::RequestContext;

/// How much of a refused file is still taken in, and for how long, so that its sender reads the answer instead of a broken
/// connection. Nothing of it is kept.
const DRAIN_BYTES: usize = 32 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct Files {
    app: Arc<App>,
    sign_in: SignIn,
}

/// The routes below `/evidence`.
pub(crate) fn routes(app: &Arc<App>) -> Router {
    let files = Files {
        app: Arc::clone(app),
        sign_in: SignIn::new(Arc::clone(app)),
    };
    Router::new()
        .route("/evidence/{owner}", post(upload))
        .route("/evidence/{owner}/{sha256}", get(download))
        .with_state(files)
}

impl Files {
    async fn actor(&self, headers: &HeaderMap) -> Result<Actor, Failure> {
        let peer = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        match self.sign_in.principal(headers, peer).await {
            Ok(caller) => Ok(caller.actor().clone()),
            Err(AuthError::Unavailable(cause)) => Err(Failure::App(AppError::internal(cause))),
            Err(error) => Err(Failure::Edge(error.code().error(error.to_string()))),
        }
    }
}

/// Why there is no file.
enum Failure {
    App(AppError),
    Edge(async_graphql::Error),
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

async fn upload(
    State(files): State<Files>,
    Extension(context): Extension<RequestContext>,
    Path(owner): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    // In a task of its own: a sender who goes away ends the body, and what came is cleaned up.
    let task = tokio::spawn(async move {
        let mut body = body.into_data_stream();
        let stored = store(&files, &owner, &parts.headers, &mut body).await;
        if stored.is_err() {
            tokio::spawn(drain(body));
        }
        stored
    });
    let stored = task
        .await
        .unwrap_or_else(|error| Err(AppError::internal(error).into()));
    match stored {
        Ok(file) => {
            let status = if file.known {
                StatusCode::OK
            } else {
                StatusCode::CREATED
            };
            let body = json!({
                "sha256": file.sha256.to_string(), "size": file.size, "mediaType": file.media_type,
                "uploadedAt": file.uploaded_at.to_string(),
            });
            (status, private(), axum::Json(body)).into_response()
        }
        Err(failure) => failed(failure, &context),
    }
}

async fn store<S>(
    files: &Files,
    owner: &str,
    headers: &HeaderMap,
    body: &mut S,
) -> Result<Uploaded, Failure>
where
    S: Stream<Item = Result<Bytes, axum::Error>> + Unpin + Send,
{
    let actor = files.actor(headers).await?;
    let owner = organisation(owner)?;
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let declared = text(header::CONTENT_TYPE).unwrap_or_default();
    let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let stored = files
        .app
        .upload_evidence(&actor, owner, declared, length, body)
        .await?;
    Ok(stored)
}

fn organisation(owner: &str) -> Result<OrganisationId, Failure> {
    parse_id("owner", &ID(owner.to_owned())).map_err(Failure::Edge)
}

async fn drain<S: Stream<Item = Result<Bytes, axum::Error>> + Unpin>(mut body: S) {
    let discard = async {
        let mut left = DRAIN_BYTES;
        while let Some(Ok(piece)) = body.next().await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN_TIME, discard).await;
}

async fn download(
    State(files): State<Files>,
    Extension(context): Extension<RequestContext>,
    Path((owner, sha256)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    match read(&files, &owner, &sha256, &headers).await {
        Ok(response) => response,
        Err(failure) => failed(failure, &context),
    }
}

async fn read(
    files: &Files,
    owner: &str,
    sha256: &str,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let actor = files.actor(headers).await?;
    let owner = organisation(owner)?;
    let hash: Hash = sha256.parse().map_err(|error| {
        Failure::Edge(Code::BadUserInput.error_at("sha256", format!("`sha256`: {error}")))
    })?;
    let file = files.app.download_evidence(&actor, owner, hash).await?;
    let mut response = (private(), Body::from_stream(file.bytes)).into_response();
    // Never shown inline, whatever it is.
    let disposition = format!("attachment; filename=\"{}\"", &sha256[..16]);
    let values = [
        (header::CONTENT_TYPE, file.media_type),
        (header::CONTENT_LENGTH, file.size.to_string()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    for (name, value) in values {
        let value = HeaderValue::try_from(value).map_err(AppError::internal)?;
        response.headers_mut().insert(name, value);
    }
    response.extensions_mut().insert(Dense);
    Ok(response)
}

/// No cache keeps an answer about a private file.
fn private() -> [(header::HeaderName, HeaderValue); 2] {
    [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ]
}

/// The failure in the form of the interface's errors. The code of a rule stands in `extensions.reason`.
fn failed(failure: Failure, context: &RequestContext) -> Response {
    let (status, reason, error) = match failure {
        Failure::Edge(error) => (None, None, error),
        Failure::App(error) => {
            let reason = match &error {
                AppError::Refused { code, .. } => Some(*code),
                _ => None,
            };
            let status = match (&error, reason) {
                (_, Some("FILE_TOO_LARGE")) => Some(StatusCode::PAYLOAD_TOO_LARGE),
                (_, Some("TOO_MANY_UPLOADS")) => Some(StatusCode::TOO_MANY_REQUESTS),
                (_, Some("MEDIA_TYPE")) => Some(StatusCode::UNSUPPORTED_MEDIA_TYPE),
                (AppError::NotFound(_), _) => Some(StatusCode::NOT_FOUND),
                (AppError::Conflict(_), _) => Some(StatusCode::CONFLICT),
                (AppError::Overloaded, _) => Some(StatusCode::SERVICE_UNAVAILABLE),
                _ => None,
            };
            (status, reason, refuse(error))
        }
    };
    let mut error = error.into_server_error(async_graphql::Pos::default());
    error.locations.clear();
    let code = Code::of(&error).unwrap_or(Code::InternalServerError);
    if let (Some(reason), Some(extensions)) = (reason, &mut error.extensions) {
        extensions.set("reason", reason);
    }
    let mut errors = vec![error];
    mask(&mut errors, &context.trace);
    let body = axum::Json(json!({ "errors": errors }));
    (status.unwrap_or(code.status()), private(), body).into_response()
}
