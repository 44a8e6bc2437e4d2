//! Quorums of verifiers: what the registry published, what was drawn for each claim, what was found, and the verifiers' record.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000205_quorum",
    statements: &[
        "CREATE TABLE quorum (
            number {int} NOT NULL PRIMARY KEY CHECK (number > 0),
            terms {bytes} NOT NULL,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            commitment {bytes} NOT NULL UNIQUE CHECK (length(commitment) = 32),
            -- Private: what all links are made of. A link is public once its claim was drawn.
            secret {bytes} NOT NULL CHECK (length(secret) = 32),
            -- The roots of the subtrees of 256 links, from which the paths of links are made.
            subtrees {bytes} NOT NULL CHECK (length(subtrees) = 8192),
            at {int} NOT NULL,
            entry_idx {int} NOT NULL UNIQUE
        )",
        "CREATE TABLE claim_draw (
            claim_id {id} NOT NULL PRIMARY KEY REFERENCES claim (id),
            number {int} NOT NULL REFERENCES quorum (number),
            position {int} NOT NULL CHECK (position > 0),
            link {bytes} NOT NULL CHECK (length(link) = 32),
            seed {bytes} NOT NULL CHECK (length(seed) = 32),
            entry_idx {int} NOT NULL,
            UNIQUE (number, position)
        )",
        "CREATE TABLE assignment (
            claim_id {id} NOT NULL REFERENCES claim_draw (claim_id),
            verifier_id {id} NOT NULL,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            seq {int} NOT NULL,
            third {bool} NOT NULL,
            since {int} NOT NULL,
            begun {bool} NOT NULL,
            sealed {bytes} CHECK (length(sealed) = 32),
            unanswered {bool} NOT NULL,
            left_how {text} CHECK (left_how IN ('declined', 'withdrew', 'discharged')),
            reason {bytes} CHECK (length(reason) = 32),
            fee_from {id} NOT NULL REFERENCES organisation (id),
            at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            PRIMARY KEY (claim_id, verifier_id),
            CHECK (sealed IS NULL OR left_how IS NULL),
            CHECK (reason IS NULL OR left_how IS NOT NULL)
        )",
        "CREATE UNIQUE INDEX assignment_seq ON assignment (claim_id, seq)",
        "CREATE INDEX assignment_verifier ON assignment (verifier_id, claim_id)",
        // Private until the last verifier of the claim has judged; then the same stands in `verification`.
        "CREATE TABLE sealed_finding (
            claim_id {id} NOT NULL,
            verifier_id {id} NOT NULL,
            accepted_units {int} NOT NULL CHECK (accepted_units >= 0),
            method {text} NOT NULL,
            reason {bytes} NOT NULL CHECK (length(reason) = 32),
            salt {bytes} NOT NULL CHECK (length(salt) = 32),
            PRIMARY KEY (claim_id, verifier_id),
            FOREIGN KEY (claim_id, verifier_id) REFERENCES assignment (claim_id, verifier_id)
        )",
        "CREATE TABLE claim_confirmation (
            claim_id {id} NOT NULL PRIMARY KEY REFERENCES claim_draw (claim_id),
            kpi_id {id} NOT NULL REFERENCES kpi (id),
            units {int} NOT NULL CHECK (units > 0),
            officer_id {id} NOT NULL,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            accepted_units {int} NOT NULL CHECK (accepted_units BETWEEN 1 AND units),
            method {text} NOT NULL,
            reason {bytes} NOT NULL CHECK (length(reason) = 32),
            audited {bool} NOT NULL,
            at {int} NOT NULL,
            entry_idx {int} NOT NULL
        )",
        "CREATE INDEX claim_confirmation_kpi ON claim_confirmation (kpi_id, audited)",
        "CREATE TABLE verifier_record (
            person_id {id} NOT NULL PRIMARY KEY,
            assigned {int} NOT NULL DEFAULT 0,
            accepted {int} NOT NULL DEFAULT 0,
            rejected {int} NOT NULL DEFAULT 0,
            overturned {int} NOT NULL DEFAULT 0 CHECK (overturned <= accepted),
            declined {int} NOT NULL DEFAULT 0,
            withdrew {int} NOT NULL DEFAULT 0,
            discharged {int} NOT NULL DEFAULT 0
        )",
        "INSERT INTO verifier_record (person_id, accepted, rejected)
            SELECT verifier_id, COUNT(accepted_units), COUNT(*) - COUNT(accepted_units)
            FROM verification GROUP BY verifier_id",
        // A claim's place among those that its quorum binds.
        "CREATE INDEX claim_entry ON claim (entry_idx)",
        // Every draw asks for all verifiers.
        "CREATE INDEX role_grant_role ON role_grant (role, person_id)",
    ],
    insert_only: &[
        InsertOnly {
            table: "quorum",
            key: &["number"],
        },
        InsertOnly {
            table: "claim_draw",
            key: &["claim_id"],
        },
        InsertOnly {
            table: "sealed_finding",
            key: &["claim_id", "verifier_id"],
        },
        InsertOnly {
            table: "claim_confirmation",
            key: &["claim_id"],
        },
    ],
};
