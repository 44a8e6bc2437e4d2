//! Claims of delivery, the evidence behind them, and what verifiers found.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000031_claim",
    statements: &[
        "CREATE TABLE claim (
            id {id} NOT NULL PRIMARY KEY,
            claimant_id {id} NOT NULL REFERENCES organisation (id),
            contract_id {id},
            kpi_id {id},
            catalogue_id {id} NOT NULL REFERENCES catalogue (id),
            measure_code {text} NOT NULL,
            units {int} NOT NULL CHECK (units > 0),
            scale {int} NOT NULL CHECK (scale BETWEEN 0 AND 6),
            unit {text} NOT NULL,
            from_day {text} NOT NULL,
            to_day {text} NOT NULL CHECK (to_day > from_day),
            vintage {int} NOT NULL,
            place {text} NOT NULL,
            external_reference {text},
            status {text} NOT NULL CHECK (status IN ('submitted', 'verified', 'rejected', 'withdrawn')),
            verified_units {int} CHECK (verified_units BETWEEN 1 AND units),
            submitted_by {id} NOT NULL,
            submitted_at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            decided_at {int},
            decided_idx {int},
            FOREIGN KEY (contract_id, kpi_id) REFERENCES kpi (contract_id, id),
            CHECK ((contract_id IS NULL) = (kpi_id IS NULL)),
            CHECK ((verified_units IS NOT NULL) = (status = 'verified')),
            CHECK ((decided_idx IS NULL) = (status = 'submitted')),
            CHECK ((decided_at IS NULL) = (decided_idx IS NULL)),
            UNIQUE (claimant_id, external_reference)
        )",
        "CREATE INDEX claim_contract ON claim (contract_id, id)",
        "CREATE INDEX claim_kpi ON claim (kpi_id, status)",
        "CREATE INDEX claim_status ON claim (status, id)",
        "CREATE TABLE evidence (
            claim_id {id} NOT NULL REFERENCES claim (id),
            seq {int} NOT NULL CHECK (seq >= 0),
            sha256 {bytes} NOT NULL CHECK (length(sha256) = 32),
            kind {text} NOT NULL,
            size {int} NOT NULL CHECK (size > 0),
            media_type {text} NOT NULL,
            live {bool} NOT NULL,
            PRIMARY KEY (claim_id, seq)
        )",
        // One outcome is claimed once: a file stands behind one live claim at most.
        "CREATE UNIQUE INDEX evidence_live ON evidence (sha256) WHERE live",
        "CREATE TABLE verification (
            claim_id {id} NOT NULL REFERENCES claim (id),
            verifier_id {id} NOT NULL,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            accepted_units {int} CHECK (accepted_units > 0),
            method {text},
            reason {bytes} NOT NULL CHECK (length(reason) = 32),
            at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            PRIMARY KEY (claim_id, verifier_id),
            CHECK ((accepted_units IS NULL) = (method IS NULL))
        )",
        // Words behind a hash of the log. Erasing a row here leaves every entry as it is.
        "CREATE TABLE remark (
            hash {bytes} NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
            words {text} NOT NULL,
            salt {bytes} NOT NULL CHECK (length(salt) = 32)
        )",
    ],
    insert_only: &[InsertOnly {
        table: "verification",
        key: &["claim_id", "verifier_id"],
    }],
};
