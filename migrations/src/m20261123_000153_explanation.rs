//! Requests to explain a bid that looks abnormal, with what came of them.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000153_explanation",
    statements: &[
        // The texts are reasons in the erasable table.
        "CREATE TABLE explanation (
            bid_id {id} NOT NULL REFERENCES bid (id),
            about {text} NOT NULL CHECK (about IN ('low_price', 'high_pledge')),
            tender_id {id} NOT NULL REFERENCES tender (id),
            answer_by {int} NOT NULL,
            request_reason_id {id} NOT NULL,
            requested_idx {int} NOT NULL,
            explanation_reason_id {id},
            given_idx {int},
            ground {text},
            decision_reason_id {id},
            decided_idx {int},
            PRIMARY KEY (bid_id, about),
            CHECK ((explanation_reason_id IS NULL) = (given_idx IS NULL)),
            CHECK ((ground IS NULL) = (decided_idx IS NULL) AND (ground IS NULL) = (decision_reason_id IS NULL))
        )",
    ],
    insert_only: &[],
};
