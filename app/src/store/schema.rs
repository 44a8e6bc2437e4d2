//! Brings the database to this program's schema, and refuses any other.

use std::collections::BTreeSet;

use commonweal_migrations::{Migrator, MigratorTrait, names};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::connect::{DatabaseUrl, check_server};
use super::error::StoreError;

/// PostgreSQL's advisory lock of whoever changes the schema ("cweal" in ASCII).
const SCHEMA_LOCK: i64 = 0x63_77_65_61_6c;

/// Applies the changes that the database lacks. Safe to run from several processes at once on PostgreSQL; a schema that
/// a newer program made is refused before anything is changed.
pub(super) async fn migrate(url: &DatabaseUrl) -> Result<(), StoreError> {
    let database = url.migrator().await?;
    check_server(&database).await?;
    if database.get_database_backend() == DbBackend::Postgres {
        // Held by the pool's only connection until it closes below.
        database
            .execute_unprepared(&format!("SELECT pg_advisory_lock({SCHEMA_LOCK})"))
            .await?;
    }
    let result = apply(&database).await;
    database.close().await?;
    result
}

async fn apply(database: &DatabaseConnection) -> Result<(), StoreError> {
    refuse_newer(&applied(database).await?)?;
    Migrator::up(database, None).await?;
    Ok(())
}

/// Refuses a schema with changes that this program does not know, and one that lacks changes.
pub(super) async fn check(database: &DatabaseConnection) -> Result<(), StoreError> {
    let applied = applied(database).await?;
    refuse_newer(&applied)?;
    match names().find(|name| !applied.contains(*name)) {
        None => Ok(()),
        Some(missing) => Err(StoreError::OlderSchema(missing.to_owned())),
    }
}

fn refuse_newer(applied: &BTreeSet<String>) -> Result<(), StoreError> {
    let known: BTreeSet<&str> = names().collect();
    match applied.iter().find(|name| !known.contains(name.as_str())) {
        None => Ok(()),
        Some(unknown) => Err(StoreError::NewerSchema(unknown.clone())),
    }
}

/// The names of the changes in the database; none where it is empty.
async fn applied(database: &DatabaseConnection) -> Result<BTreeSet<String>, StoreError> {
    let backend = database.get_database_backend();
    let exists = match backend {
        DbBackend::Postgres => "SELECT 1 AS one WHERE to_regclass('seaql_migrations') IS NOT NULL",
        _ => {
            "SELECT 1 AS one FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations'"
        }
    };
    let table = database
        .query_one_raw(Statement::from_string(backend, exists))
        .await?;
    if table.is_none() {
        return Ok(BTreeSet::new());
    }
    let rows = database
        .query_all_raw(Statement::from_string(
            backend,
            "SELECT version FROM seaql_migrations",
        ))
        .await?;
    let mut names = BTreeSet::new();
    for row in rows {
        names.insert(row.try_get::<String>("", "version")?);
    }
    Ok(names)
}
