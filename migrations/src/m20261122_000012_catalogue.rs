//! Measure catalogues, whole: a version never changes.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000012_catalogue",
    statements: &["CREATE TABLE catalogue (
        id {id} NOT NULL PRIMARY KEY,
        code {text} NOT NULL,
        version {text} NOT NULL,
        title {text} NOT NULL,
        body {bytes} NOT NULL,
        entry_idx {int} NOT NULL,
        UNIQUE (code, version)
    )"],
    insert_only: &[InsertOnly {
        table: "catalogue",
        key: &["id"],
    }],
};
