//! Classes, batches, transfers and retirements. Balances stand in `account`, which follows from the postings.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000032_credit",
    statements: &[
        "CREATE TABLE class (
            id {id} NOT NULL PRIMARY KEY,
            catalogue_id {id} NOT NULL REFERENCES catalogue (id),
            measure_code {text} NOT NULL,
            place {text} NOT NULL,
            vintage {int} NOT NULL CHECK (vintage BETWEEN 1970 AND 9999),
            scale {int} NOT NULL CHECK (scale BETWEEN 0 AND 6),
            unit {text} NOT NULL,
            buffer_millionths {int} NOT NULL CHECK (buffer_millionths BETWEEN 0 AND 999999),
            holding_limit_units {int} CHECK (holding_limit_units > 0),
            transferable {bool} NOT NULL,
            entry_idx {int} NOT NULL,
            UNIQUE (catalogue_id, measure_code, place, vintage)
        )",
        // One issue per claim.
        "CREATE TABLE batch (
            id {id} NOT NULL PRIMARY KEY,
            class_id {id} NOT NULL REFERENCES class (id),
            claim_id {id} NOT NULL UNIQUE REFERENCES claim (id),
            claimant_id {id} NOT NULL REFERENCES organisation (id),
            kpi_id {id} REFERENCES kpi (id),
            obligated_units {int} NOT NULL CHECK (obligated_units >= 0),
            surplus_units {int} NOT NULL CHECK (surplus_units >= 0),
            buffer_units {int} NOT NULL CHECK (buffer_units >= 0),
            available_units {int} NOT NULL CHECK (available_units >= 0),
            issued_at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            CHECK (obligated_units + surplus_units > 0),
            CHECK (buffer_units + available_units <= surplus_units)
        )",
        "CREATE INDEX batch_class ON batch (class_id, id)",
        "CREATE INDEX batch_kpi ON batch (kpi_id)",
        "CREATE TABLE transfer (
            entry_idx {int} NOT NULL PRIMARY KEY,
            batch_id {id} NOT NULL REFERENCES batch (id),
            from_id {id} NOT NULL REFERENCES organisation (id),
            to_id {id} NOT NULL REFERENCES organisation (id),
            units {int} NOT NULL CHECK (units > 0),
            reason {text} NOT NULL CHECK (reason IN ('sale', 'gift', 'group')),
            note {bytes} CHECK (length(note) = 32),
            at {int} NOT NULL,
            CHECK (from_id <> to_id)
        )",
        // Serials are half-open ranges of the batch's numbers; each leaves circulation once.
        "CREATE TABLE retirement (
            id {id} NOT NULL PRIMARY KEY,
            batch_id {id} NOT NULL REFERENCES batch (id),
            holder_id {id} REFERENCES organisation (id),
            beneficiary_id {id} NOT NULL REFERENCES organisation (id),
            jurisdiction {text} NOT NULL,
            from_day {text} NOT NULL,
            to_day {text} NOT NULL CHECK (to_day > from_day),
            reason {text} NOT NULL CHECK (reason IN ('obligation', 'voluntary')),
            note {bytes} CHECK (length(note) = 32),
            serial_from {int} NOT NULL CHECK (serial_from >= 0),
            serial_to {int} NOT NULL CHECK (serial_to > serial_from),
            certificate {text} NOT NULL UNIQUE,
            at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            UNIQUE (batch_id, serial_from)
        )",
        "CREATE INDEX retirement_beneficiary ON retirement (beneficiary_id, id)",
    ],
    insert_only: &[
        InsertOnly {
            table: "class",
            key: &["id"],
        },
        InsertOnly {
            table: "batch",
            key: &["id"],
        },
        InsertOnly {
            table: "transfer",
            key: &["entry_idx"],
        },
        InsertOnly {
            table: "retirement",
            key: &["id"],
        },
    ],
};
