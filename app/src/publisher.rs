//! Publishes the log: takes new entries into the tree, signs its head, and never signs two roots for one size.
//!
//! Order matters for a crash at any point: the tree is durable before its head is signed, the signed head is durable in a
//! file of this machine before anyone can see it, and only then it goes into the database. The file outlives a restore of
//! the database from a backup, which would otherwise let the log fork unseen.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use commonweal_domain::log::checkpoint::{Checkpoint, CheckpointError};
use commonweal_domain::log::hash::Hash;
use commonweal_domain::log::note::{NoteSigner, VerifierKey};
use tokio::time::{sleep, timeout};

use crate::error::AppError;
use crate::store::Store;
use crate::store::log_key::{SetLogKey, log_key};
use crate::store::tree::{
    Grow, Grown, KeepCheckpoint, StoredCheckpoint, frontier, latest_checkpoint, log_size,
};

/// The shortest time between two checkpoints.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long the publisher waits for a commit of this process before it looks for those of others.
const LOOK: Duration = Duration::from_secs(10);

/// Why the log cannot be published. All but the last two mean that the log was changed behind the publisher's back: the
/// service should not accept writes until a person has looked.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The database lost entries that were signed.
    #[error(
        "a checkpoint of {signed} entries was signed, but the database has {size}: it was restored from an older backup, \
         or it is the wrong one. Restore a newer one; publishing would fork the log"
    )]
    SignedAhead {
        /// Entries that were signed.
        signed: u64,
        /// Entries in the database.
        size: u64,
    },
    /// The database has other entries than those that were signed.
    #[error(
        "the checkpoint of {size} entries was signed with root {signed}, but the database makes {found}: entries were \
         changed. Restore the original; publishing would fork the log"
    )]
    OtherRoot {
        /// Number of entries.
        size: u64,
        /// The signed root.
        signed: Hash,
        /// The root of what is in the database.
        found: Hash,
    },
    /// The log is signed with another key, which watchdogs have pinned.
    #[error(
        "this log is signed with the key {of_log}, and the configured key is {configured}: restore the key file of this \
         log, or open the database that belongs to the key"
    )]
    OtherKey {
        /// The key of the log.
        of_log: Box<VerifierKey>,
        /// The key that was configured.
        configured: Box<VerifierKey>,
    },
    /// The file with the last signed checkpoint is not one of this log and key.
    #[error("the last signed checkpoint in {path} cannot be used: {cause}")]
    Memory {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: CheckpointError,
    },
    /// The file with the last signed checkpoint cannot be read or written.
    #[error("the last signed checkpoint in {path} cannot be read or written: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] AppError),
}

/// The publisher of one log.
#[derive(Debug)]
pub struct Publisher {
    store: Store,
    signer: NoteSigner,
    memory: PathBuf,
    published: Option<u64>,
}

impl Publisher {
    /// Checks that the database continues what was signed before, then publishes its head. The signer's name is the
    /// log's origin. `memory` is the file that keeps the last signed checkpoint, best beside the key.
    pub async fn open(
        store: Store,
        signer: NoteSigner,
        memory: PathBuf,
    ) -> Result<Self, PublishError> {
        let mut publisher = Self {
            store,
            signer,
            memory,
            published: None,
        };
        publisher.check_key().await?;
        publisher.check().await?;
        publisher.publish().await?;
        Ok(publisher)
    }

    /// Publishes after each commit, at most once a second, until the store is closed.
    ///
    /// Ends with an error when the log was changed behind its back; a database that is away for a while is waited for.
    pub async fn run(mut self) -> Result<(), PublishError> {
        let mut committed = self.store.committed();
        loop {
            if let Ok(Err(_)) = timeout(LOOK, committed.changed()).await {
                return Ok(());
            }
            match self.publish().await {
                Ok(_) => {}
                Err(PublishError::Store(error)) => {
                    tracing::warn!(%error, "the log could not be published now");
                }
                Err(error) => {
                    tracing::error!(%error, "the log is no longer published");
                    return Err(error);
                }
            }
            sleep(INTERVAL).await;
        }
    }

    /// Signs and publishes the head of the log as it is now, unless that is published already. Answers its size.
    pub async fn publish(&mut self) -> Result<u64, PublishError> {
        let size = log_size(self.store.read()).await.map_err(AppError::from)?;
        if self.published == Some(size) {
            return Ok(size);
        }
        let grown = self.grow().await?;
        let note = self.sign(&grown)?;
        self.remember(note.clone()).await?;
        let checkpoint = StoredCheckpoint {
            size: grown.size,
            root: grown.root,
            note,
            at: self.store.ids().clock().now(),
        };
        self.store.write_private(KeepCheckpoint(checkpoint)).await?;
        self.published = Some(grown.size);
        metrics::gauge!("commonweal_log_published_entries")
            .set(u32::try_from(grown.size).map_or(f64::MAX, f64::from));
        Ok(grown.size)
    }

    /// Takes every committed entry into the tree.
    async fn grow(&self) -> Result<Grown, AppError> {
        loop {
            let grown = self.store.write_private(Grow).await?;
            if grown.whole {
                return Ok(grown);
            }
        }
    }

    fn sign(&self, grown: &Grown) -> Result<Vec<u8>, PublishError> {
        let origin = self.signer.verifier_key().name().as_str();
        let note = Checkpoint::new(origin, grown.size, grown.root)
            .and_then(|checkpoint| checkpoint.sign(&self.signer))
            .map_err(AppError::internal)?;
        Ok(note.to_string().into_bytes())
    }

    /// Sets the key of the log on the first start, and compares it on every later one.
    async fn check_key(&self) -> Result<(), PublishError> {
        let configured = self.signer.verifier_key();
        let set = log_key(self.store.read()).await.map_err(AppError::from)?;
        let of_log = if let Some(of_log) = set {
            of_log
        } else {
            let set = SetLogKey(configured.to_string());
            self.store.write_private(set).await?
        };
        let of_log: VerifierKey = of_log.parse().map_err(AppError::internal)?;
        if of_log == *configured {
            return Ok(());
        }
        Err(PublishError::OtherKey {
            of_log: Box::new(of_log),
            configured: Box::new(configured.clone()),
        })
    }

    /// Compares the tree with what was signed before, by this machine's memory and by the database's own.
    async fn check(&self) -> Result<(), PublishError> {
        let grown = self.grow().await?;
        if let Some(bytes) = self.recall().await? {
            let opened = Checkpoint::open(&bytes, self.signer.verifier_key());
            let (signed, _) = opened.map_err(|cause| PublishError::Memory {
                path: self.memory.clone(),
                cause,
            })?;
            self.check_one(&grown, signed.size(), signed.root()).await?;
        }
        let stored = latest_checkpoint(self.store.read()).await;
        if let Some(stored) = stored.map_err(AppError::from)? {
            self.check_one(&grown, stored.size, stored.root).await?;
        }
        Ok(())
    }

    async fn check_one(&self, grown: &Grown, size: u64, signed: Hash) -> Result<(), PublishError> {
        if size > grown.size {
            return Err(PublishError::SignedAhead {
                signed: size,
                size: grown.size,
            });
        }
        let found = frontier(self.store.read(), size).await?.root();
        if found != signed {
            return Err(PublishError::OtherRoot {
                size,
                signed,
                found,
            });
        }
        Ok(())
    }

    async fn recall(&self) -> Result<Option<Vec<u8>>, PublishError> {
        match tokio::fs::read(&self.memory).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(self.file_error(cause)),
        }
    }

    async fn remember(&self, note: Vec<u8>) -> Result<(), PublishError> {
        let path = self.memory.clone();
        tokio::task::spawn_blocking(move || replace_file(&path, &note))
            .await
            .map_err(AppError::internal)?
            .map_err(|cause| self.file_error(cause))
    }

    fn file_error(&self, cause: io::Error) -> PublishError {
        PublishError::File {
            path: self.memory.clone(),
            cause,
        }
    }
}

/// Replaces a file so that after a crash it has the old or the new content, and the new one once this returns.
fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = std::fs::File::create(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::File::open(folder)?.sync_all(),
        _ => std::fs::File::open(".")?.sync_all(),
    }
}
