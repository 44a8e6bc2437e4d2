//! The Merkle tree over the log: hashes of complete subtrees, the tree that may be signed, and signed checkpoints.

use std::collections::HashMap;

use commonweal_domain::log::hash::{Hash, empty_root, leaf_hash};
use commonweal_domain::log::tree::{Frontier, NodeId, frontier_nodes};
use commonweal_domain::time::Time;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use super::bulk::{self, Insert};
use super::command::PrivateCommand;
use super::head;
use super::log::{loaded_index, stored_index};
use super::session::PrivateTx;
use crate::error::AppError;

/// Entries that one transaction takes into the tree, so that none holds others up for long.
const STEP_ENTRIES: u64 = 2_048;

/// The hashes at `nodes`, in that order. Each must be within the tree as far as it is built.
pub(crate) async fn hashes(
    database: &impl ConnectionTrait,
    nodes: &[NodeId],
) -> Result<Vec<Hash>, AppError> {
    let (leaves, inner): (Vec<NodeId>, Vec<NodeId>) =
        nodes.iter().partition(|node| node.level == 0);
    let mut found = HashMap::new();
    let mut keys = Vec::with_capacity(inner.len());
    for node in &inner {
        keys.push(vec![
            i64::from(node.level).into(),
            stored_index(node.index)?.into(),
        ]);
    }
    let select = "SELECT h.level, h.idx, h.hash FROM log_hash AS h";
    for row in bulk::select_many(
        database,
        select,
        &keys,
        "h.level = r.column1 AND h.idx = r.column2",
    )
    .await?
    {
        found.insert(
            (
                row.try_get::<i64>("", "level")?,
                row.try_get::<i64>("", "idx")?,
            ),
            hash(&row, "hash")?,
        );
    }
    let mut keys = Vec::with_capacity(leaves.len());
    for node in &leaves {
        keys.push(vec![stored_index(node.index)?.into()]);
    }
    let select = "SELECT e.idx, e.leaf_hash FROM log_entry AS e";
    for row in bulk::select_many(database, select, &keys, "e.idx = r.column1").await? {
        found.insert(
            (0, row.try_get::<i64>("", "idx")?),
            hash(&row, "leaf_hash")?,
        );
    }
    nodes
        .iter()
        .map(|node| {
            let key = (i64::from(node.level), stored_index(node.index)?);
            found.get(&key).copied().ok_or_else(|| {
                AppError::internal(format!(
                    "the tree lacks the hash at level {}, index {}",
                    node.level, node.index
                ))
            })
        })
        .collect()
}

/// Up to `count` hashes of one level from index `first` on, as far as the tree is built.
pub(crate) async fn hash_row(
    database: &impl ConnectionTrait,
    level: u8,
    first: u64,
    count: u64,
) -> Result<Vec<Hash>, DbErr> {
    let (first, end) = (
        stored_index(first)?,
        stored_index(first.saturating_add(count))?,
    );
    let (sql, values): (&str, Vec<Value>) = if level == 0 {
        (
            "SELECT leaf_hash AS hash FROM log_entry WHERE idx >= $1 AND idx < $2 ORDER BY idx",
            vec![first.into(), end.into()],
        )
    } else {
        (
            "SELECT hash FROM log_hash WHERE idx >= $1 AND idx < $2 AND level = $3 ORDER BY idx",
            vec![first.into(), end.into(), i64::from(level).into()],
        )
    };
    let statement = Statement::from_sql_and_values(database.get_database_backend(), sql, values);
    let rows = database.query_all_raw(statement).await?;
    rows.iter().map(|row| hash(row, "hash")).collect()
}

/// The right edge of the tree at a size.
pub(crate) async fn frontier(
    database: &impl ConnectionTrait,
    size: u64,
) -> Result<Frontier, AppError> {
    let edge = hashes(database, &frontier_nodes(size)).await?;
    Frontier::from_hashes(size, edge).map_err(AppError::internal)
}

/// Number of entries in the log, published or not.
pub(crate) async fn log_size(database: &impl ConnectionTrait) -> Result<u64, DbErr> {
    head::size(database).await
}

/// Where the tables say that the log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogEnd {
    /// Entries by the head row.
    pub(crate) head: u64,
    /// Entries by the table of entries.
    pub(crate) log: u64,
    /// Whether the last entry is the one that was written.
    pub(crate) whole: bool,
}

/// The two ends of the log, in one look.
pub(crate) async fn log_end(database: &impl ConnectionTrait) -> Result<LogEnd, AppError> {
    let sql = "SELECT h.size, h.at, e.idx, e.at AS last_at, e.bytes, e.leaf_hash FROM log_head AS h \
         LEFT JOIN log_entry AS e ON e.idx = (SELECT max(idx) FROM log_entry) WHERE h.id = 1";
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let row = database.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| AppError::internal("the head of the log is missing"))?;
    let head = loaded_index(row.try_get("", "size")?)?;
    let Some(last) = row.try_get::<Option<i64>>("", "idx")? else {
        return Ok(LogEnd {
            head,
            log: 0,
            whole: true,
        });
    };
    let bytes: Vec<u8> = row.try_get("", "bytes")?;
    let in_time = row.try_get::<i64>("", "last_at")? <= row.try_get::<i64>("", "at")?;
    Ok(LogEnd {
        head,
        log: loaded_index(last)?.saturating_add(1),
        whole: in_time && leaf_hash(&bytes) == hash(&row, "leaf_hash")?,
    })
}

/// How far the tree is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grown {
    pub(crate) size: u64,
    pub(crate) root: Hash,
    /// Whether nothing was left to take in: only then the size is a commit's end and may be signed.
    pub(crate) whole: bool,
}

/// Takes the next entries into the tree. The size and root move together, compared with what they were, so that no two
/// processes can build different roots for one size.
pub(crate) struct Grow;

impl PrivateCommand for Grow {
    const NAME: &'static str = "grow_tree";
    type Out = Grown;

    async fn run(&self, tx: &mut PrivateTx) -> Result<Grown, AppError> {
        let tx = &*tx;
        let (old, root) = tree(tx).await?;
        let mut edge = frontier(tx, old).await?;
        if edge.root() != root {
            return Err(AppError::internal(format!(
                "the stored hashes do not make the stored root at size {old}"
            )));
        }
        let log = head::size(tx).await?;
        let wanted = log.checked_sub(old).ok_or_else(|| {
            AppError::internal(format!(
                "the tree holds {old} entries and the log only {log}: entries were removed, restore the original"
            ))
        })?;
        let wanted = wanted.min(STEP_ENTRIES);
        let leaves = hash_row(tx, 0, old, wanted).await?;
        if leaves.len() as u64 != wanted {
            return Err(AppError::internal(format!(
                "the log has {} of the {wanted} entries from {old} on: entries were removed, restore the original",
                leaves.len()
            )));
        }
        let mut nodes = Vec::new();
        for leaf in leaves {
            edge.push_and_store(leaf, |node, hash| {
                if node.level > 0 {
                    nodes.push((node, hash));
                }
            })
            .map_err(AppError::internal)?;
        }
        let grown = Grown {
            size: edge.size(),
            root: edge.root(),
            whole: edge.size() == log,
        };
        if grown.size > old {
            insert_nodes(tx, &nodes).await?;
            swap_tree(tx, (old, root), &grown).await?;
        }
        Ok(grown)
    }
}

/// The tree as far as it is built, locked against other processes. The first caller lays the empty tree.
async fn tree(tx: &PrivateTx) -> Result<(u64, Hash), DbErr> {
    let backend = tx.get_database_backend();
    let lock = if backend == DbBackend::Postgres {
        " FOR UPDATE"
    } else {
        ""
    };
    let select = format!("SELECT size, root FROM log_tree WHERE id = 1{lock}");
    let select = Statement::from_string(backend, select);
    let mut found = tx.query_one_raw(select.clone()).await?;
    if found.is_none() {
        let insert =
            "INSERT INTO log_tree (id, size, root) VALUES (1, 0, $1) ON CONFLICT (id) DO NOTHING";
        let empty = [bytes(&empty_root())];
        tx.execute_raw(Statement::from_sql_and_values(backend, insert, empty))
            .await?;
        found = tx.query_one_raw(select).await?;
    }
    match found {
        Some(row) => Ok((loaded_index(row.try_get("", "size")?)?, hash(&row, "root")?)),
        None => Err(DbErr::RecordNotFound("the tree of the log".to_owned())),
    }
}

async fn insert_nodes(tx: &PrivateTx, nodes: &[(NodeId, Hash)]) -> Result<(), DbErr> {
    let mut rows = Vec::with_capacity(nodes.len());
    for (node, hash) in nodes {
        rows.push(vec![
            i64::from(node.level).into(),
            stored_index(node.index)?.into(),
            bytes(hash),
        ]);
    }
    bulk::insert(tx, Insert::new("log_hash (level, idx, hash)", rows)).await
}

async fn swap_tree(
    tx: &PrivateTx,
    (size, root): (u64, Hash),
    after: &Grown,
) -> Result<(), AppError> {
    let statement = Statement::from_sql_and_values(
        tx.get_database_backend(),
        "UPDATE log_tree SET size = $1, root = $2 WHERE id = 1 AND size = $3 AND root = $4",
        [
            stored_index(after.size)?.into(),
            bytes(&after.root),
            stored_index(size)?.into(),
            bytes(&root),
        ],
    );
    match tx.execute_raw(statement).await?.rows_affected() {
        1 => Ok(()),
        _ => Err(AppError::Conflict(
            "another process has built the tree further".to_owned(),
        )),
    }
}

/// A signed checkpoint as it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// Number of entries.
    pub size: u64,
    /// Root of the tree at this size.
    pub root: Hash,
    /// The signed note, byte for byte.
    pub note: Vec<u8>,
    /// When it was signed.
    pub at: Time,
    /// Size of the newest checkpoint that enough witnesses have cosigned; zero before the first.
    pub witnessed: u64,
}

/// The checkpoint with the largest size.
pub(crate) async fn latest_checkpoint(
    database: &impl ConnectionTrait,
) -> Result<Option<StoredCheckpoint>, DbErr> {
    let sql = "SELECT size, root, note, at, \
         (SELECT max(w.size) FROM checkpoint AS w WHERE w.witnessed = 1) AS witnessed \
         FROM checkpoint ORDER BY size DESC LIMIT 1";
    let statement = Statement::from_string(database.get_database_backend(), sql);
    match database.query_one_raw(statement).await? {
        Some(row) => Ok(Some(StoredCheckpoint {
            size: loaded_index(row.try_get("", "size")?)?,
            root: hash(&row, "root")?,
            note: row.try_get("", "note")?,
            at: Time::from_micros(row.try_get("", "at")?),
            witnessed: loaded_index(row.try_get::<Option<i64>>("", "witnessed")?.unwrap_or(0))?,
        })),
        None => Ok(None),
    }
}

/// A signed checkpoint to publish.
pub(crate) struct KeepCheckpoint {
    pub(crate) size: u64,
    pub(crate) root: Hash,
    pub(crate) note: Vec<u8>,
    pub(crate) at: Time,
    /// Whether enough witnesses have cosigned it.
    pub(crate) witnessed: bool,
}

/// One of the same size may be there already, but with the same root: cosignatures are added to it, and none are lost.
impl PrivateCommand for KeepCheckpoint {
    const NAME: &'static str = "keep_checkpoint";
    type Out = ();

    async fn run(&self, tx: &mut PrivateTx) -> Result<(), AppError> {
        let size = stored_index(self.size)?;
        let insert = Statement::from_sql_and_values(
            tx.get_database_backend(),
            "INSERT INTO checkpoint (size, root, note, at, witnessed) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (size) DO UPDATE SET note = excluded.note, witnessed = excluded.witnessed \
             WHERE checkpoint.root = excluded.root AND checkpoint.witnessed <= excluded.witnessed \
             AND length(checkpoint.note) < length(excluded.note)",
            [
                size.into(),
                bytes(&self.root),
                self.note.as_slice().into(),
                self.at.micros().into(),
                i64::from(self.witnessed).into(),
            ],
        );
        tx.execute_raw(insert).await?;
        let check = Statement::from_sql_and_values(
            tx.get_database_backend(),
            "SELECT root FROM checkpoint WHERE size = $1",
            [size.into()],
        );
        match tx.query_one_raw(check).await? {
            Some(row) if hash(&row, "root")? == self.root => Ok(()),
            _ => Err(AppError::Conflict(format!(
                "a checkpoint of size {size} with another root is published"
            ))),
        }
    }
}

fn hash(row: &QueryResult, column: &str) -> Result<Hash, DbErr> {
    let bytes: Vec<u8> = row.try_get("", column)?;
    Hash::try_from(bytes.as_slice()).map_err(|error| DbErr::Type(error.to_string()))
}

fn bytes(hash: &Hash) -> Value {
    hash.as_bytes().as_slice().into()
}
