//! The Merkle tree over the log and its signed checkpoints.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000004_tree",
    statements: &[
        // Hashes of complete subtrees of height 1 and more, which never change; height 0 is `log_entry.leaf_hash`.
        // With them every root, tile and proof is read in O(log n).
        "CREATE TABLE log_hash (
            level {int} NOT NULL CHECK (level BETWEEN 1 AND 63),
            idx {int} NOT NULL CHECK (idx >= 0),
            hash {bytes} NOT NULL CHECK (length(hash) = 32),
            PRIMARY KEY (level, idx)
        )",
        // One row: the tree that may be signed. Compare-and-swap on it is what prevents two roots for one size.
        "CREATE TABLE log_tree (
            id {int} PRIMARY KEY CHECK (id = 1),
            size {int} NOT NULL CHECK (size >= 0),
            root {bytes} NOT NULL CHECK (length(root) = 32)
        )",
        "CREATE TABLE checkpoint (
            size {int} PRIMARY KEY CHECK (size >= 0),
            root {bytes} NOT NULL CHECK (length(root) = 32),
            note {bytes} NOT NULL,
            at {int} NOT NULL
        )",
    ],
    insert_only: &[InsertOnly {
        table: "log_hash",
        key: &["level", "idx"],
    }],
};
