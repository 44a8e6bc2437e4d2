//! Publishes the log: takes new entries into the tree, signs its head, and never signs two roots for one size.
//!
//! Order matters for a crash at any point: the tree is durable before its head is signed, the signed head is durable in a
//! file of this machine before anyone can see it, and only then it goes into the database. The file outlives a restore of
//! the database from a backup, which would otherwise let the log fork unseen.

mod error;
mod memory;
mod witnessing;

use std::path::PathBuf;
use std::time::Duration;

use commonweal_domain::ids::CommitId;
use commonweal_domain::log::checkpoint::Checkpoint;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::log::note::{NoteSigner, SignedNote};
use commonweal_domain::time::Time;
use tokio::time::{sleep, timeout};

pub use error::PublishError;
pub use witnessing::{WitnessAnswer, WitnessTransport, Witnessing};

use crate::error::AppError;
use crate::failpoint::Point;
use crate::store::Store;
use crate::store::lease::TakeLease;
use crate::store::log_key::{SetLogKey, log_keys};
use crate::store::tree::{
    Grow, Grown, KeepCheckpoint, frontier, latest_checkpoint, log_end, log_size,
};
use memory::Memory;
use witnessing::Witnesses;

/// The shortest time between two checkpoints.
const INTERVAL: Duration = Duration::from_secs(1);
/// For how long a publisher keeps the others out after each checkpoint: if it dies, another goes on after that.
const LEASE: Duration = Duration::from_secs(3);
/// How long the publisher waits for a commit of this process before it looks for those of others.
const LOOK: Duration = Duration::from_secs(10);

/// The publisher of one log.
#[derive(Debug)]
pub struct Publisher {
    store: Store,
    signer: NoteSigner,
    memory: Memory,
    /// Names this publisher among those of other processes.
    id: CommitId,
    published: Option<u64>,
    witnessing: Option<Witnessing>,
    witnesses: Witnesses,
    /// More witnesses are wanted for what is published.
    unwitnessed: bool,
}

impl Publisher {
    /// Checks that the database continues what was signed before, then publishes its head. The signer's name is the
    /// log's origin. `memory` is the file that keeps the last signed checkpoint, best beside the key.
    pub async fn open(
        store: Store,
        signer: NoteSigner,
        memory: PathBuf,
    ) -> Result<Self, PublishError> {
        Self::open_with(store, signer, memory, None).await
    }

    /// The same with witnesses that cosign every checkpoint.
    pub async fn open_with(
        store: Store,
        signer: NoteSigner,
        memory: PathBuf,
        witnessing: Option<Witnessing>,
    ) -> Result<Self, PublishError> {
        let mut publisher = Self {
            id: store.ids().new(),
            store,
            signer,
            memory: Memory(memory),
            published: None,
            unwitnessed: witnessing.is_some(),
            witnessing,
            witnesses: Witnesses::default(),
        };
        publisher.check_key().await?;
        publisher.publish().await?;
        Ok(publisher)
    }

    /// Publishes after each commit, at most once a second, until the store is closed.
    ///
    /// Ends with an error when the log was changed behind its back; a database that is away for a while is waited for, and
    /// so is a disk that is full.
    pub async fn run(mut self) -> Result<(), PublishError> {
        let mut committed = self.store.committed();
        loop {
            if let Ok(Err(_)) = timeout(LOOK, committed.changed()).await {
                return Ok(());
            }
            if let Err(error) = self.publish_in_turn().await {
                if !error.may_pass() {
                    return Err(error);
                }
                tracing::warn!(%error, "the log could not be published now");
            }
            sleep(INTERVAL).await;
        }
    }

    /// Publishes, unless another process is doing it. What protects the log is the compare-and-swap of its tree; taking
    /// turns only spares the processes from doing the same work.
    async fn publish_in_turn(&mut self) -> Result<(), PublishError> {
        loop {
            let turn = TakeLease {
                holder: self.id,
                lasts: LEASE,
            };
            if self.store.write_private(turn).await? {
                return self.publish().await.map(drop);
            }
            let published = latest_checkpoint(self.store.read()).await;
            let published = published.map_err(AppError::from)?;
            let size = log_size(self.store.read()).await.map_err(AppError::from)?;
            if published.is_some_and(|newest| newest.size >= size) {
                return Ok(());
            }
            sleep(INTERVAL).await;
        }
    }

    /// Signs and publishes the head of the log as it is now, unless that is published already. Answers its size.
    pub async fn publish(&mut self) -> Result<u64, PublishError> {
        let size = log_size(self.store.read()).await.map_err(AppError::from)?;
        if self.published != Some(size) || self.unwitnessed {
            let points = self.store.points().clone();
            points.pass(Point::Grow)?;
            let grown = self.grow_checked().await?;
            points.pass(Point::Grown)?;
            let note = self.sign(&grown).await?;
            points.pass(Point::Signed)?;
            self.memory.keep(note.clone(), &points).await?;
            points.pass(Point::MemoryKept)?;
            self.show(&grown, note).await?;
        }
        let published = self.published.unwrap_or_default();
        measure(size, published, self.store.ids().clock().now());
        Ok(published)
    }

    /// Shows a signed head, and asks the witnesses: before that where they are required, else after it.
    async fn show(&mut self, grown: &Grown, note: Vec<u8>) -> Result<(), PublishError> {
        let Some(witnessing) = &self.witnessing else {
            self.keep(grown, note, false).await?;
            self.published = Some(grown.size);
            return Ok(());
        };
        if !witnessing.required {
            self.keep(grown, note.clone(), false).await?;
            self.published = Some(grown.size);
        }
        // Until what they sign is kept: whatever fails before that is tried again.
        self.unwitnessed = true;
        let signed = SignedNote::parse(&note).map_err(AppError::internal)?;
        let cosigned = self
            .witnesses
            .cosign(witnessing, &self.store, grown.size, signed)
            .await?;
        self.store.points().pass(Point::Cosigned)?;
        if cosigned.enough || !witnessing.required {
            let note = cosigned.note.to_string().into_bytes();
            self.keep(grown, note, cosigned.enough).await?;
            self.published = Some(grown.size);
        }
        self.unwitnessed = !cosigned.enough;
        Ok(())
    }

    /// Takes every committed entry into the tree, where it is durable.
    pub(crate) async fn grow(&self) -> Result<Grown, AppError> {
        loop {
            let grown = self.store.write_private(Grow).await?;
            if grown.whole {
                return Ok(grown);
            }
        }
    }

    /// Signs the head of the tree, with the key that signs the log now and no other.
    pub(crate) async fn sign(&self, grown: &Grown) -> Result<Vec<u8>, PublishError> {
        self.check_key().await?;
        let origin = self.signer.verifier_key().name().as_str();
        let note = Checkpoint::new(origin, grown.size, grown.root)
            .and_then(|checkpoint| checkpoint.sign(&self.signer))
            .map_err(AppError::internal)?;
        Ok(note.to_string().into_bytes())
    }

    /// Shows a signed head to everyone.
    pub(crate) async fn keep(
        &self,
        grown: &Grown,
        note: Vec<u8>,
        witnessed: bool,
    ) -> Result<(), AppError> {
        let checkpoint = KeepCheckpoint {
            size: grown.size,
            root: grown.root,
            note,
            at: self.store.ids().clock().now(),
            witnessed,
        };
        self.store.write_private(checkpoint).await?;
        Ok(self.store.points().pass(Point::Shown)?)
    }

    /// Sets the key of the log on the first start, and compares it ever after.
    async fn check_key(&self) -> Result<(), PublishError> {
        let configured = self.signer.verifier_key();
        let keys = log_keys(self.store.read()).await?;
        let of_log = if let Some(key) = keys.into_iter().last() {
            key
        } else {
            let set = SetLogKey(configured.to_string());
            let set = self.store.write_private(set).await?;
            set.parse().map_err(AppError::internal)?
        };
        if of_log == *configured {
            return Ok(());
        }
        if of_log.name() != configured.name() {
            return Err(PublishError::OtherOrigin {
                of_log: of_log.name().clone(),
                configured: configured.name().clone(),
            });
        }
        Err(PublishError::OtherKey {
            of_log: Box::new(of_log),
            configured: Box::new(configured.clone()),
        })
    }

    /// Takes in what was committed, and compares the tables with each other, and the tree with what was signed before, by
    /// this machine's memory and by the database's own. At each publication: a database can also be put back under a
    /// publisher that is running.
    async fn grow_checked(&self) -> Result<Grown, PublishError> {
        let end = log_end(self.store.read()).await?;
        if end.head != end.log || !end.whole {
            return Err(PublishError::OtherHead {
                head: end.head,
                log: end.log,
            });
        }
        // Before the tree grows: another process may publish a larger one meanwhile.
        let stored = latest_checkpoint(self.store.read()).await;
        let stored = stored.map_err(AppError::from)?;
        let grown = self.grow().await?;
        if let Some(note) = self.memory.recall().await? {
            let signed = self.open_memory(&note).await?;
            self.check_one(&grown, signed.size(), signed.root()).await?;
        }
        if let Some(stored) = stored {
            self.check_one(&grown, stored.size, stored.root).await?;
        }
        Ok(grown)
    }

    /// Reads what this machine signed last, with whichever key signed the log then.
    async fn open_memory(&self, note: &[u8]) -> Result<Checkpoint, PublishError> {
        let present = self.signer.verifier_key();
        let opened = Checkpoint::open(note, present);
        let cause = match opened {
            Ok((signed, _)) => return Ok(signed),
            Err(cause) => cause,
        };
        let mut earlier = log_keys(self.store.read()).await?;
        earlier.retain(|key| key != present);
        let signed = earlier
            .iter()
            .find_map(|key| Checkpoint::open(note, key).ok());
        match signed {
            Some((signed, _)) => Ok(signed),
            None => Err(PublishError::Memory {
                path: self.memory.0.clone(),
                cause,
            }),
        }
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
}

/// What the operator's alarms look at: entries that wait for a checkpoint, and when that was last looked at.
fn measure(size: u64, published: u64, now: Time) {
    let number = |count: u64| u32::try_from(count).map_or(f64::MAX, f64::from);
    metrics::gauge!("commonweal_log_entries").set(number(size));
    metrics::gauge!("commonweal_log_published_entries").set(number(published));
    let seconds = u64::try_from(now.micros() / 1_000_000).unwrap_or_default();
    metrics::gauge!("commonweal_log_checkpoint_checked_seconds").set(number(seconds));
}
