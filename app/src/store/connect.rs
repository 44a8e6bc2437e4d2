//! Opens connections with the options that durability and group commit need, on SQLite and PostgreSQL.

use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

use super::error::StoreError;
use super::settings::{
    CACHE_KIB, CONNECT_WAIT, IDLE_IN_TRANSACTION_TIME, JOURNAL_BYTES, JOURNAL_PAGES, LOCK_WAIT,
    POSTGRES_VERSION_MIN, PRIVATE_POSTGRES, READERS_POSTGRES, READERS_SQLITE, STATEMENT_CACHE,
    STATEMENT_TIME,
};

/// Where the data is: a SQLite file or a PostgreSQL database.
#[derive(Clone)]
pub(crate) struct DatabaseUrl {
    text: String,
    backend: DbBackend,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Write,
    Private,
    Read,
    Migrate,
}

impl DatabaseUrl {
    /// Accepts `sqlite:PATH` and `postgres://..`; anything else is refused with what to write instead.
    pub(crate) fn parse(text: &str) -> Result<Self, StoreError> {
        let wrong = |reason| Err(StoreError::Url { reason });
        let backend = match text.split_once(':') {
            Some(("sqlite", path)) if path.contains(":memory:") || path.contains("mode=memory") => {
                return wrong("a database in memory is not durable: name a file");
            }
            Some(("sqlite", path)) if path.trim_start_matches('/').is_empty() => {
                return wrong("the file is missing");
            }
            Some(("sqlite", _)) => DbBackend::Sqlite,
            Some(("postgres" | "postgresql", _)) => DbBackend::Postgres,
            _ => return wrong("it starts with neither `sqlite:` nor `postgres://`"),
        };
        Ok(Self {
            text: text.to_owned(),
            backend,
        })
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.backend
    }

    /// The writer's single connection.
    pub(super) async fn writer(&self) -> Result<DatabaseConnection, DbErr> {
        self.open(Purpose::Write).await
    }

    /// PostgreSQL's connections for private transactions.
    pub(super) async fn private(&self) -> Result<DatabaseConnection, DbErr> {
        self.open(Purpose::Private).await
    }

    /// The readers, which cannot write.
    pub(super) async fn readers(&self) -> Result<DatabaseConnection, DbErr> {
        self.open(Purpose::Read).await
    }

    /// One connection without time limits for changes of the schema.
    pub(super) async fn migrator(&self) -> Result<DatabaseConnection, DbErr> {
        self.open(Purpose::Migrate).await
    }

    async fn open(&self, purpose: Purpose) -> Result<DatabaseConnection, DbErr> {
        let mut options = ConnectOptions::new(self.text.clone());
        let connections = match (purpose, self.backend) {
            (Purpose::Write | Purpose::Migrate, _) => 1,
            (Purpose::Private, _) => PRIVATE_POSTGRES,
            (Purpose::Read, DbBackend::Sqlite) => READERS_SQLITE,
            (Purpose::Read, _) => READERS_POSTGRES,
        };
        options
            .max_connections(connections)
            .min_connections(1)
            .acquire_timeout(CONNECT_WAIT)
            .sqlx_logging(false)
            .record_stmt_in_spans(false);
        match purpose {
            // One connection that lives as long as it works: a ping per batch or a sudden end would only cost time.
            Purpose::Write | Purpose::Migrate => {
                options
                    .test_before_acquire(false)
                    .idle_timeout(None::<Duration>)
                    .max_lifetime(None::<Duration>);
            }
            // A private transaction is not run again, so its connection is asked first.
            Purpose::Private => {
                options.test_before_acquire(true);
            }
            Purpose::Read => {
                options.test_before_acquire_if_idle_for(Duration::from_secs(1));
            }
        }
        sqlite_options(&mut options, purpose);
        postgres_options(&mut options, purpose);
        Database::connect(options).await
    }
}

fn sqlite_options(options: &mut ConnectOptions, purpose: Purpose) {
    options.map_sqlx_sqlite_opts(move |options| {
        let options = options
            .busy_timeout(LOCK_WAIT)
            .foreign_keys(true)
            .statement_cache_capacity(STATEMENT_CACHE);
        if purpose == Purpose::Read {
            return options.read_only(true);
        }
        options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // Without it INSERT OR REPLACE would pass by the delete triggers.
            .pragma("recursive_triggers", "ON")
            .pragma("cache_size", format!("-{CACHE_KIB}"))
            .pragma("wal_autocheckpoint", JOURNAL_PAGES.to_string())
            .pragma("journal_size_limit", JOURNAL_BYTES.to_string())
    });
}

fn postgres_options(options: &mut ConnectOptions, purpose: Purpose) {
    options.map_sqlx_postgres_opts(move |options| {
        let millis = |time: Duration| time.as_millis().to_string();
        let options = options
            .application_name("commonweal")
            .statement_cache_capacity(STATEMENT_CACHE)
            .options([
                (
                    "idle_in_transaction_session_timeout",
                    millis(IDLE_IN_TRANSACTION_TIME),
                ),
                // Every query is short: compiling one costs more than running it.
                ("jit", "off".to_owned()),
            ]);
        if purpose == Purpose::Migrate {
            return options;
        }
        let options = options.options([
            ("lock_timeout", millis(LOCK_WAIT)),
            ("statement_timeout", millis(STATEMENT_TIME)),
        ]);
        match purpose {
            Purpose::Read => options.options([("default_transaction_read_only", "on")]),
            // Acknowledged is durable, whatever the server's default. And statements prepared while a table was still
            // empty must not keep scanning it when it has grown: what they look up is found by nested loops over an index,
            // where a hash or a merge would read all of it.
            _ => options.options([
                ("synchronous_commit", "on"),
                ("enable_seqscan", "off"),
                ("enable_hashjoin", "off"),
                ("enable_mergejoin", "off"),
                // With these there is one plan for each statement: planning it again for its values only costs time.
                ("plan_cache_mode", "force_generic_plan"),
            ]),
        }
    });
}

/// Begins a transaction that may write at once: on SQLite the lock is taken now and not at the first statement, where
/// waiting for it could fail.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where a transaction begins"
)]
pub(super) async fn begin(database: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    database
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await
}

/// Refuses servers that are older than what is tested.
pub(super) async fn check_server(database: &DatabaseConnection) -> Result<(), StoreError> {
    if database.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let statement = Statement::from_string(
        DbBackend::Postgres,
        "SELECT current_setting('server_version_num')::int AS version",
    );
    let row = database.query_one_raw(statement).await?;
    let version = match row {
        Some(row) => row.try_get::<i32>("", "version")?,
        None => 0,
    };
    if version < POSTGRES_VERSION_MIN {
        return Err(StoreError::OldServer {
            found: version / 10_000,
            least: POSTGRES_VERSION_MIN / 10_000,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_or_a_postgresql_database() {
        for (text, backend) in [
            ("sqlite:./data/commonweal.db", DbBackend::Sqlite),
            ("sqlite:///var/lib/commonweal.db", DbBackend::Sqlite),
            ("postgres://localhost/commonweal", DbBackend::Postgres),
            ("postgresql://localhost/commonweal", DbBackend::Postgres),
        ] {
            assert_eq!(DatabaseUrl::parse(text).unwrap().backend(), backend);
        }
        for text in ["sqlite::memory:", "sqlite://", "mysql://x", "commonweal.db"] {
            let error = DatabaseUrl::parse(text).err().unwrap().to_string();
            assert!(error.contains("sqlite:PATH"), "{error}");
        }
    }
}
