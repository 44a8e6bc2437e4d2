//! Where the database is, and how a command opens it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use commonweal_app::App;
use commonweal_app::clock::SystemClock;
use commonweal_app::rng::{Ids, SystemRng};
use commonweal_app::store::Store;

/// Where the database is.
#[derive(Debug, Clone, clap::Args)]
pub struct DatabaseArgs {
    /// The folder of the default SQLite database; made where it is missing.
    #[arg(
        long,
        value_name = "DIR",
        env = "COMMONWEAL_DATA",
        default_value = "data"
    )]
    pub data: PathBuf,
    /// Another database: `sqlite:PATH` or `postgres://USER@HOST/NAME`.
    #[arg(
        long,
        value_name = "URL",
        env = "COMMONWEAL_DATABASE_URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
}

impl DatabaseArgs {
    /// The URL of the database.
    pub fn url(&self) -> String {
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", self.data.join("commonweal.db").display()))
    }

    /// Opens the database, with its schema brought up to date.
    ///
    /// # Errors
    /// When the folder cannot be made, or the database cannot be migrated or opened.
    pub async fn open(&self) -> anyhow::Result<App> {
        if self.database_url.is_none() {
            std::fs::create_dir_all(&self.data)
                .with_context(|| format!("the folder {} cannot be made", self.data.display()))?;
        }
        let url = self.url();
        Store::migrate(&url)
            .await
            .context("the schema of the database cannot be brought up to date")?;
        let ids = Ids::from(Arc::new(SystemClock), Arc::new(SystemRng));
        let store = Store::open(&url, ids)
            .await
            .context("the database cannot be opened")?;
        Ok(App::new(store))
    }
}
