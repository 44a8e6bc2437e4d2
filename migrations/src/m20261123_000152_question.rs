//! Questions of suppliers, and the answers that everyone reads.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000152_question",
    statements: &[
        // Who asked stands here, because the asker may read the own question again, and in nothing that is published. The
        // id is random, so that it does not tell when it was asked.
        "CREATE TABLE question (
            id {id} NOT NULL PRIMARY KEY,
            tender_id {id} NOT NULL REFERENCES tender (id),
            supplier_id {id} NOT NULL REFERENCES organisation (id),
            asked_by {id} NOT NULL,
            asked_at {int} NOT NULL,
            text {text} NOT NULL,
            answered_idx {int}
        )",
        "CREATE INDEX question_tender ON question (tender_id, supplier_id)",
        // The texts are reasons in the erasable table. An answer does not name its question.
        "CREATE TABLE answer (
            tender_id {id} NOT NULL REFERENCES tender (id),
            number {int} NOT NULL,
            question_reason_id {id} NOT NULL,
            answer_reason_id {id} NOT NULL,
            at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            PRIMARY KEY (tender_id, number)
        )",
    ],
    insert_only: &[InsertOnly {
        table: "answer",
        key: &["tender_id", "number"],
    }],
};
