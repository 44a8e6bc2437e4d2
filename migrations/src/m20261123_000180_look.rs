//! A flag can be decided without a request to explain.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000180_look",
    statements: &[
        // SQLite cannot take NOT NULL from a column, so that the table is made anew.
        "CREATE TABLE explanation_new (
            bid_id {id} NOT NULL REFERENCES bid (id),
            about {text} NOT NULL CHECK (about IN ('low_price', 'high_pledge')),
            tender_id {id} NOT NULL REFERENCES tender (id),
            answer_by {int},
            request_reason_id {id},
            requested_idx {int},
            explanation_reason_id {id},
            given_idx {int},
            ground {text},
            decision_reason_id {id},
            decided_idx {int},
            PRIMARY KEY (bid_id, about),
            CHECK (requested_idx IS NOT NULL OR decided_idx IS NOT NULL),
            CHECK ((requested_idx IS NULL) = (answer_by IS NULL) AND (requested_idx IS NULL) = (request_reason_id IS NULL)),
            CHECK (given_idx IS NULL OR requested_idx IS NOT NULL),
            CHECK ((explanation_reason_id IS NULL) = (given_idx IS NULL)),
            CHECK ((ground IS NULL) = (decided_idx IS NULL) AND (ground IS NULL) = (decision_reason_id IS NULL))
        )",
        "INSERT INTO explanation_new (bid_id, about, tender_id, answer_by, request_reason_id, requested_idx,
            explanation_reason_id, given_idx, ground, decision_reason_id, decided_idx)
         SELECT bid_id, about, tender_id, answer_by, request_reason_id, requested_idx,
            explanation_reason_id, given_idx, ground, decision_reason_id, decided_idx FROM explanation",
        "DROP TABLE explanation",
        "ALTER TABLE explanation_new RENAME TO explanation",
    ],
    insert_only: &[],
};
