//! Every row of every table, to be compared with itself.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

/// Rows as text, in an order of their own, by table.
pub(crate) type Snapshot = BTreeMap<String, Vec<String>>;

async fn texts(database: &DatabaseConnection, sql: String) -> Result<Vec<String>> {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let rows = database.query_all_raw(statement).await?;
    let texts = rows.iter().map(|row| row.try_get_by_index::<String>(0));
    Ok(texts.collect::<Result<_, _>>()?)
}

/// What the database holds now.
pub(crate) async fn snapshot(database: &DatabaseConnection) -> Result<Snapshot> {
    let sqlite = database.get_database_backend() == DbBackend::Sqlite;
    let tables = if sqlite {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    } else {
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    };
    let mut snapshot = Snapshot::new();
    for table in texts(database, tables.to_owned()).await? {
        let row = if sqlite {
            let columns = format!("SELECT name FROM pragma_table_info('{table}')");
            let columns = texts(database, columns).await?;
            let quoted = columns.iter().map(|column| format!("quote(\"{column}\")"));
            quoted.collect::<Vec<_>>().join(" || ',' || ")
        } else {
            "CAST(t AS text)".to_owned()
        };
        // The writer moves the head's commit id on when it asks what became of a commit.
        let row = match table.as_str() {
            "log_head" => "CAST(size AS text) || ',' || CAST(at AS text)".to_owned(),
            _ => row,
        };
        let mut rows = texts(database, format!("SELECT {row} FROM \"{table}\" AS t")).await?;
        rows.sort_unstable();
        snapshot.insert(table, rows);
    }
    ensure!(snapshot.len() > 50, "{} tables are few", snapshot.len());
    Ok(snapshot)
}

/// The tables that are not as they were, with the first row of each that is new or gone.
pub(crate) fn differences(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let mut found = Vec::new();
    for (table, rows) in after {
        let known = before.get(table).map(Vec::as_slice).unwrap_or_default();
        let new = rows.iter().find(|row| known.binary_search(row).is_err());
        let gone = known.iter().find(|row| rows.binary_search(row).is_err());
        if let Some(row) = new.or(gone) {
            found.push(format!("{table}: {row}"));
        }
    }
    found
}
