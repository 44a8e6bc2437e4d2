//! Bodies of entries that are too large for their entries.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000120_log_blob",
    statements: &[
        // The entry holds the hash. Two entries may hold the same body.
        "CREATE TABLE log_blob (
            idx {int} NOT NULL PRIMARY KEY,
            sha256 {bytes} NOT NULL CHECK (length(sha256) = 32),
            bytes {bytes} NOT NULL
        )",
        "CREATE INDEX log_blob_sha256 ON log_blob (sha256, idx)",
    ],
    insert_only: &[InsertOnly {
        table: "log_blob",
        key: &["idx"],
    }],
};
