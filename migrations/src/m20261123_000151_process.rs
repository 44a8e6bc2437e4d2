//! The history of a tender, approvals of the second opening, letters to bidders, and the standstill.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000151_process",
    statements: &[
        // Every step that moves a tender or changes what it says, with the reason where one is given.
        "CREATE TABLE tender_event (
            tender_id {id} NOT NULL REFERENCES tender (id),
            entry_idx {int} NOT NULL,
            kind {text} NOT NULL,
            at {int} NOT NULL,
            reason_id {id},
            PRIMARY KEY (tender_id, entry_idx)
        )",
        "CREATE TABLE price_approval (
            tender_id {id} NOT NULL REFERENCES tender (id),
            person_id {id} NOT NULL,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            at {int} NOT NULL,
            PRIMARY KEY (tender_id, person_id)
        )",
        // The text is a reason in the erasable table. A second award brings a second letter.
        "CREATE TABLE letter (
            bid_id {id} NOT NULL REFERENCES bid (id),
            entry_idx {int} NOT NULL,
            tender_id {id} NOT NULL REFERENCES tender (id),
            reason_id {id} NOT NULL,
            PRIMARY KEY (bid_id, entry_idx)
        )",
        "CREATE INDEX letter_tender ON letter (tender_id)",
        // A contract never changes: that its award was annulled stands beside it.
        "CREATE TABLE contract_annulment (
            contract_id {id} NOT NULL PRIMARY KEY REFERENCES contract (id),
            annulled_on {text} NOT NULL,
            entry_idx {int} NOT NULL
        )",
        // The days that are still to run from the first one on; none where the plan has no standstill.
        "CREATE TABLE standstill (
            tender_id {id} NOT NULL PRIMARY KEY REFERENCES tender (id),
            notified_at {int} NOT NULL,
            notified_idx {int} NOT NULL,
            first_day {text},
            days {int},
            ends_at {int},
            suspended_at {int},
            CHECK ((first_day IS NULL) = (days IS NULL) AND (first_day IS NULL) = (ends_at IS NULL)),
            CHECK (suspended_at IS NULL OR ends_at IS NOT NULL)
        )",
    ],
    insert_only: &[
        InsertOnly {
            table: "tender_event",
            key: &["tender_id", "entry_idx"],
        },
        InsertOnly {
            table: "contract_annulment",
            key: &["contract_id"],
        },
    ],
};
