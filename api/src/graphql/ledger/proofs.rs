//! What the entries of one page share: the checkpoint, read once, and the proofs, made for all entries at a time. So a
//! page costs a fixed number of statements, and all its proofs lead to one head.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use commonweal_app::read::log::{Inclusion, StoredCheckpoint};
use commonweal_app::{App, AppError};
use tokio::sync::OnceCell;

/// Inclusion proofs by index, all in the tree of one size.
type Proofs = HashMap<u64, Inclusion>;

/// The proofs of a page, made when they are asked for.
#[derive(Debug)]
pub(super) struct PageProofs {
    app: Arc<App>,
    indexes: Vec<u64>,
    newest: OnceCell<Option<StoredCheckpoint>>,
    by_size: Mutex<HashMap<u64, Arc<OnceCell<Proofs>>>>,
}

impl PageProofs {
    /// For the entries at these indexes.
    pub(super) fn new(app: Arc<App>, indexes: Vec<u64>) -> Arc<Self> {
        Arc::new(Self {
            app,
            indexes,
            newest: OnceCell::new(),
            by_size: Mutex::default(),
        })
    }

    /// The newest checkpoint when the page was first asked for it; none before the first.
    pub(super) async fn newest(&self) -> Result<Option<&StoredCheckpoint>, AppError> {
        let read = self.app.read();
        let newest = self.newest.get_or_try_init(|| read.checkpoint()).await?;
        Ok(newest.as_ref())
    }

    /// Number of entries that the newest checkpoint covers.
    pub(super) async fn published(&self) -> Result<u64, AppError> {
        Ok(self.newest().await?.map_or(0, |newest| newest.size))
    }

    /// That an entry of the page is in the tree of a published size above its index.
    pub(super) async fn inclusion(&self, index: u64, size: u64) -> Result<Inclusion, AppError> {
        let cell = {
            let mut by_size = self.by_size.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(by_size.entry(size).or_default())
        };
        let proofs = cell.get_or_try_init(|| self.make(size)).await?;
        let proof = proofs.get(&index).cloned();
        proof.ok_or_else(|| AppError::internal(format!("entry {index} is not of this page")))
    }

    async fn make(&self, size: u64) -> Result<Proofs, AppError> {
        let wanted: Vec<_> = self
            .indexes
            .iter()
            .filter(|index| **index < size)
            .map(|index| (*index, size))
            .collect();
        let made = self.app.read().inclusion_proofs(&wanted).await?;
        Ok(made
            .into_values()
            .map(|proof| (proof.index, proof))
            .collect())
    }
}
