//! Programmes of outcome payers: what they count, what they owe, and what was paid outside.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000215_programme",
    statements: &[
        // The body is the canonical JSON that the log carries.
        "CREATE TABLE programme (
            id {id} NOT NULL PRIMARY KEY,
            payer_id {id} NOT NULL REFERENCES organisation (id),
            body {bytes} NOT NULL,
            entry_idx {int} NOT NULL
        )",
        "CREATE INDEX programme_payer ON programme (payer_id, id)",
        "CREATE TABLE programme_statement (
            programme_id {id} NOT NULL REFERENCES programme (id),
            number {int} NOT NULL CHECK (number > 0),
            claims {int} NOT NULL CHECK (claims >= 0),
            difference_minor {int} NOT NULL,
            left_minor {int} NOT NULL CHECK (left_minor >= 0),
            at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            PRIMARY KEY (programme_id, number)
        )",
        "CREATE TABLE programme_line (
            programme_id {id} NOT NULL,
            number {int} NOT NULL,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            outcome_minor {int} NOT NULL CHECK (outcome_minor >= 0),
            entitled_minor {int} NOT NULL CHECK (entitled_minor >= 0),
            owed_minor {int} NOT NULL CHECK (owed_minor BETWEEN 0 AND entitled_minor),
            difference_minor {int} NOT NULL,
            PRIMARY KEY (programme_id, number, organisation_id),
            FOREIGN KEY (programme_id, number) REFERENCES programme_statement (programme_id, number)
        )",
        // A claim counts once for a programme: the row holds what it counts for now.
        "CREATE TABLE programme_claim (
            programme_id {id} NOT NULL REFERENCES programme (id),
            claim_id {id} NOT NULL REFERENCES claim (id),
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            number {int} NOT NULL CHECK (number > 0),
            units {int} NOT NULL CHECK (units >= 0),
            outcome_minor {int} NOT NULL CHECK (outcome_minor >= 0),
            earned_minor {int} NOT NULL CHECK (earned_minor BETWEEN 0 AND outcome_minor),
            PRIMARY KEY (programme_id, claim_id)
        )",
        "CREATE TABLE programme_standing (
            programme_id {id} NOT NULL REFERENCES programme (id),
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            outcome_minor {int} NOT NULL CHECK (outcome_minor >= 0),
            earned_minor {int} NOT NULL CHECK (earned_minor >= 0),
            owed_minor {int} NOT NULL CHECK (owed_minor BETWEEN 0 AND earned_minor),
            paid_minor {int} NOT NULL DEFAULT 0 CHECK (paid_minor >= 0),
            PRIMARY KEY (programme_id, organisation_id)
        )",
        "CREATE TABLE programme_payment (
            entry_idx {int} NOT NULL PRIMARY KEY,
            programme_id {id} NOT NULL REFERENCES programme (id),
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            direction {text} NOT NULL CHECK (direction IN ('paid', 'returned')),
            minor {int} NOT NULL CHECK (minor > 0),
            on_day {text} NOT NULL,
            reference {text} NOT NULL,
            at {int} NOT NULL,
            UNIQUE (programme_id, reference)
        )",
        "CREATE INDEX programme_payment_organisation ON programme_payment (organisation_id, entry_idx)",
        "CREATE INDEX claim_measure ON claim (measure_code, catalogue_id, status, id)",
    ],
    insert_only: &[
        InsertOnly {
            table: "programme",
            key: &["id"],
        },
        InsertOnly {
            table: "programme_statement",
            key: &["programme_id", "number"],
        },
        InsertOnly {
            table: "programme_line",
            key: &["programme_id", "number", "organisation_id"],
        },
        InsertOnly {
            table: "programme_payment",
            key: &["entry_idx"],
        },
    ],
};
