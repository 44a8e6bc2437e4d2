//! Answers to commands that came with an idempotency key, so that a retry gets the first answer.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000002_idempotency",
    statements: &["CREATE TABLE idempotency (
        organisation_id {id} NOT NULL,
        mutation {text} NOT NULL,
        key {text} NOT NULL,
        body_hash {bytes} NOT NULL CHECK (length(body_hash) = 32),
        answer {bytes} NOT NULL,
        at {int} NOT NULL,
        first_index {int} NOT NULL CHECK (first_index >= 0),
        entries {int} NOT NULL CHECK (entries >= 0),
        PRIMARY KEY (organisation_id, mutation, key)
    )"],
    insert_only: &[],
};
