//! The log of a service under test in the eyes of a watchdog.

use anyhow::Result;
use commonweal_app::publisher::Publisher;
use commonweal_domain::log::entry::{Entry, EntryError};
use commonweal_domain::log::note::NoteSigner;
use commonweal_verify::{Options, Report, Verdict, run, source};

use crate::{EntrySchemas, TestApp};

/// The key of every test's log.
pub fn log_signer() -> NoteSigner {
    match "test.example/log".parse() {
        Ok(origin) => NoteSigner::from_seed(origin, &[7; 32]),
        Err(error) => unreachable!("the origin is well-formed: {error}"),
    }
}

impl TestApp {
    /// A publisher of the log, which publishes when it is opened and when it is told to.
    pub async fn publisher(&self) -> Result<Publisher> {
        let memory = self.notes.path().join("log.signed");
        Ok(Publisher::open(self.app.store().clone(), log_signer(), memory).await?)
    }

    /// What `commonweal-verify` says of the log as it is published, over HTTP, from the first entry to the last. What it
    /// keeps between runs lives as long as the test.
    pub async fn watchdog(&self) -> Result<Report> {
        let address = self.url.clone();
        let options = Options {
            state_file: Some(self.notes.path().join("verify.json")),
            ..Options::default()
        };
        let check = move || run(source::open(&address).as_ref(), &options, &mut |_| ());
        Ok(tokio::task::spawn_blocking(check).await?)
    }

    /// Publishes the log and fails unless the watchdog recomputes all of it. Whatever a test has done through the
    /// interface, a stranger must be able to follow.
    pub async fn expect_clean_log(&self) -> Result<Report> {
        self.publisher().await?;
        let report = self.watchdog().await?;
        anyhow::ensure!(report.verdict() == Verdict::Clean, "{report}");
        self.expect_described_log().await?;
        Ok(report)
    }

    /// Fails unless every entry has the form that the published schema of its kind describes.
    pub async fn expect_described_log(&self) -> Result<()> {
        let read = self.app.read();
        let mut schemas = EntrySchemas::default();
        for entry in read.log_entries(0..read.log_size().await?).await? {
            let blob = match Entry::parse(&entry.bytes) {
                Err(EntryError::NeedsBlob(sha256)) => read.blob(sha256).await?,
                _ => None,
            };
            schemas.validate(&entry.bytes, blob.as_deref())?;
        }
        Ok(())
    }
}
