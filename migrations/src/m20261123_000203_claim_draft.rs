//! Drafts of claims: private to their claimants, until one is submitted.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000203_claim_draft",
    statements: &[
        "CREATE TABLE claim_draft (
            id {id} NOT NULL PRIMARY KEY,
            claimant_id {id} NOT NULL REFERENCES organisation (id),
            content {bytes} NOT NULL,
            version {int} NOT NULL CHECK (version >= 1),
            saved_by {id} NOT NULL,
            saved_at {int} NOT NULL
        )",
        "CREATE INDEX claim_draft_claimant ON claim_draft (claimant_id, id)",
        // A file that a draft names is not collected.
        "CREATE TABLE claim_draft_file (
            draft_id {id} NOT NULL REFERENCES claim_draft (id) ON DELETE CASCADE,
            sha256 {bytes} NOT NULL CHECK (length(sha256) = 32),
            claimant_id {id} NOT NULL REFERENCES organisation (id),
            PRIMARY KEY (draft_id, sha256)
        )",
        "CREATE INDEX claim_draft_file_hash ON claim_draft_file (claimant_id, sha256)",
    ],
    insert_only: &[],
};
