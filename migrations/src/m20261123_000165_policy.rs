//! Policies, whole: a version never changes. And what their clauses said of each tender at its publication.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000165_policy",
    statements: &[
        "CREATE TABLE policy (
            id {id} NOT NULL PRIMARY KEY,
            code {text} NOT NULL,
            version {text} NOT NULL,
            body {bytes} NOT NULL,
            entry_idx {int} NOT NULL UNIQUE,
            UNIQUE (code, version)
        )",
        // The answers with their sentences, as JSON. The log holds the answers alone, from which these follow.
        "CREATE TABLE tender_policy (
            tender_id {id} NOT NULL PRIMARY KEY REFERENCES tender (id),
            checks {bytes} NOT NULL
        )",
    ],
    insert_only: &[InsertOnly {
        table: "policy",
        key: &["id"],
    }],
};
