//! Marks, consensus levels, rankings and awards, and the erasable reasons for them.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000022_evaluation",
    statements: &[
        // Free words may name people. The log holds a salted hash; erasing a row here leaves every entry as it is, which
        // is why nothing refers to it by a foreign key.
        "CREATE TABLE reason (
            id {id} NOT NULL PRIMARY KEY,
            tender_id {id} NOT NULL REFERENCES tender (id),
            text {text} NOT NULL,
            salt {bytes} NOT NULL CHECK (length(salt) = 32)
        )",
        "CREATE INDEX reason_tender ON reason (tender_id)",
        // A mark is its evaluator's own until it is released. `opening` is what the release will publish.
        "CREATE TABLE mark (
            bid_id {id} NOT NULL REFERENCES bid (id),
            criterion {text} NOT NULL,
            evaluator_id {id} NOT NULL,
            tender_id {id} NOT NULL REFERENCES tender (id),
            level {int} NOT NULL CHECK (level >= 0),
            reason_id {id} NOT NULL,
            saved_at {int} NOT NULL,
            sealed_id {id} UNIQUE,
            opening {bytes},
            sealed_idx {int},
            released_idx {int},
            PRIMARY KEY (bid_id, criterion, evaluator_id),
            CHECK ((sealed_id IS NULL) = (opening IS NULL) AND (sealed_id IS NULL) = (sealed_idx IS NULL)),
            CHECK (released_idx IS NULL OR sealed_id IS NOT NULL)
        )",
        "CREATE INDEX mark_tender ON mark (tender_id, evaluator_id)",
        "CREATE TABLE consensus (
            bid_id {id} NOT NULL REFERENCES bid (id),
            criterion {text} NOT NULL,
            tender_id {id} NOT NULL REFERENCES tender (id),
            level {int} NOT NULL CHECK (level >= 0),
            reason_id {id} NOT NULL,
            signed_by {id} NOT NULL,
            entry_idx {int} NOT NULL,
            PRIMARY KEY (bid_id, criterion)
        )",
        "CREATE INDEX consensus_tender ON consensus (tender_id)",
        // One row for each lot; the last entry counts. `result` is what the log holds, `scorecards` explain all of it, and
        // `allocated` says to whom the lot goes, unless the ranking of a lot is withheld.
        "CREATE TABLE ranking (
            tender_id {id} NOT NULL REFERENCES tender (id),
            entry_idx {int} NOT NULL,
            lot {text} NOT NULL,
            inputs_upto {int} NOT NULL,
            computed_at {int} NOT NULL,
            result {bytes} NOT NULL,
            places {bytes} NOT NULL,
            scorecards {bytes} NOT NULL,
            allocated {bytes},
            PRIMARY KEY (tender_id, entry_idx, lot)
        )",
        // One row for each lot, also for one without a winner.
        "CREATE TABLE award (
            tender_id {id} NOT NULL REFERENCES tender (id),
            lot {text} NOT NULL,
            bid_id {id} UNIQUE REFERENCES bid (id),
            supplier_id {id} REFERENCES organisation (id),
            proposed_by {id} NOT NULL,
            proposed_idx {int} NOT NULL,
            approved_by {id},
            decided_at {int},
            decided_idx {int},
            CHECK ((approved_by IS NULL) = (decided_idx IS NULL) AND (approved_by IS NULL) = (decided_at IS NULL)),
            CHECK (approved_by IS NULL OR approved_by <> proposed_by),
            CHECK ((bid_id IS NULL) = (supplier_id IS NULL)),
            PRIMARY KEY (tender_id, lot)
        )",
        "CREATE INDEX award_supplier ON award (supplier_id)",
    ],
    insert_only: &[InsertOnly {
        table: "ranking",
        key: &["tender_id", "entry_idx", "lot"],
    }],
};
