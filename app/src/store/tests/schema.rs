//! The schema: its types, its insert-only tables, and its version.

use super::super::StoreError;
use super::*;

on_both!(
    no_column_holds_a_float_or_a_decimal,
    log_and_postings_take_new_rows_only,
    a_newer_schema_is_refused,
    a_database_that_was_not_migrated_is_refused,
);

async fn no_column_holds_a_float_or_a_decimal(db: TestDb) {
    let sql = if db.is_postgres() {
        "SELECT table_name::text AS t, column_name::text AS c, data_type::text AS type \
         FROM information_schema.columns WHERE table_schema = 'public'"
    } else {
        "SELECT m.name AS t, c.name AS c, c.type AS type FROM sqlite_master AS m, pragma_table_info(m.name) AS c \
         WHERE m.type = 'table'"
    };
    let rows = db.rows(sql).await;
    assert!(rows.len() > 20, "the whole schema is looked at");
    for row in rows {
        let name = ["t", "c"].map(|column| row.try_get::<String>("", column).unwrap());
        let kind = row.try_get::<String>("", "type").unwrap().to_lowercase();
        for inexact in ["real", "floa", "doub", "dec", "num", "money"] {
            assert!(!kind.contains(inexact), "{name:?} is {kind}");
        }
    }
}

async fn log_and_postings_take_new_rows_only(db: TestDb) {
    db.store.write(None, accepted(1)).await.unwrap();
    let nil = if db.is_postgres() {
        "'00000000-0000-0000-0000-000000000000'"
    } else {
        "x'00000000000000000000000000000000'"
    };
    db.sql(&format!(
        "INSERT INTO posting (entry_idx, seq, batch_id, bucket, amount) VALUES (0, 0, {nil}, 'issuance', -1)"
    ))
    .await;
    let mut refused = vec![
        "UPDATE log_entry SET kind = 'x'".to_owned(),
        "DELETE FROM log_entry".to_owned(),
        "UPDATE posting SET amount = 5".to_owned(),
        "DELETE FROM posting".to_owned(),
    ];
    if db.is_postgres() {
        refused.extend([
            "TRUNCATE posting".to_owned(),
            "TRUNCATE log_entry CASCADE".to_owned(),
            "SET session_replication_role = replica; DELETE FROM posting".to_owned(),
            "INSERT INTO posting SELECT * FROM posting ON CONFLICT (entry_idx, seq) DO UPDATE SET amount = 5"
                .to_owned(),
        ]);
    } else {
        for pragma in ["ON", "OFF"] {
            refused.extend([
                format!(
                    "PRAGMA recursive_triggers = {pragma}; INSERT OR REPLACE INTO log_entry SELECT * FROM log_entry"
                ),
                format!(
                    "PRAGMA recursive_triggers = {pragma}; INSERT OR REPLACE INTO posting SELECT * FROM posting"
                ),
            ]);
        }
    }
    for sql in refused {
        let error = db.beside.execute_unprepared(&sql).await;
        let error = error.expect_err(&sql).to_string();
        assert!(error.contains("is insert-only"), "{sql}: {error}");
    }
    assert_eq!(db.numbers("SELECT amount FROM posting").await, [-1]);
}

async fn a_newer_schema_is_refused(db: TestDb) {
    db.sql(
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m99990101_000001_future', 0)",
    )
    .await;
    for result in [
        Store::open(&db.url, ids(&db.clock)).await.map(|_| ()),
        Store::migrate(&db.url).await,
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, StoreError::NewerSchema(_)), "{error}");
        assert!(error.to_string().contains("m99990101_000001_future"));
    }
}

async fn a_database_that_was_not_migrated_is_refused(db: TestDb) {
    db.sql("DELETE FROM seaql_migrations").await;
    let error = Store::open(&db.url, ids(&db.clock)).await.unwrap_err();
    assert!(matches!(error, StoreError::OlderSchema(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_may_migrate_one_postgresql_database_at_once() {
    let Some(url) = postgres_database().await else {
        return;
    };
    let migrate = || {
        let url = url.clone();
        tokio::spawn(async move { Store::migrate(&url).await })
    };
    for task in [migrate(), migrate(), migrate(), migrate()] {
        task.await.unwrap().unwrap();
    }
}
