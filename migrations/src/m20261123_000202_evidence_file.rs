//! Files of evidence, what they were released to, and which of a claim's files were erased.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000202_evidence_file",
    statements: &[
        // The index had the name that the table of files takes.
        "DROP INDEX evidence_file",
        "CREATE INDEX evidence_hash ON evidence (sha256)",
        // `loose` stands behind nothing yet, `kept` behind a claim or in a draft.
        // A row is there before the first byte of its object and goes after the last: whatever a crash leaves is found by
        // its row.
        "CREATE TABLE evidence_file (
            id {id} NOT NULL PRIMARY KEY,
            owner_id {id} NOT NULL REFERENCES organisation (id),
            state {text} NOT NULL CHECK (state IN ('incoming', 'loose', 'kept', 'removing')),
            sha256 {bytes} CHECK (length(sha256) = 32),
            size {int} CHECK (size > 0),
            media_type {text},
            uploaded_by {id} NOT NULL,
            uploaded_at {int} NOT NULL,
            used_at {int} NOT NULL,
            CHECK (state NOT IN ('loose', 'kept') OR (sha256 IS NOT NULL AND size IS NOT NULL AND media_type IS NOT NULL))
        )",
        // The same file twice by one owner is one file.
        "CREATE UNIQUE INDEX evidence_file_hash ON evidence_file (owner_id, sha256) WHERE state IN ('loose', 'kept')",
        "CREATE INDEX evidence_file_state ON evidence_file (state, used_at)",
        "CREATE INDEX evidence_file_owner ON evidence_file (owner_id, id)",
        "CREATE TABLE evidence_release (
            file_id {id} NOT NULL REFERENCES evidence_file (id) ON DELETE CASCADE,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            released_by {id} NOT NULL,
            released_at {int} NOT NULL,
            PRIMARY KEY (file_id, organisation_id)
        )",
        // For how long it is kept: the first day on which it need not be, as its tender's documents say.
        "ALTER TABLE evidence ADD COLUMN kept_until {text}",
        "ALTER TABLE evidence ADD COLUMN erased_idx {int}",
    ],
    insert_only: &[],
};
