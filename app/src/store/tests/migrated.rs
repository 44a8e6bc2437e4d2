//! A change that rebuilds a table of a database in use keeps its rows, what points at them, and what refuses changes.

use commonweal_migrations::{Migrator, MigratorTrait, names};

use super::super::head::Head;
use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuilt_tender_table_keeps_rows_references_and_triggers_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    rebuilt(&format!("sqlite:{}", path.display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuilt_tender_table_keeps_rows_references_and_triggers_on_postgresql() {
    if let Some(url) = postgres_database().await {
        rebuilt(&url).await;
    }
}

/// The statement with `{n}` in the place of ids, as one database writes them.
fn with_ids(postgres: bool, sql: &str) -> String {
    (1..=9).fold(sql.to_owned(), |sql, n| {
        let id = if postgres {
            format!("'{}'", Uuid::from_u128(n))
        } else {
            format!("x'{}'", Uuid::from_u128(n).simple())
        };
        sql.replace(&format!("{{{n}}}"), &id)
    })
}

/// Rows from before the change: two tenders, and one row of each kind that points at them.
const ROWS: &[&str] = &[
    "INSERT INTO organisation (id, legal_form, name, sector, group_id, place, entry_idx)
        VALUES ({1}, 'legal_person', 'City', 'public', {1}, 'KR-11', 0),
               ({2}, 'legal_person', 'Firm', 'private', {2}, 'KR-11', 1)",
    "INSERT INTO tender (id, buyer_id, title, plan, recipient, stage, inputs_idx, published_at, closes_at, opens_at,
            entry_idx, opened_idx, cancelled_idx)
        VALUES ({3}, {1}, 'Benches', {9}, 'age1', 'contracted', 9, 1, 2, 3, 4, 5, NULL),
               ({4}, {1}, 'Trees', {9}, 'age1', 'cancelled', 8, 1, 2, 2, 4, NULL, 7)",
    "INSERT INTO tender_key (tender_id, wrapped) VALUES ({3}, {9}), ({4}, {9})",
    "INSERT INTO opening_approval (tender_id, person_id, organisation_id, at) VALUES ({3}, {5}, {1}, 6)",
    "INSERT INTO idempotency (organisation_id, mutation, key, body_hash, answer, at, first_index, entries)
        VALUES ({1}, 'transfer_credits', 'a', {32}, {9}, 1, 2, 1)",
    "INSERT INTO contract (id, tender_id, lot, buyer_id, supplier_id, surplus_tradable, signed_at, entry_idx)
        VALUES ({6}, {3}, '1', {1}, {2}, {yes}, 7, 8)",
];

/// What a schema with these rows refuses.
const REFUSED: &[&str] = &[
    "INSERT INTO tender_key (tender_id, wrapped) VALUES ({7}, {9})",
    "DELETE FROM tender WHERE id = {3}",
    "UPDATE tender SET stage = 'no such stage' WHERE id = {3}",
    "UPDATE tender SET stage = 'cancelled' WHERE id = {3}",
    "UPDATE tender SET opens_at = 1 WHERE id = {3}",
    "INSERT INTO idempotency SELECT * FROM idempotency",
    "UPDATE contract SET signed_at = 9",
    "DELETE FROM contract",
];

async fn rebuilt(url: &str) {
    let database = DatabaseUrl::parse(url).unwrap().migrator().await.unwrap();
    let postgres = database.get_database_backend() == DbBackend::Postgres;
    let text = |sql: &str| {
        let (yes, bytes) = if postgres {
            ("true", "'\\x01'::bytea")
        } else {
            ("1", "x'01'")
        };
        let hash = bytes.replace("01", &"01".repeat(32));
        let sql = sql.replace("{yes}", yes).replace("{32}", &hash);
        with_ids(postgres, &sql.replace("{9}", bytes))
    };
    let rebuild = names().position(|name| name == "m20261123_000150_stage");
    let before = u32::try_from(rebuild.unwrap()).unwrap();
    Migrator::up(&database, Some(before)).await.unwrap();
    for row in ROWS {
        database.execute_unprepared(&text(row)).await.unwrap();
    }
    let new_stage = text("UPDATE tender SET stage = 'standstill' WHERE id = {3}");
    database.execute_unprepared(&new_stage).await.unwrap_err();
    let head = Head::lock(&database).await.unwrap();
    database.close().await.unwrap();

    Store::migrate(url).await.unwrap();

    let database = DatabaseUrl::parse(url).unwrap().migrator().await.unwrap();
    // Whoever knows what rows said before the change finds another head.
    assert_ne!(Head::lock(&database).await.unwrap().commit, head.commit);
    let numbers = async |sql: &str| -> Vec<i64> {
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let rows = database.query_all_raw(statement).await.unwrap();
        let first = |row: &QueryResult| row.try_get_by_index(0).unwrap();
        rows.iter().map(first).collect()
    };
    for (number, of) in [
        (2, "tender"),
        (2, "tender JOIN tender_key ON tender_id = id"),
        (1, "tender JOIN opening_approval ON tender_id = id"),
        (1, "tender JOIN contract ON tender_id = tender.id"),
        (
            1,
            "idempotency WHERE key = 'a' AND mutation = 'transfer_credits' AND first_index = 2 AND entries = 1",
        ),
        (
            1,
            "tender WHERE title = 'Benches' AND stage = 'contracted' AND inputs_idx = 9 AND opened_idx = 5",
        ),
        (
            1,
            "tender WHERE title = 'Trees' AND stage = 'cancelled' AND cancelled_idx = 7 AND opened_idx IS NULL",
        ),
        (
            2,
            "tender WHERE amendments = 0 AND answers = 0 AND material_idx IS NULL AND form_idx IS NULL",
        ),
    ] {
        let sql = format!("SELECT count(*) FROM {of}");
        assert_eq!(numbers(&sql).await, [number], "{of}");
    }
    if !postgres {
        let broken = numbers("SELECT count(*) FROM pragma_foreign_key_check").await;
        assert_eq!(broken, [0]);
        let indexes = "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name IN ('tender_buyer', 'tender_stage')";
        assert_eq!(numbers(indexes).await, [2]);
    }
    for sql in REFUSED {
        let result = database.execute_unprepared(&text(sql)).await;
        assert!(result.is_err(), "{sql}");
    }
    database.execute_unprepared(&new_stage).await.unwrap();
    database.close().await.unwrap();
}
