//! The public log: its head, which orders all writers, and its entries.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000001_log",
    statements: &[
        // One row. Its lock orders the writers; `commit_id` settles an unknown outcome.
        "CREATE TABLE log_head (
            id {int} PRIMARY KEY CHECK (id = 1),
            size {int} NOT NULL CHECK (size >= 0),
            at {int} NOT NULL,
            commit_id {id} NOT NULL
        )",
        "INSERT INTO log_head (id, size, at, commit_id) VALUES (1, 0, 0, {nil})",
        // `bytes` are the leaf, at most what a tile's 16-bit length can say.
        "CREATE TABLE log_entry (
            idx {int} PRIMARY KEY CHECK (idx >= 0),
            at {int} NOT NULL,
            kind {text} NOT NULL,
            subject {text} NOT NULL,
            bytes {bytes} NOT NULL CHECK (length(bytes) <= 65535),
            leaf_hash {bytes} NOT NULL CHECK (length(leaf_hash) = 32),
            commit_id {id} NOT NULL
        )",
        "CREATE INDEX log_entry_subject ON log_entry (subject, idx)",
        "CREATE INDEX log_entry_kind ON log_entry (kind, idx)",
    ],
    insert_only: &[InsertOnly {
        table: "log_entry",
        key: &["idx"],
    }],
};
