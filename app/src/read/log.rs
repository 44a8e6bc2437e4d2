//! The public log: entries, checkpoints, tiles and proofs.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use commonweal_domain::log::bundle::encode_bundle;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::log::merkle_proof::ProofPlan;
use commonweal_domain::log::note::VerifierKey;
use commonweal_domain::log::tile::{TileKind, TilePath, encode_hashes};
use commonweal_domain::log::tree::{Frontier, NodeId, TreeError, frontier_nodes};
use commonweal_domain::time::Time;
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::{Page, Read};
use crate::error::AppError;
use crate::store::tree;
use crate::store::{log_blob, log_entry, log_key};

pub use crate::store::tree::StoredCheckpoint;

/// One entry of the log as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its index, from zero.
    pub index: u64,
    /// The log's time.
    pub at: Time,
    /// Its kind, `noun.verb`.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// The canonical bytes: the leaf.
    pub bytes: Vec<u8>,
    /// Hash of the leaf.
    pub leaf_hash: Hash,
}

/// That an entry is in the tree of a size; `verify_inclusion` of the domain checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// Index of the entry.
    pub index: u64,
    /// Size of the tree.
    pub size: u64,
    /// Root of the tree at this size.
    pub root: Hash,
    /// The proof, from the leaf's sibling upwards.
    pub hashes: Vec<Hash>,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Those of this kind.
    pub kind: Option<String>,
    /// Those about this subject.
    pub subject: Option<String>,
}

impl Read<'_> {
    /// Number of entries in the log, whether published yet or not.
    pub async fn log_size(&self) -> Result<u64, AppError> {
        Ok(tree::log_size(self.db).await?)
    }

    /// The latest signed checkpoint; none before the first start of the publisher.
    pub async fn checkpoint(&self) -> Result<Option<StoredCheckpoint>, AppError> {
        Ok(tree::latest_checkpoint(self.db).await?)
    }

    /// The key that signs the log now; none before the first start of the publisher.
    pub async fn log_key(&self) -> Result<Option<VerifierKey>, AppError> {
        Ok(log_key::log_keys(self.db).await?.pop())
    }

    /// The root of the tree at a published size.
    pub async fn root(&self, size: u64) -> Result<Hash, AppError> {
        self.check_published(size).await?;
        Ok(tree::frontier(self.db, size).await?.root())
    }

    /// One entry.
    pub async fn log_entry(&self, index: u64) -> Result<Option<LogEntry>, AppError> {
        Ok(self
            .log_entries(index..index.saturating_add(1))
            .await?
            .pop())
    }

    /// The entries of a range of indexes, as far as the log goes.
    pub async fn log_entries(&self, indexes: Range<u64>) -> Result<Vec<LogEntry>, AppError> {
        let models = log_entry::Entity::find()
            .filter(log_entry::Column::Idx.gte(column(indexes.start)))
            .filter(log_entry::Column::Idx.lt(column(indexes.end)))
            .order_by_asc(log_entry::Column::Idx)
            .all(self.db)
            .await?;
        models.into_iter().map(view).collect()
    }

    /// The entries at these indexes, as far as the log goes, in one statement.
    pub async fn log_entries_at(&self, indexes: &[u64]) -> Result<Vec<LogEntry>, AppError> {
        let columns = indexes.iter().map(|index| column(*index));
        let models = log_entry::Entity::find()
            .filter(log_entry::Column::Idx.is_in(columns))
            .order_by_asc(log_entry::Column::Idx)
            .all(self.db)
            .await?;
        models.into_iter().map(view).collect()
    }

    /// A page of entries by index.
    pub async fn log_page(
        &self,
        page: &Page<u64>,
        filter: &LogFilter,
    ) -> Result<Vec<LogEntry>, AppError> {
        let select = page.of(select(filter), log_entry::Column::Idx, |index| {
            column(index).into()
        });
        let models = select.all(self.db).await?;
        models.into_iter().map(view).collect()
    }

    /// How many entries the filter leaves.
    pub async fn log_count(&self, filter: &LogFilter) -> Result<u64, AppError> {
        if *filter == LogFilter::default() {
            return self.log_size().await;
        }
        Ok(select(filter).count(self.db).await?)
    }

    /// The content of a tile or entry bundle that lies within the latest checkpoint; none for any other.
    pub async fn tile(&self, path: TilePath) -> Result<Option<Vec<u8>>, AppError> {
        let (Some(first), Some(end)) = (path.nodes().first().copied(), end_of(path)) else {
            return Ok(None);
        };
        let published = self
            .checkpoint()
            .await?
            .map_or(0, |checkpoint| checkpoint.size);
        if end > published {
            return Ok(None);
        }
        let content = match path.kind() {
            TileKind::Hashes { .. } => {
                let width = u64::from(path.width());
                encode_hashes(&tree::hash_row(self.db, first.level, first.index, width).await?)
            }
            TileKind::Entries => encode_bundle(self.entry_bytes(first.index..end).await?)
                .map_err(AppError::internal)?,
        };
        Ok(Some(content))
    }

    /// The blob with a hash that an entry within the latest checkpoint holds; none for any other.
    pub async fn blob(&self, sha256: Hash) -> Result<Option<Vec<u8>>, AppError> {
        let published = self
            .checkpoint()
            .await?
            .map_or(0, |checkpoint| checkpoint.size);
        let found = log_blob::Entity::find()
            .filter(log_blob::Column::Sha256.eq(sha256.as_bytes().as_slice()))
            .filter(log_blob::Column::Idx.lt(column(published)))
            .one(self.db)
            .await?;
        Ok(found.map(|blob| blob.bytes))
    }

    /// The blobs that entries of a range of indexes hold, by index, at most so many.
    pub async fn blob_hashes(
        &self,
        indexes: Range<u64>,
        most: u64,
    ) -> Result<Vec<(u64, Hash)>, AppError> {
        let found: Vec<(i64, Vec<u8>)> = log_blob::Entity::find()
            .select_only()
            .columns([log_blob::Column::Idx, log_blob::Column::Sha256])
            .filter(log_blob::Column::Idx.gte(column(indexes.start)))
            .filter(log_blob::Column::Idx.lt(column(indexes.end)))
            .order_by_asc(log_blob::Column::Idx)
            .limit(most)
            .into_tuple()
            .all(self.db)
            .await?;
        found
            .into_iter()
            .map(|(index, sha256)| {
                let index = u64::try_from(index).map_err(AppError::internal)?;
                let sha256 = Hash::try_from(sha256.as_slice()).map_err(AppError::internal)?;
                Ok((index, sha256))
            })
            .collect()
    }

    /// The hashes that prove that entry `index` is in the tree of a published `size` (RFC 6962, 2.1.1).
    pub async fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, AppError> {
        self.check_published(size).await?;
        self.prove(ProofPlan::inclusion(index, size)).await
    }

    /// The hashes that prove that the tree of `old` entries is the beginning of the tree of a published size `new` (RFC
    /// 6962, 2.1.2).
    pub async fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, AppError> {
        self.check_published(new).await?;
        self.prove(ProofPlan::consistency(old, new)).await
    }

    /// The same for a size that no one was shown yet: only the publisher asks for it.
    pub(crate) async fn unpublished_consistency_proof(
        &self,
        old: u64,
        new: u64,
    ) -> Result<Vec<Hash>, AppError> {
        if old == 0 {
            return Ok(Vec::new());
        }
        self.prove(ProofPlan::consistency(old, new)).await
    }

    /// Inclusion proofs of many entries by index and published size, in a fixed number of statements.
    pub async fn inclusion_proofs(
        &self,
        wanted: &[(u64, u64)],
    ) -> Result<HashMap<(u64, u64), Inclusion>, AppError> {
        let mut plans = Vec::with_capacity(wanted.len());
        let mut nodes = BTreeSet::new();
        for (index, size) in wanted {
            let plan = ProofPlan::inclusion(*index, *size)
                .map_err(|error| AppError::refused("LOG_RANGE", error))?;
            nodes.extend(plan.nodes());
            nodes.extend(frontier_nodes(*size));
            plans.push(((*index, *size), plan));
        }
        let largest = wanted.iter().map(|(_, size)| *size).max();
        self.check_published(largest.unwrap_or(0)).await?;
        let nodes: Vec<NodeId> = nodes.into_iter().collect();
        let hashes = tree::hashes(self.db, &nodes).await?;
        let found: HashMap<NodeId, Hash> = nodes.into_iter().zip(hashes).collect();
        // One that is missing shows as a wrong number of hashes.
        let pick = |nodes: Vec<NodeId>| -> Vec<Hash> {
            nodes
                .iter()
                .filter_map(|node| found.get(node).copied())
                .collect()
        };
        let mut proofs = HashMap::with_capacity(plans.len());
        for ((index, size), plan) in plans {
            let edge = Frontier::from_hashes(size, pick(frontier_nodes(size)));
            let proof = Inclusion {
                index,
                size,
                root: edge.map_err(AppError::internal)?.root(),
                hashes: plan
                    .assemble(&pick(plan.nodes()))
                    .map_err(AppError::internal)?,
            };
            proofs.insert((index, size), proof);
        }
        Ok(proofs)
    }

    async fn prove(&self, plan: Result<ProofPlan, TreeError>) -> Result<Vec<Hash>, AppError> {
        let plan = plan.map_err(|error| AppError::refused("LOG_RANGE", error))?;
        let hashes = tree::hashes(self.db, &plan.nodes()).await?;
        plan.assemble(&hashes).map_err(AppError::internal)
    }

    async fn check_published(&self, size: u64) -> Result<(), AppError> {
        let published = self
            .checkpoint()
            .await?
            .map_or(0, |checkpoint| checkpoint.size);
        if size > published {
            return Err(AppError::refused_at(
                "LOG_RANGE",
                "size",
                format!(
                    "the log is published up to {published} entries: ask for at most that size"
                ),
            ));
        }
        Ok(())
    }

    async fn entry_bytes(&self, indexes: Range<u64>) -> Result<Vec<Vec<u8>>, AppError> {
        Ok(log_entry::Entity::find()
            .select_only()
            .column(log_entry::Column::Bytes)
            .filter(log_entry::Column::Idx.gte(column(indexes.start)))
            .filter(log_entry::Column::Idx.lt(column(indexes.end)))
            .order_by_asc(log_entry::Column::Idx)
            .into_tuple()
            .all(self.db)
            .await?)
    }
}

fn select(filter: &LogFilter) -> Select<log_entry::Entity> {
    let mut select = log_entry::Entity::find();
    if let Some(kind) = &filter.kind {
        select = select.filter(log_entry::Column::Kind.eq(kind));
    }
    if let Some(subject) = &filter.subject {
        select = select.filter(log_entry::Column::Subject.eq(subject));
    }
    select
}

/// The size that a tree must have for this tile to exist.
fn end_of(path: TilePath) -> Option<u64> {
    let NodeId { level, index } = path.nodes().last().copied()?;
    index
        .checked_add(1)?
        .checked_mul(1_u64.checked_shl(level.into())?)
}

/// An index as the table holds it. One beyond it is beyond every entry too.
fn column(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

fn view(model: log_entry::Model) -> Result<LogEntry, AppError> {
    Ok(LogEntry {
        index: u64::try_from(model.idx).map_err(AppError::internal)?,
        at: Time::from_micros(model.at),
        kind: model.kind,
        subject: model.subject,
        bytes: model.bytes,
        leaf_hash: Hash::try_from(model.leaf_hash.as_slice()).map_err(AppError::internal)?,
    })
}
