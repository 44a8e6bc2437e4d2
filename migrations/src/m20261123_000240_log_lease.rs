//! Whose turn it is to publish the log, where several processes share a database.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000240_log_lease",
    statements: &["CREATE TABLE log_lease (
        id {int} PRIMARY KEY CHECK (id = 1),
        holder {id} NOT NULL,
        until {int} NOT NULL
    )"],
    insert_only: &[],
};
