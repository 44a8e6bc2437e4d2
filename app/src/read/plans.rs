//! What pages of the ledger cost when it grows: the plans of their queries and what they read in fact, with few and with
//! many postings.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use commonweal_domain::ids::{BatchId, Id, OrganisationId};
use sea_orm::{ConnectionTrait, DbBackend, QueryTrait, Statement};

use super::Page;
use super::account::{PostingKey, holdings, statement};
use super::account_summary::{Bounds, changes, held_before};
use super::credit::lives;
use super::filled_ledger::{statements, uuid};
use crate::store::tests::{TestDb, on_both};

on_both!(pages_of_the_ledger_read_a_range_of_an_index_however_many_postings_there_are);

/// Holders, and batches, among which the postings are spread.
const HOLDERS: u64 = 20;

/// The plan of a query and how much it reads in fact: rows of all nodes on PostgreSQL, steps of its machine on SQLite.
async fn plan(db: &TestDb, query: &Statement) -> (String, u64) {
    let postgres = db.is_postgres();
    let explain = if postgres {
        "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)"
    } else {
        "EXPLAIN QUERY PLAN"
    };
    let sql = format!("{explain} {}", query.sql);
    let values = query
        .values
        .clone()
        .map(|values| values.0)
        .unwrap_or_default();
    let explained = Statement::from_sql_and_values(query.db_backend, sql, values);
    let rows = db.beside.query_all_raw(explained).await.unwrap();
    let column = if postgres { 0 } else { 3 };
    let lines = rows
        .iter()
        .map(|row| row.try_get_by_index::<String>(column).unwrap());
    let text = lines.collect::<Vec<_>>().join("\n");
    let read = if postgres {
        rows_read(&text)
    } else {
        steps(db, query).await
    };
    (text, read)
}

/// How many instructions SQLite runs for a query; each row costs it some.
async fn steps(db: &TestDb, query: &Statement) -> u64 {
    let steps = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&steps);
    let pool = db.beside.get_sqlite_connection_pool();
    assert_eq!(
        pool.options().get_max_connections(),
        1,
        "the one that counts"
    );
    let count = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        true
    };
    let mut connection = pool.acquire().await.unwrap();
    let mut handle = connection.lock_handle().await.unwrap();
    handle.set_progress_handler(1, count);
    drop(handle);
    drop(connection);
    db.beside.query_all_raw(query.clone()).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let mut handle = connection.lock_handle().await.unwrap();
    handle.remove_progress_handler();
    steps.load(Ordering::Relaxed)
}

/// The sum of what PostgreSQL's plan says about rows, those that a filter dropped included.
fn rows_read(plan: &str) -> u64 {
    let numbers = plan.lines().filter_map(|line| {
        let rest = line
            .split_once("actual rows=")
            .or_else(|| line.split_once("Rows Removed by Filter: "));
        let digits = rest?.1.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse::<u64>().ok()
    });
    numbers.sum()
}

fn queries(db: &TestDb, entries: u64) -> Vec<(&'static str, Statement)> {
    let backend: DbBackend = db.beside.get_database_backend();
    let (holder, batch) = (
        OrganisationId::from_uuid(uuid(db.is_postgres(), 7)),
        BatchId::from_uuid(uuid(db.is_postgres(), 3)),
    );
    let page = |after, backward| Page {
        rows: 51,
        backward,
        after,
        before: None,
    };
    let deep = Some(PostingKey {
        entry: i64::try_from(entries * 3 / 4).unwrap(),
        seq: 0,
    });
    let entries = i64::try_from(entries).unwrap();
    let recent = Bounds {
        from: entries - 1_000,
        to: entries,
    };
    let holding = Page {
        rows: 51,
        backward: false,
        after: None,
        before: None,
    };
    vec![
        (
            "the first page of a statement",
            statement(holder, None, &page(None, false)).build(backend),
        ),
        (
            "a page deep in a statement",
            statement(holder, None, &page(deep, false)).build(backend),
        ),
        (
            "the last page of a statement",
            statement(holder, None, &page(None, true)).build(backend),
        ),
        (
            "a statement of one batch",
            statement(holder, Some(batch), &page(deep, false)).build(backend),
        ),
        (
            "the batches of a summary",
            held_before(holder, Some(batch), recent).build(backend),
        ),
        (
            "a summary of the last days",
            backend.build(&changes(holder, &[batch.uuid()], recent)),
        ),
        ("holdings", holdings(holder, &holding).build(backend)),
        ("the life of a batch", lives(&[batch]).build(backend)),
    ]
}

async fn pages_of_the_ledger_read_a_range_of_an_index_however_many_postings_there_are(db: TestDb) {
    let mut before = Vec::new();
    let mut entries = 0;
    for target in [8_000, 64_000] {
        for sql in statements(db.is_postgres(), HOLDERS, &(entries..target)) {
            db.sql(&sql).await;
        }
        entries = target;
        let mut read = Vec::new();
        for (name, query) in queries(&db, entries) {
            let (plan, rows) = plan(&db, &query).await;
            // SQLite also scans what a part of the query just made.
            let made = |line: &&str| {
                line.contains("Seq Scan") || line.starts_with("SCAN") && *line != "SCAN nets"
            };
            let scan = plan.lines().find(made);
            assert_eq!(scan, None, "{name} at {entries} entries:\n{plan}");
            // PostgreSQL may choose to sort where it reads less than some pages.
            for sort in ["Sort", "TEMP B-TREE FOR ORDER BY"] {
                assert!(rows <= 6 * 51 || !plan.contains(sort), "{name}:\n{plan}");
            }
            assert!(rows > 0, "{name} reads something:\n{plan}");
            read.push((name, rows, plan));
        }
        before.push(read);
    }
    for ((name, few, _), (_, many, plan)) in before[0].iter().zip(&before[1]) {
        // A plan may change its shape with the size, not what it reads by more than two pages. SQLite takes some ten steps
        // for a row.
        let row = if db.is_postgres() { 1 } else { 10 };
        assert!(
            *many <= few + few / 2 + 2 * 51 * row,
            "{name}: {few} read, then {many}:\n{plan}"
        );
    }
}
