//! Idempotency keys by the key first: clients count them or take them from the clock, so that new ones lie side by side, where the
//! organisation first scattered each batch over as many pages as it had organisations. On SQLite the key is the table itself.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000770_key_order",
    statements: &[
        "{postgres} ALTER TABLE idempotency DROP CONSTRAINT idempotency_pkey",
        "{postgres} ALTER TABLE idempotency ADD PRIMARY KEY (key, organisation_id, mutation)",
        "{sqlite} CREATE TABLE idempotency_new (
            organisation_id {id} NOT NULL,
            mutation {text} NOT NULL,
            key {text} NOT NULL,
            body_hash {bytes} NOT NULL CHECK (length(body_hash) = 32),
            answer {bytes} NOT NULL,
            at {int} NOT NULL,
            first_index {int} NOT NULL CHECK (first_index >= 0),
            entries {int} NOT NULL CHECK (entries >= 0),
            PRIMARY KEY (key, organisation_id, mutation)
        ) WITHOUT ROWID",
        "{sqlite} INSERT INTO idempotency_new
            SELECT organisation_id, mutation, key, body_hash, answer, at, first_index, entries FROM idempotency",
        "{sqlite} DROP TABLE idempotency",
        "{sqlite} ALTER TABLE idempotency_new RENAME TO idempotency",
    ],
    insert_only: &[],
};
