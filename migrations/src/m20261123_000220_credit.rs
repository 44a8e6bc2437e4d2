//! Settings of classes, published cover, what is left of batches and KPIs, holds, and what leaves at the high end.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000220_credit",
    statements: &[
        "ALTER TABLE contract ADD COLUMN substitution_millionths {int} NOT NULL DEFAULT 0
            CHECK (substitution_millionths BETWEEN 0 AND 1000000)",
        "ALTER TABLE class ADD COLUMN tradable_millionths {int} NOT NULL DEFAULT 200000
            CHECK (tradable_millionths BETWEEN 0 AND 1000000)",
        "ALTER TABLE class ADD COLUMN substitution_millionths {int} NOT NULL DEFAULT 100000
            CHECK (substitution_millionths BETWEEN 0 AND 1000000)",
        "ALTER TABLE class ADD COLUMN buffer_years {int} NOT NULL DEFAULT 3 CHECK (buffer_years BETWEEN 0 AND 255)",
        "ALTER TABLE batch ADD COLUMN issuer_id {id}",
        "ALTER TABLE transfer ADD COLUMN procurement_reference {text}",
        // A retirement knows more reasons, and the KPI that it answers or covers.
        "CREATE TABLE retirement_before AS SELECT * FROM retirement",
        "DROP TABLE retirement",
        "CREATE TABLE retirement (
            id {id} NOT NULL PRIMARY KEY,
            batch_id {id} NOT NULL REFERENCES batch (id),
            holder_id {id} REFERENCES organisation (id),
            beneficiary_id {id} NOT NULL REFERENCES organisation (id),
            jurisdiction {text} NOT NULL,
            from_day {text} NOT NULL,
            to_day {text} NOT NULL CHECK (to_day > from_day),
            reason {text} NOT NULL CHECK (reason IN ('obligation', 'surplus', 'voluntary', 'substitution')),
            kpi_id {id} REFERENCES kpi (id),
            note {bytes} CHECK (length(note) = 32),
            serial_from {int} NOT NULL CHECK (serial_from >= 0),
            serial_to {int} NOT NULL CHECK (serial_to > serial_from),
            certificate {text} NOT NULL UNIQUE,
            at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            UNIQUE (batch_id, serial_from),
            CHECK (reason <> 'substitution' OR kpi_id IS NOT NULL),
            CHECK ((holder_id IS NULL) = (reason IN ('obligation', 'surplus')))
        )",
        "INSERT INTO retirement SELECT old.id, old.batch_id, old.holder_id, old.beneficiary_id, old.jurisdiction, old.from_day,
            old.to_day, old.reason, CASE WHEN old.reason = 'obligation' THEN batch.kpi_id END, old.note, old.serial_from,
            old.serial_to, old.certificate, old.at, old.entry_idx
            FROM retirement_before AS old JOIN batch ON batch.id = old.batch_id",
        "DROP TABLE retirement_before",
        "CREATE INDEX retirement_beneficiary ON retirement (beneficiary_id, id)",
        // What credits have done for a KPI, without what was undone: a projection of issues, cover and reductions.
        "CREATE TABLE kpi_account (
            kpi_id {id} NOT NULL PRIMARY KEY REFERENCES kpi (id),
            obligated_units {int} NOT NULL CHECK (obligated_units >= 0),
            surplus_units {int} NOT NULL CHECK (surplus_units >= 0),
            tradable_units {int} NOT NULL CHECK (tradable_units >= 0),
            covered_units {int} NOT NULL CHECK (covered_units >= 0)
        )",
        "CREATE TABLE surplus_intent (
            kpi_id {id} NOT NULL PRIMARY KEY REFERENCES kpi (id),
            on_day {text} NOT NULL,
            entry_idx {int} NOT NULL
        )",
        // What is left of what a batch was issued as.
        "CREATE TABLE batch_left (
            batch_id {id} NOT NULL PRIMARY KEY REFERENCES batch (id),
            circulating_units {int} NOT NULL CHECK (circulating_units >= 0),
            buffer_units {int} NOT NULL CHECK (buffer_units >= 0)
        )",
        "CREATE TABLE part_left (
            retirement_id {id} NOT NULL PRIMARY KEY,
            batch_id {id} NOT NULL REFERENCES batch (id),
            seq {int} NOT NULL,
            kpi_id {id},
            units {int} NOT NULL CHECK (units >= 0)
        )",
        "CREATE INDEX part_left_batch ON part_left (batch_id, seq)",
        "CREATE TABLE hold (
            id {id} NOT NULL PRIMARY KEY,
            batch_id {id} NOT NULL REFERENCES batch (id),
            holder_id {id} NOT NULL REFERENCES organisation (id),
            to_id {id} REFERENCES organisation (id),
            units {int} NOT NULL CHECK (units > 0),
            expires_at {int} NOT NULL,
            at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            ended {text} CHECK (ended IN ('delivered', 'given_up', 'expired', 'broken')),
            ended_idx {int},
            delivered_units {int} NOT NULL DEFAULT 0 CHECK (delivered_units BETWEEN 0 AND units),
            CHECK ((ended IS NULL) = (ended_idx IS NULL))
        )",
        "CREATE INDEX hold_holder ON hold (holder_id, id)",
        "CREATE INDEX hold_open ON hold (batch_id, holder_id) WHERE ended IS NULL",
        // Serials that left at the high end, each once.
        "CREATE TABLE removal (
            batch_id {id} NOT NULL REFERENCES batch (id),
            serial_from {int} NOT NULL CHECK (serial_from >= 0),
            serial_to {int} NOT NULL CHECK (serial_to > serial_from),
            holder_id {id} REFERENCES organisation (id),
            reason {text} NOT NULL CHECK (reason IN ('cancelled', 'reversed', 'buffer', 'liability')),
            note {bytes} CHECK (length(note) = 32),
            at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            PRIMARY KEY (batch_id, serial_from)
        )",
        "CREATE TABLE reduction (
            entry_idx {int} NOT NULL PRIMARY KEY,
            claim_id {id} NOT NULL REFERENCES claim (id),
            remedy {text} NOT NULL CHECK (remedy IN ('correct', 'reverse')),
            before_units {int} NOT NULL,
            after_units {int} NOT NULL CHECK (after_units BETWEEN 0 AND before_units),
            challenge_id {id},
            proposal_id {id},
            carried_out_by {id} NOT NULL,
            at {int} NOT NULL,
            CHECK ((challenge_id IS NULL) <> (proposal_id IS NULL))
        )",
        "CREATE INDEX reduction_claim ON reduction (claim_id, entry_idx)",
        // Certificates that hold for less.
        "CREATE TABLE withdrawal (
            retirement_id {id} NOT NULL REFERENCES retirement (id),
            entry_idx {int} NOT NULL,
            units {int} NOT NULL CHECK (units > 0),
            PRIMARY KEY (retirement_id, entry_idx)
        )",
        "CREATE TABLE liability (
            id {id} NOT NULL PRIMARY KEY,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            class_id {id} NOT NULL REFERENCES class (id),
            claim_id {id} NOT NULL REFERENCES claim (id),
            recorded_units {int} NOT NULL CHECK (recorded_units > 0),
            units {int} NOT NULL CHECK (units BETWEEN 0 AND recorded_units),
            at {int} NOT NULL,
            entry_idx {int} NOT NULL
        )",
        "CREATE INDEX liability_open ON liability (organisation_id) WHERE units > 0",
    ],
    insert_only: &[
        InsertOnly {
            table: "retirement",
            key: &["id"],
        },
        InsertOnly {
            table: "surplus_intent",
            key: &["kpi_id"],
        },
        InsertOnly {
            table: "removal",
            key: &["batch_id", "serial_from"],
        },
        InsertOnly {
            table: "reduction",
            key: &["entry_idx"],
        },
        InsertOnly {
            table: "withdrawal",
            key: &["retirement_id", "entry_idx"],
        },
    ],
};
