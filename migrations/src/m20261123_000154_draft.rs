//! Drafts of tenders: private to the buyer's officers, until one is published.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000154_draft",
    statements: &[
        "CREATE TABLE tender_draft (
            id {id} NOT NULL PRIMARY KEY,
            buyer_id {id} NOT NULL REFERENCES organisation (id),
            title {text} NOT NULL,
            plan {bytes} NOT NULL,
            version {int} NOT NULL CHECK (version >= 1),
            saved_by {id} NOT NULL,
            saved_at {int} NOT NULL
        )",
        "CREATE INDEX tender_draft_buyer ON tender_draft (buyer_id, id)",
    ],
    insert_only: &[],
};
