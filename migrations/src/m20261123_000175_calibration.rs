//! Calibration: prepared answers, and the marks that evaluators give them before any bid.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000175_calibration",
    statements: &[
        // The text is a reason in the erasable table. `reference` is the level that whoever prepared it holds right.
        "CREATE TABLE prepared_answer (
            tender_id {id} NOT NULL REFERENCES tender (id),
            number {int} NOT NULL CHECK (number > 0),
            criterion {text} NOT NULL,
            text_id {id} NOT NULL,
            reference {int} CHECK (reference >= 0),
            entry_idx {int} NOT NULL,
            PRIMARY KEY (tender_id, number)
        )",
        // One for each evaluator, and one without an evaluator for the reference.
        "CREATE TABLE calibration (
            sealed_id {id} NOT NULL PRIMARY KEY,
            tender_id {id} NOT NULL REFERENCES tender (id),
            evaluator_id {id},
            opening {bytes} NOT NULL,
            sealed_idx {int} NOT NULL,
            released_idx {int}
        )",
        "CREATE INDEX calibration_tender ON calibration (tender_id)",
        "CREATE TABLE calibration_mark (
            tender_id {id} NOT NULL REFERENCES tender (id),
            evaluator_id {id} NOT NULL,
            number {int} NOT NULL,
            level {int} NOT NULL CHECK (level >= 0),
            reason_id {id} NOT NULL,
            PRIMARY KEY (tender_id, evaluator_id, number)
        )",
        "ALTER TABLE panel_member ADD COLUMN calibrated_idx {int}",
    ],
    insert_only: &[
        InsertOnly {
            table: "prepared_answer",
            key: &["tender_id", "number"],
        },
        InsertOnly {
            table: "calibration_mark",
            key: &["tender_id", "evaluator_id", "number"],
        },
    ],
};
