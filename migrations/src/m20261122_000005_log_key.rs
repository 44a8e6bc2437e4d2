//! The key that signs the log.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000005_log_key",
    statements: &[
        // One row: the key that signs this log, kept with it so that a lost or exchanged key file is noticed before
        // anything is signed with another key. Its name is the origin, which never changes.
        "CREATE TABLE log_key (
            id {int} PRIMARY KEY CHECK (id = 1),
            vkey {text} NOT NULL,
            at {int} NOT NULL
        )",
    ],
    insert_only: &[InsertOnly {
        table: "log_key",
        key: &["id"],
    }],
};
