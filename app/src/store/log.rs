//! Entries on their way into the table of the log.

use commonweal_domain::credit::posting::{Posting, check_balanced};
use commonweal_domain::ids::{CommitId, Id};
use commonweal_domain::log::canonical::EncodingError;
use commonweal_domain::log::entry::{Blob, Draft};
use commonweal_domain::log::hash::{Hash, leaf_hash};
use commonweal_domain::time::Time;
use sea_orm::{DbErr, Value};

use super::bulk::Insert;
use crate::error::AppError;

/// An entry with its final bytes, before its row is written.
#[derive(Debug, Clone)]
pub(super) struct StagedEntry {
    pub(super) kind: &'static str,
    pub(super) subject: String,
    pub(super) bytes: Vec<u8>,
    /// The body, when it is too large for the entry.
    pub(super) blob: Option<Blob>,
    pub(super) leaf: Hash,
    pub(super) postings: Vec<Posting>,
}

impl StagedEntry {
    pub(super) fn new(draft: Draft, at: Time) -> Result<Self, AppError> {
        let postings = draft.body.postings();
        check_balanced(&postings).map_err(AppError::internal)?;
        let entry = draft.at(at);
        let encoded = entry.encode().map_err(|error| match error {
            EncodingError::TooLarge { .. } | EncodingError::BlobTooLarge { .. } => {
                AppError::refused("ENTRY_TOO_LARGE", error)
            }
            other => AppError::internal(other),
        })?;
        Ok(Self {
            kind: entry.body.kind(),
            subject: entry.subject,
            leaf: leaf_hash(&encoded.leaf),
            bytes: encoded.leaf,
            blob: encoded.blob,
            postings,
        })
    }
}

/// The batch's entries from index `first`, and the bodies beside them.
pub(super) fn entries(
    first: u64,
    entries: &[StagedEntry],
    at: Time,
    commit: CommitId,
) -> Result<[Insert; 2], DbErr> {
    let mut rows = Vec::with_capacity(entries.len());
    let mut blobs = Vec::new();
    for (index, entry) in (first..).zip(entries) {
        if let Some(blob) = &entry.blob {
            blobs.push(vec![
                Value::from(stored_index(index)?),
                Value::from(blob.sha256.as_bytes().as_slice()),
                Value::from(blob.bytes.as_slice()),
            ]);
        }
        rows.push(vec![
            Value::from(stored_index(index)?),
            Value::from(at.micros()),
            Value::from(entry.kind),
            Value::from(entry.subject.as_str()),
            Value::from(entry.bytes.as_slice()),
            Value::from(entry.leaf.as_bytes().as_slice()),
            Value::from(commit.uuid()),
        ]);
    }
    let into = "log_entry (idx, at, kind, subject, bytes, leaf_hash, commit_id)";
    let blobs = Insert::new("log_blob (idx, sha256, bytes)", blobs);
    Ok([Insert::new(into, rows), blobs])
}

/// An index or size as the tables hold it.
pub(super) fn stored_index(index: u64) -> Result<i64, DbErr> {
    i64::try_from(index).map_err(|_| DbErr::Type(format!("{index} is no index of the log")))
}

/// An index or size as it stands in a table.
pub(super) fn loaded_index(index: i64) -> Result<u64, DbErr> {
    u64::try_from(index).map_err(|_| DbErr::Type(format!("{index} is no index of the log")))
}
