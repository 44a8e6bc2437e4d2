//! The public log as a list of entries, each with its proof.

mod proofs;

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader as Load;
use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use commonweal_app::App;
use commonweal_app::read::Page;
use commonweal_app::read::log::{Inclusion, LogEntry, LogFilter};
use commonweal_domain::log::checkpoint::Checkpoint as SignedHead;
use commonweal_domain::log::kinds::KINDS;
use commonweal_domain::log::note::SignedNote;
use commonweal_domain::log::proof::TlogProof;
use serde::{Deserialize, Serialize};

use super::amounts::wrong;
use super::connection::{Connection, Cursor, Direction, PageArgs, wants_total_count};
use super::context::{app, loader, refuse};
use super::errors::Code;
use super::loaders::Loader;
use super::scalars::{Base64, BigInt, DateTime, Sha256};
use proofs::PageProofs;

/// What bounds every size that is asked for.
const PUBLISHED: &str = "the published size";

/// Entries are listed by their index.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct ByIndex(u64);

impl Cursor for ByIndex {
    const KIND: &'static str = "ledger";
}

/// How far an entry has come. It never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum EntryState {
    /// It is in the log for good.
    Sequenced,
    /// A signed checkpoint covers it, and anyone can read and prove it.
    Published,
    /// As many witnesses as the operator's policy wants have cosigned a checkpoint that covers it.
    Witnessed,
}

/// One entry of the public log. It is in the log for good once it can be read, and published once a signed checkpoint
/// covers it, which takes about a second.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct LedgerEntry {
    /// Its index, from zero.
    index: BigInt,
    /// Hash of the leaf: SHA-256 of a zero byte and the canonical bytes.
    leaf_hash: Sha256,
    /// The canonical bytes (RFC 8785), which are the leaf.
    canonical_bytes: Base64,
    /// Its kind, such as `organisation.registered`.
    kind: String,
    /// The log's time of it, which never goes back.
    at: DateTime,
    /// What it is about: an id as it stands in the entry.
    subject: String,
    #[graphql(skip)]
    position: u64,
    #[graphql(skip)]
    proofs: Arc<PageProofs>,
}

#[ComplexObject]
impl LedgerEntry {
    /// How far it has come.
    async fn state(&self) -> async_graphql::Result<EntryState> {
        let newest = self.proofs.newest().await.map_err(refuse)?;
        Ok(match newest {
            Some(newest) if self.position < newest.witnessed => EntryState::Witnessed,
            Some(newest) if self.position < newest.size => EntryState::Published,
            _ => EntryState::Sequenced,
        })
    }

    /// Whether a signed checkpoint covers it.
    async fn published(&self) -> async_graphql::Result<bool> {
        let published = self.proofs.published().await.map_err(refuse)?;
        Ok(self.position < published)
    }

    /// That it is in the tree of a published size; null while it is not published.
    async fn inclusion_proof(
        &self,
        #[graphql(
            desc = "Size of the tree, above the index and at most the size of the newest checkpoint, which is the default."
        )]
        tree_size: Option<BigInt>,
    ) -> async_graphql::Result<Option<InclusionProof>> {
        let published = self.proofs.published().await.map_err(refuse)?;
        let tree_size = match tree_size {
            None if self.position >= published => return Ok(None),
            None => published,
            Some(size) => {
                size_between("treeSize", size, self.position + 1, (published, PUBLISHED))?
            }
        };
        let proof = self.proofs.inclusion(self.position, tree_size).await;
        Ok(Some(proof.map_err(refuse)?.into()))
    }

    /// The proof as a file (`c2sp.org/tlog-proof@v1`) that leads to the newest checkpoint, with the entry in its `extra` line, so
    /// that `commonweal-verify --receipt FILE --vkey KEY` checks it without a network; null while it is not published.
    async fn receipt(&self) -> async_graphql::Result<Option<String>> {
        let newest = self.proofs.newest().await.map_err(refuse)?;
        let Some(newest) = newest.filter(|newest| self.position < newest.size) else {
            return Ok(None);
        };
        let proof = self.proofs.inclusion(self.position, newest.size).await;
        let receipt = TlogProof {
            extra: Some(self.canonical_bytes.0.clone()),
            index: self.position,
            hashes: proof.map_err(refuse)?.hashes,
            checkpoint: SignedNote::parse(&newest.note).map_err(internal)?,
        };
        Ok(Some(receipt.to_string()))
    }
}

/// The entries of a range of indexes, as far as the log goes.
pub(super) async fn entries(
    app: &Arc<App>,
    indexes: std::ops::Range<u64>,
) -> async_graphql::Result<Vec<LedgerEntry>> {
    let rows = app.read().log_entries(indexes).await.map_err(refuse)?;
    let proofs = PageProofs::new(Arc::clone(app), rows.iter().map(|row| row.index).collect());
    Ok(rows
        .into_iter()
        .map(|row| LedgerEntry::new(row, &proofs))
        .collect())
}

/// An entry through the request's loader, by its index as an object holds it.
pub(super) async fn load(
    context: &Context<'_>,
    index: BigInt,
) -> async_graphql::Result<Option<LedgerEntry>> {
    let index = u64::try_from(index.0).map_err(internal)?;
    loader(context)?.load_one(EntryAt(index)).await
}

/// An entry of the log by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntryAt(pub u64);

/// The entries of one level of a query share their proofs, as those of a page do.
impl Load<EntryAt> for Loader {
    type Value = LedgerEntry;
    type Error = async_graphql::Error;

    async fn load(&self, keys: &[EntryAt]) -> Result<HashMap<EntryAt, LedgerEntry>, Self::Error> {
        let indexes: Vec<u64> = keys.iter().map(|key| key.0).collect();
        let app = self.shared_app();
        let rows = app.read().log_entries_at(&indexes).await.map_err(refuse)?;
        let proofs = PageProofs::new(Arc::clone(app), rows.iter().map(|row| row.index).collect());
        Ok(rows
            .into_iter()
            .map(|row| (EntryAt(row.index), LedgerEntry::new(row, &proofs)))
            .collect())
    }
}

impl LedgerEntry {
    fn new(entry: LogEntry, proofs: &Arc<PageProofs>) -> Self {
        Self {
            index: entry.index.into(),
            leaf_hash: Sha256(entry.leaf_hash),
            canonical_bytes: Base64(entry.bytes),
            kind: entry.kind,
            at: DateTime(entry.at),
            subject: entry.subject,
            position: entry.index,
            proofs: Arc::clone(proofs),
        }
    }
}

/// That an entry is in the tree of a size (RFC 6962, section 2.1.1).
#[derive(Debug, Clone, SimpleObject)]
pub struct InclusionProof {
    /// Index of the entry.
    index: BigInt,
    /// Size of the tree.
    tree_size: BigInt,
    /// Root of the tree at this size.
    root: Sha256,
    /// The proof, from the leaf's sibling upwards.
    hashes: Vec<Sha256>,
}

impl From<Inclusion> for InclusionProof {
    fn from(proof: Inclusion) -> Self {
        Self {
            index: proof.index.into(),
            tree_size: proof.size.into(),
            root: Sha256(proof.root),
            hashes: proof.hashes.into_iter().map(Sha256).collect(),
        }
    }
}

/// That the log at one size is the beginning of the log at another (RFC 6962, section 2.1.2).
#[derive(Debug, Clone, SimpleObject)]
pub struct ConsistencyProof {
    /// Size of the smaller tree.
    from: BigInt,
    /// Its root.
    from_root: Sha256,
    /// Size of the larger tree.
    to: BigInt,
    /// Its root.
    to_root: Sha256,
    /// The proof.
    hashes: Vec<Sha256>,
}

/// The signed head of the log.
#[derive(Debug, Clone, SimpleObject)]
pub struct Checkpoint {
    /// Which log.
    origin: String,
    /// Number of entries that it covers.
    size: BigInt,
    /// Root of the tree at this size.
    root: Sha256,
    /// When it was signed.
    signed_at: DateTime,
    /// The signed note, as `/log/checkpoint` serves it.
    note: String,
    /// The key that verifies it.
    verifier_key: Option<String>,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, InputObject)]
pub struct LedgerFilter {
    /// Those of this kind, such as `organisation.registered`.
    kind: Option<String>,
    /// Those about this subject: an id as it stands in the entry, such as a UUID without its noun.
    subject: Option<String>,
}

impl LedgerFilter {
    fn parse(self) -> async_graphql::Result<LogFilter> {
        if let Some(kind) = &self.kind
            && !KINDS.iter().any(|(known, _)| known == kind)
        {
            let known: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
            let error = format!("is none of the kinds of entries: {}", known.join(", "));
            return Err(wrong("filter.kind", &error));
        }
        Ok(LogFilter {
            kind: self.kind,
            subject: self.subject,
        })
    }
}

/// Queries on the public log.
#[derive(Debug, Default)]
pub struct LedgerQuery;

#[Object]
impl LedgerQuery {
    /// The entries of the public log in their order.
    async fn ledger(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which entries are wanted; all without it.")] filter: Option<LedgerFilter>,
        #[graphql(desc = "At most this many from the start, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor.")] after: Option<String>,
        #[graphql(desc = "At most this many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<LedgerEntry>> {
        let filter = filter.unwrap_or_default().parse()?;
        let args = PageArgs::<ByIndex>::new(first, after.as_deref(), last, before.as_deref())?;
        let page = Page {
            rows: args.rows_to_read(),
            backward: args.direction == Direction::Backward,
            after: args.after.map(|key| key.0),
            before: args.before.map(|key| key.0),
        };
        let app = app(context)?;
        let read = app.read();
        let rows = read.log_page(&page, &filter).await.map_err(refuse)?;
        let total = if wants_total_count(context) {
            Some(read.log_count(&filter).await.map_err(refuse)?)
        } else {
            None
        };
        let proofs = PageProofs::new(Arc::clone(app), rows.iter().map(|row| row.index).collect());
        let node = |row| LedgerEntry::new(row, &proofs);
        Ok(args.connection(rows, total, |row| ByIndex(row.index), node))
    }

    /// One entry of the public log; null when the log is not that long.
    async fn ledger_entry(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its index, from zero.")] index: BigInt,
    ) -> async_graphql::Result<Option<LedgerEntry>> {
        let index = whole("index", index)?;
        let app = app(context)?;
        let found = app.read().log_entry(index).await.map_err(refuse)?;
        let proofs = PageProofs::new(Arc::clone(app), vec![index]);
        Ok(found.map(|entry| LedgerEntry::new(entry, &proofs)))
    }

    /// The newest signed head of the log; null before the first.
    async fn checkpoint(&self, context: &Context<'_>) -> async_graphql::Result<Option<Checkpoint>> {
        let read = app(context)?.read();
        let Some(newest) = read.checkpoint().await.map_err(refuse)? else {
            return Ok(None);
        };
        let key = read.log_key().await.map_err(refuse)?;
        let note = String::from_utf8(newest.note).map_err(internal)?;
        let signed = SignedNote::parse(note.as_bytes()).map_err(internal)?;
        let head: SignedHead = signed.text().parse().map_err(internal)?;
        Ok(Some(Checkpoint {
            origin: head.origin().to_owned(),
            size: newest.size.into(),
            root: Sha256(newest.root),
            signed_at: DateTime(newest.at),
            note,
            verifier_key: key.map(|key| key.to_string()),
        }))
    }

    /// That the log at one size is the beginning of the log at another.
    async fn consistency_proof(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The smaller size.")] from: BigInt,
        #[graphql(desc = "The larger size, at most that of the newest checkpoint.")] to: BigInt,
    ) -> async_graphql::Result<ConsistencyProof> {
        let read = app(context)?.read();
        let newest = read.checkpoint().await.map_err(refuse)?;
        let published = newest.map_or(0, |newest| newest.size);
        let to = size_between("to", to, 0, (published, PUBLISHED))?;
        let from = size_between("from", from, 0, (to, "the larger size"))?;
        let hashes = read.consistency_proof(from, to).await.map_err(refuse)?;
        let from_root = read.root(from).await.map_err(refuse)?;
        let to_root = read.root(to).await.map_err(refuse)?;
        Ok(ConsistencyProof {
            from: from.into(),
            from_root: Sha256(from_root),
            to: to.into(),
            to_root: Sha256(to_root),
            hashes: hashes.into_iter().map(Sha256).collect(),
        })
    }
}

/// An index or size, which is never negative.
fn whole(field: &str, number: BigInt) -> async_graphql::Result<u64> {
    u64::try_from(number.0).map_err(|_| wrong(field, &"must not be negative"))
}

/// A size within bounds; `most` names what the upper one is.
fn size_between(
    field: &str,
    size: BigInt,
    least: u64,
    (most, name): (u64, &str),
) -> async_graphql::Result<u64> {
    let size = whole(field, size)?;
    if (least..=most).contains(&size) {
        return Ok(size);
    }
    let expected = format!("must be {least} to {name} {most}, and is {size}");
    Err(wrong(field, &expected))
}

fn internal(error: impl std::fmt::Display) -> async_graphql::Error {
    Code::InternalServerError.error(error.to_string())
}
