//! A fresh database for one test.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use sea_orm::ConnectionTrait;
use tempfile::TempDir;

/// A fresh database: a file in a folder that vanishes, or a new database on the server that the environment names.
pub struct Database {
    url: String,
    folder: Option<TempDir>,
}

impl Database {
    /// A new SQLite file.
    pub fn sqlite() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite:{}", folder.path().join("commonweal.db").display());
        Ok(Self {
            url,
            folder: Some(folder),
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
        let admin = sea_orm::Database::connect(&server).await?;
        admin
            .execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .await?;
        admin
            .execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await?;
        admin.close().await?;
        let (base, _) = server
            .rsplit_once('/')
            .context("the URL has a database name")?;
        Ok(Some(Self {
            url: format!("{base}/{name}"),
            folder: None,
        }))
    }

    /// The URL that the service opens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder of a SQLite database.
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_ref().map(TempDir::path)
    }

    /// A connection beside the service, for looking behind its back.
    pub async fn connect(&self) -> Result<sea_orm::DatabaseConnection> {
        Ok(sea_orm::Database::connect(&self.url).await?)
    }
}
