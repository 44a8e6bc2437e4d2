//! What the page costs at least: axum, one statement, serde. No limits, no sign-in, no schema.

use anyhow::Result;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use base64::{Engine, engine::general_purpose::STANDARD};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::time::Time;
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbErr, QueryResult, Statement};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// As many as the service has for reading.
const CONNECTIONS: u32 = 4;

const PAGE: &str = "SELECT e.idx, e.at, e.kind, e.subject, e.bytes, e.leaf_hash, c.size \
    FROM log_entry AS e JOIN checkpoint AS c ON c.size = (SELECT MAX(size) FROM checkpoint) \
    WHERE e.idx > $1 ORDER BY e.idx LIMIT $2";

#[derive(Deserialize)]
struct After {
    after: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    nodes: Vec<Entry>,
    page_info: PageInfo,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    index: String,
    leaf_hash: Hash,
    canonical_bytes: String,
    kind: String,
    at: String,
    subject: String,
    published: bool,
}

impl Entry {
    fn new(row: &QueryResult) -> Result<(i64, Self), DbErr> {
        let index: i64 = row.try_get("", "idx")?;
        let leaf: Vec<u8> = row.try_get("", "leaf_hash")?;
        let leaf_hash = Hash::try_from(leaf.as_slice());
        let entry = Self {
            index: index.to_string(),
            leaf_hash: leaf_hash.map_err(|error| DbErr::Type(error.to_string()))?,
            canonical_bytes: STANDARD.encode(row.try_get::<Vec<u8>>("", "bytes")?),
            kind: row.try_get("", "kind")?,
            at: Time::from_micros(row.try_get("", "at")?).to_string(),
            subject: row.try_get("", "subject")?,
            published: index < row.try_get("", "size")?,
        };
        Ok((index, entry))
    }
}

/// The path of the page behind an index.
pub(crate) fn path(after: Option<i64>) -> String {
    format!("/page?after={}", after.unwrap_or(-1))
}

/// Serves the pages of a database and answers the address.
pub(crate) async fn serve(url: &str) -> Result<String> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(CONNECTIONS)
        .min_connections(CONNECTIONS)
        .test_before_acquire(false)
        .sqlx_logging(false);
    let database = sea_orm::Database::connect(options).await?;
    let router = Router::new().route("/page", get(page)).with_state(database);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn page(
    State(database): State<DatabaseConnection>,
    Query(After { after }): Query<After>,
) -> Result<Json<Page>, (StatusCode, String)> {
    let failed = |error: DbErr| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
    read(&database, after).await.map(Json).map_err(failed)
}

async fn read(database: &DatabaseConnection, after: i64) -> Result<Page, DbErr> {
    let size = i64::from(super::PAGE);
    let statement = Statement::from_sql_and_values(
        database.get_database_backend(),
        PAGE,
        [after.into(), (size + 1).into()],
    );
    let rows = database.query_all_raw(statement).await?;
    let mut entries = rows.iter().map(Entry::new).collect::<Result<Vec<_>, _>>()?;
    let has_next_page = entries.len() > usize::try_from(size).unwrap_or(usize::MAX);
    if has_next_page {
        entries.pop();
    }
    Ok(Page {
        page_info: PageInfo {
            has_next_page,
            end_cursor: entries.last().map(|(index, _)| *index),
        },
        nodes: entries.into_iter().map(|(_, entry)| entry).collect(),
    })
}
