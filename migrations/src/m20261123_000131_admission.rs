//! Decisions on conditions of participation and exclusion grounds.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000131_admission",
    statements: &[
        "CREATE TABLE admission_decision (
            bid_id {id} NOT NULL REFERENCES bid (id),
            entry_idx {int} NOT NULL,
            tender_id {id} NOT NULL REFERENCES tender (id),
            code {text} NOT NULL,
            decision {text} NOT NULL CHECK (decision IN
                ('met', 'not_met', 'clear', 'self_cleaning_accepted', 'not_excluded', 'excluded')),
            reason_id {id} NOT NULL,
            decided_by {id} NOT NULL,
            PRIMARY KEY (bid_id, entry_idx)
        )",
        "CREATE INDEX admission_decision_tender ON admission_decision (tender_id)",
    ],
    insert_only: &[InsertOnly {
        table: "admission_decision",
        key: &["bid_id", "entry_idx"],
    }],
};
