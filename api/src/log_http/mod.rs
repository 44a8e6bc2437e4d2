//! The public log over HTTP, at the paths of C2SP tlog-tiles: checkpoint, key, tiles, entry bundles, blobs, and the schemas
//! of the entries.
//!
//! Only what a signed checkpoint covers is served. All of it may be fetched from any page and kept by any cache; a tile never
//! changes, because its path says how wide it is. `commonweal export-log` writes the same files to a folder.

mod answer;
mod range;

use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use commonweal_app::{App, AppError};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::log::schema;
use commonweal_domain::log::tile::{TileKind, TilePath};

use answer::{File, Keep};

/// The routes below `/log`.
pub fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/log/checkpoint", get(checkpoint))
        .route("/log/vkey", get(vkey))
        .route("/log/tile/{*path}", get(tile))
        .route("/log/blob/{sha256}", get(blob))
        .route("/log/schema/{file}", get(entry_schema))
        .route("/log/certificate/{file}", get(certificate))
        .with_state(app)
}

async fn checkpoint(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let found = app.read().checkpoint().await;
    let file = found.map(|found| found.map(|checkpoint| text(checkpoint.note)));
    respond(&headers, file)
}

async fn vkey(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let found = app.read().log_key().await;
    let file = found.map(|found| found.map(|key| text(format!("{key}\n").into_bytes())));
    respond(&headers, file)
}

fn text(content: Vec<u8>) -> File {
    File {
        content,
        kind: answer::TEXT,
        keep: Keep::Ask,
        dense: false,
    }
}

/// The path is read as it was sent: a tile has one address, and an escaped form of it is another.
async fn tile(
    State(app): State<Arc<App>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().strip_prefix("/log/").unwrap_or_default();
    let Ok(path) = path.parse::<TilePath>() else {
        return respond(&headers, Ok(None));
    };
    let found = app.read().tile(path).await;
    let file = found.map(|found| {
        found.map(|content| File {
            content,
            kind: answer::BYTES,
            keep: if path.is_full() {
                Keep::ForEver
            } else {
                Keep::ForADay
            },
            dense: path.kind() != TileKind::Entries,
        })
    });
    respond(&headers, file)
}

/// The body of an entry that is too large for it, by its hash in lower-case hexadecimal digits.
async fn blob(
    State(app): State<Arc<App>>,
    Path(sha256): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Ok(sha256) = sha256.parse::<Hash>() else {
        return respond(&headers, Ok(None));
    };
    let found = app.read().blob(sha256).await;
    let file = found.map(|found| {
        found.map(|content| File {
            content,
            kind: answer::JSON,
            keep: Keep::ForEver,
            dense: false,
        })
    });
    respond(&headers, file)
}

/// The schema of a kind of entry, or the list of all. A newer program may describe a kind in better words.
async fn entry_schema(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let content = schema::file(&format!("schema/{file}"));
    let file = content.map(|content| File {
        content,
        kind: answer::SCHEMA,
        keep: Keep::Ask,
        dense: false,
    });
    respond(&headers, Ok(file))
}

/// The receipt of a retirement, by the number on its certificate: `CW-2026-9C1D-24AB-03F7-11E0.tlog-proof`. It leads to the
/// newest checkpoint and holds its entry, so that it is verified without a network.
async fn certificate(
    State(app): State<Arc<App>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(number) = file.strip_suffix(".tlog-proof") else {
        return respond(&headers, Ok(None));
    };
    let found = app.read().certificate(number).await;
    let file = found.map(|found| found.map(|receipt| text(receipt.into_bytes())));
    respond(&headers, file)
}

fn respond(headers: &HeaderMap, file: Result<Option<File>, AppError>) -> Response {
    match file {
        Ok(Some(file)) => file.answer(headers),
        // It may be there in a second.
        Ok(None) => (
            StatusCode::NOT_FOUND,
            [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
            "the published log has no such file\n",
        )
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "a file of the log could not be read");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            (status, "the log could not be read: try again later\n").into_response()
        }
    }
}
