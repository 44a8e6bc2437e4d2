//! A fresh database for one test.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use sea_orm::ConnectionTrait;
use tempfile::TempDir;

/// A fresh database: a file in a folder, or a new database on the server that the environment names. Dropping it removes it:
/// a thousand tests would leave more than ten gigabytes on the server.
pub struct Database {
    url: String,
    kept: Kept,
}

/// Where a database is kept, and so how it is removed.
enum Kept {
    Folder(TempDir),
    Server { admin: String, name: String },
}

impl Database {
    /// A new SQLite file.
    pub fn sqlite() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite:{}", folder.path().join("commonweal.db").display());
        Ok(Self {
            url,
            kept: Kept::Folder(folder),
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told by the environment"
    )]
    /// A new database on the server of `COMMONWEAL_TEST_POSTGRES_URL`; without it the test says that it is skipped.
    pub async fn postgres() -> Result<Option<Self>> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("COMMONWEAL_TEST_POSTGRES_URL") else {
            println!(
                "SKIPPED: COMMONWEAL_TEST_POSTGRES_URL is not set, so nothing is tested on PostgreSQL"
            );
            return Ok(None);
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("commonweal_it_{}_{number}", std::process::id());
        let remove = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        let create = format!("CREATE DATABASE {name}");
        execute(&server, &[&remove, &create]).await?;
        let (base, _) = server
            .rsplit_once('/')
            .context("the URL has a database name")?;
        Ok(Some(Self {
            url: format!("{base}/{name}"),
            kept: Kept::Server {
                admin: server,
                name,
            },
        }))
    }

    /// The URL that the service opens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder of a SQLite database.
    pub fn folder(&self) -> Option<&std::path::Path> {
        match &self.kept {
            Kept::Folder(folder) => Some(folder.path()),
            Kept::Server { .. } => None,
        }
    }

    /// A connection beside the service, for looking behind its back.
    pub async fn connect(&self) -> Result<sea_orm::DatabaseConnection> {
        Ok(sea_orm::Database::connect(&self.url).await?)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Kept::Server { admin, name } = &self.kept else {
            return;
        };
        let remove = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        // On a runtime of its own: the one that drops it may be ending, and cannot wait.
        let removed = std::thread::scope(|scope| {
            let removing = scope.spawn(|| -> Result<()> {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?
                    .block_on(execute(admin, &[&remove]))
            });
            removing.join()
        });
        if !matches!(removed, Ok(Ok(()))) {
            println!("the database {name} stays on the server: {removed:?}");
        }
    }
}

/// Statements on a connection of their own, one after the other.
async fn execute(url: &str, statements: &[&str]) -> Result<()> {
    let connection = sea_orm::Database::connect(url).await?;
    for statement in statements {
        connection.execute_unprepared(statement).await?;
    }
    Ok(connection.close().await?)
}
