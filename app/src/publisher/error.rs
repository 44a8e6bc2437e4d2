//! Why the log is not published.

use std::io;
use std::path::PathBuf;

use commonweal_domain::log::checkpoint::CheckpointError;
use commonweal_domain::log::hash::Hash;
use commonweal_domain::log::note::{KeyName, VerifierKey};

use crate::error::AppError;
use crate::failpoint::Injected;

/// Why the log cannot be published. See [`PublishError::is_alarm`].
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
    /// The head of the tables is not where the log ends.
    #[error(
        "the head of the database is at {head} entries, but the log in it ends at {log}, or its last entry was changed: the \
         tables do not belong together. Restore a whole backup; publishing would fork the log"
    )]
    OtherHead {
        /// Entries by the head row.
        head: u64,
        /// Entries in the log's table.
        log: u64,
    },
    /// The log has another name, which it keeps for ever.
    #[error(
        "this log is named `{of_log}`, and the configured origin is `{configured}`: set `origin` (--origin, \
         COMMONWEAL_ORIGIN) to the name of the log, or open the database that belongs to the origin"
    )]
    OtherOrigin {
        /// The name of the log.
        of_log: KeyName,
        /// The origin that was configured.
        configured: KeyName,
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

impl From<Injected> for PublishError {
    fn from(fault: Injected) -> Self {
        Self::Store(fault.into())
    }
}

impl PublishError {
    /// Whether the log was changed behind the publisher's back. Nothing may be written on top of it until a person has
    /// looked: whatever is written then is lost when the original comes back.
    pub fn is_alarm(&self) -> bool {
        match self {
            Self::SignedAhead { .. }
            | Self::OtherRoot { .. }
            | Self::OtherHead { .. }
            | Self::Memory { .. } => true,
            Self::OtherOrigin { .. }
            | Self::OtherKey { .. }
            | Self::File { .. }
            | Self::Store(_) => false,
        }
    }

    /// Whether the same may succeed later: nothing was shown that was not kept, so the publisher tries again.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::File { .. } | Self::Store(_))
    }
}
