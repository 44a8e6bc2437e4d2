//! One change of the schema as SQL with a few words that differ between the databases.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::m20261122_000001_log;

/// A change of the schema: statements that run in order inside one transaction.
///
/// Write plain SQL and use these words where the databases differ:
///
/// | word | SQLite | PostgreSQL |
/// |---|---|---|
/// | `{id}` | `BLOB` (16 bytes) | `uuid` |
/// | `{bytes}` | `BLOB` | `bytea` |
/// | `{int}` | `INTEGER` | `bigint` |
/// | `{text}` | `TEXT` | `text COLLATE "C"` (bytewise order on both) |
/// | `{bool}` | `INTEGER` | `boolean` |
/// | `{nil}` | the nil id as a literal | the same |
///
/// A statement that begins with `{sqlite}` or `{postgres}` runs on that database alone.
///
/// Times are `{int}` (microseconds since 1970 in UTC), amounts are `{int}` in the smallest unit, enumerations are
/// `{text}` with a `CHECK`. A column that names an entry of the log has no foreign key: entries are written at the end of
/// the batch, after the rows that name them. Every `CREATE TABLE` becomes `STRICT` on SQLite, so that a column holds its type only.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// The file's name without its ending, unique for ever.
    pub name: &'static str,
    /// The statements, without a closing semicolon.
    pub statements: &'static [&'static str],
    /// Tables of this change whose rows are never changed or removed.
    pub insert_only: &'static [InsertOnly],
}

/// A table that takes new rows only: update, delete, replace and truncate are refused by triggers.
#[derive(Debug, Clone, Copy)]
pub struct InsertOnly {
    /// The table.
    pub table: &'static str,
    /// Its primary key.
    pub key: &'static [&'static str],
}

impl MigrationName for Change {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Change {
    /// It may change rows: the head of the log gets another commit id with it, so that no writer goes on with what it knows.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let database = manager.get_connection();
        for statement in self.statements {
            if let Some(statement) = portable(backend, statement) {
                database.execute_unprepared(&statement).await?;
            }
        }
        for table in self.insert_only {
            for statement in table.triggers(backend) {
                database.execute_unprepared(&statement).await?;
            }
        }
        if self.name > m20261122_000001_log::CHANGE.name {
            let id = match backend {
                DbBackend::Postgres => "gen_random_uuid()",
                _ => "randomblob(16)",
            };
            let head = format!("UPDATE log_head SET commit_id = {id} WHERE id = 1");
            database.execute_unprepared(&head).await?;
        }
        Ok(())
    }

    /// Without it a failed change would half stay on SQLite.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// The statement in the words of one database; none when it is not for this one.
fn portable(backend: DbBackend, statement: &str) -> Option<String> {
    let postgres = backend == DbBackend::Postgres;
    let (own, other) = if postgres {
        ("{postgres}", "{sqlite}")
    } else {
        ("{sqlite}", "{postgres}")
    };
    if statement.starts_with(other) {
        return None;
    }
    let statement = statement.strip_prefix(own).unwrap_or(statement);
    let words = [
        ("{id}", "BLOB", "uuid"),
        ("{bytes}", "BLOB", "bytea"),
        ("{int}", "INTEGER", "bigint"),
        ("{text}", "TEXT", "text COLLATE \"C\""),
        ("{bool}", "INTEGER", "boolean"),
        (
            "{nil}",
            "x'00000000000000000000000000000000'",
            "'00000000-0000-0000-0000-000000000000'",
        ),
    ];
    let mut text = words
        .iter()
        .fold(statement.trim().to_owned(), |text, (word, lite, pg)| {
            text.replace(word, if postgres { pg } else { lite })
        });
    let made = text.starts_with("CREATE TABLE") && !text.contains(" AS SELECT ");
    if !postgres && made {
        // Options of a table stand behind its columns, with commas between them.
        let alone = text.ends_with(')');
        text.push_str(if alone { " STRICT" } else { ", STRICT" });
    }
    Some(text)
}

impl InsertOnly {
    fn triggers(&self, backend: DbBackend) -> Vec<String> {
        if backend == DbBackend::Postgres {
            self.triggers_postgres()
        } else {
            self.triggers_sqlite()
        }
    }

    /// `ABORT` and not `ROLLBACK`, which would end the whole transaction behind the writer's back. The trigger on
    /// insert refuses `INSERT OR REPLACE` also where `recursive_triggers` is off.
    fn triggers_sqlite(&self) -> Vec<String> {
        let table = self.table;
        let refuse = format!("BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END");
        let same_key = self
            .key
            .iter()
            .map(|column| format!("{column} = NEW.{column}"))
            .collect::<Vec<_>>()
            .join(" AND ");
        vec![
            format!("CREATE TRIGGER {table}_keep_update BEFORE UPDATE ON {table} {refuse}"),
            format!("CREATE TRIGGER {table}_keep_delete BEFORE DELETE ON {table} {refuse}"),
            format!(
                "CREATE TRIGGER {table}_keep_replace BEFORE INSERT ON {table} \
                 WHEN EXISTS (SELECT 1 FROM {table} WHERE {same_key}) {refuse}"
            ),
        ]
    }

    /// `ENABLE ALWAYS` keeps the trigger under `session_replication_role = replica` too.
    fn triggers_postgres(&self) -> Vec<String> {
        let table = self.table;
        vec![
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME; END $$"
                .to_owned(),
            format!(
                "CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} \
                 FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            ),
            format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_keep"),
        ]
    }
}
