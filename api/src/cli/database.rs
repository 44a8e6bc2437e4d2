//! Where the database is, and how a command opens it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use commonweal_app::App;
use commonweal_app::clock::SystemClock;
use commonweal_app::evidence::EvidenceObjects;
use commonweal_app::rng::{Ids, SystemRng};
use commonweal_app::store::Store;
use secrecy::ExposeSecret;

use crate::config::{Config, ConfigFlags, EvidencePlace};
use crate::keys::KeyFiles;

/// Where the database is. What is not given comes from the environment or the settings file, as for `serve`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct DatabaseArgs {
    /// A TOML file of settings (environment: COMMONWEAL_CONFIG)
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// The folder for everything the server keeps
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// `sqlite:PATH` or `postgres://USER@HOST/DATABASE`
    #[arg(long, value_name = "URL", global = true)]
    pub database_url: Option<String>,
}

impl DatabaseArgs {
    /// Opens the configured database, with its schema brought up to date.
    pub async fn open(&self) -> Result<App> {
        open(&self.load()?).await
    }

    /// The configuration with these settings in it.
    pub fn load(&self) -> Result<Config> {
        let flags = ConfigFlags {
            config: self.config.clone(),
            data: self.data.clone(),
            database_url: self.database_url.clone(),
            ..ConfigFlags::default()
        };
        Ok(Config::load(&flags)?)
    }
}

/// Opens the database of a configuration with the machine's clock and random source.
pub async fn open(config: &Config) -> Result<App> {
    open_with(
        config,
        Ids::from(Arc::new(SystemClock), Arc::new(SystemRng)),
    )
    .await
}

/// Opens the database of a configuration, with its schema brought up to date.
pub async fn open_with(config: &Config, ids: Ids) -> Result<App> {
    migrate(config).await?;
    let url = config.database_url.expose_secret();
    let store = Store::open(url, ids)
        .await
        .context("the database cannot be opened")?;
    let keys = KeyFiles::open(&config.data)?;
    let people = keys.beneficiary_key(&config.origin, &SystemRng)?;
    Ok(App::new(store)
        .with_sealing_key(keys.sealing_key()?)
        .with_beneficiary_key(people)
        .with_evidence(evidence(config)?))
}

/// Where files of evidence are.
fn evidence(config: &Config) -> Result<EvidenceObjects> {
    let max_bytes = config.evidence_max_bytes;
    let opened = match &config.evidence {
        EvidencePlace::Folder(folder) => {
            make_private_folder(folder)
                .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
            EvidenceObjects::in_folder(folder, max_bytes)
        }
        #[cfg(feature = "s3")]
        EvidencePlace::Bucket(url) => EvidenceObjects::in_bucket(url, max_bytes),
        #[cfg(not(feature = "s3"))]
        EvidencePlace::Bucket(_) => {
            anyhow::bail!("this program was built without the feature `s3`")
        }
    };
    opened.context("the place for files of evidence cannot be opened")
}

/// Brings the schema of the configured database up to date.
pub async fn migrate(config: &Config) -> Result<()> {
    make_private_folder(&config.data)
        .with_context(|| format!("the folder {} cannot be made", config.data.display()))?;
    Store::migrate(config.database_url.expose_secret())
        .await
        .context("the schema of the database cannot be brought up to date")
}

/// Makes the data folder where it is missing, for its owner alone: it holds keys and the database.
fn make_private_folder(path: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
