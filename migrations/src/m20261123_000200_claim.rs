//! What counts of a delivery: open steps of claims, shares of an outcome, people behind it, references that are used once
//! in the whole registry, exclusions, and questions with their answers.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000200_claim",
    statements: &[
        // SQLite cannot change a CHECK: the table is made anew under its name, while foreign keys wait for the commit.
        "{sqlite} PRAGMA defer_foreign_keys = ON",
        "{sqlite} CREATE TABLE claim_before AS SELECT * FROM claim",
        "{sqlite} DROP TABLE claim",
        "{sqlite} CREATE TABLE claim (
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
            status {text} NOT NULL CHECK (status IN
                ('submitted', 'in_verification', 'information_requested', 'verified', 'rejected', 'withdrawn')),
            verified_units {int} CHECK (verified_units BETWEEN 0 AND units),
            submitted_by {id} NOT NULL,
            submitted_at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            decided_at {int},
            decided_idx {int},
            FOREIGN KEY (contract_id, kpi_id) REFERENCES kpi (contract_id, id),
            CHECK ((contract_id IS NULL) = (kpi_id IS NULL)),
            CHECK ((verified_units IS NOT NULL) = (status = 'verified')),
            CHECK ((decided_idx IS NULL) = (status IN ('submitted', 'in_verification', 'information_requested'))),
            CHECK ((decided_at IS NULL) = (decided_idx IS NULL))
        )",
        "{sqlite} INSERT INTO claim SELECT id, claimant_id, contract_id, kpi_id, catalogue_id, measure_code, units, scale, unit,
            from_day, to_day, vintage, place, status, verified_units, submitted_by, submitted_at, entry_idx, decided_at,
            decided_idx FROM claim_before",
        "{sqlite} DROP TABLE claim_before",
        "{sqlite} CREATE INDEX claim_contract ON claim (contract_id, id)",
        "{sqlite} CREATE INDEX claim_kpi ON claim (kpi_id, status)",
        "{sqlite} CREATE INDEX claim_status ON claim (status, id)",
        // PostgreSQL numbers the checks that it names itself: they are found by what they say.
        "{postgres} DO $$ DECLARE name text; BEGIN
            FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = 'claim'::regclass AND contype = 'c'
                AND (pg_get_constraintdef(oid) LIKE '%withdrawn%' OR pg_get_constraintdef(oid) LIKE '%verified_units >= 1%'
                OR pg_get_constraintdef(oid) LIKE '%decided_idx%submitted%')
            LOOP EXECUTE 'ALTER TABLE claim DROP CONSTRAINT ' || quote_ident(name); END LOOP; END $$",
        "{postgres} ALTER TABLE claim ADD CONSTRAINT claim_status_known CHECK (status IN
            ('submitted', 'in_verification', 'information_requested', 'verified', 'rejected', 'withdrawn'))",
        // A reversal may leave nothing verified.
        "{postgres} ALTER TABLE claim ADD CONSTRAINT claim_verified_units CHECK (verified_units BETWEEN 0 AND units)",
        "{postgres} ALTER TABLE claim ADD CONSTRAINT claim_decided CHECK
            ((decided_idx IS NULL) = (status IN ('submitted', 'in_verification', 'information_requested')))",
        "{postgres} ALTER TABLE claim DROP COLUMN external_reference",
        // What its measure counts: claims with one word are about the same sort of outcome.
        "ALTER TABLE claim ADD COLUMN outcome {text} NOT NULL DEFAULT ''",
        "UPDATE claim SET outcome =
            (SELECT code FROM catalogue WHERE catalogue.id = claim.catalogue_id) || '/' || measure_code",
        "ALTER TABLE claim ADD COLUMN share_millionths {int} NOT NULL DEFAULT 1000000
            CHECK (share_millionths BETWEEN 1 AND 1000000)",
        "ALTER TABLE claim ADD COLUMN reference_source {text}",
        "ALTER TABLE claim ADD COLUMN reference_number {text}",
        "ALTER TABLE claim ADD COLUMN reference_key {text} CHECK (share_millionths = 1000000 OR reference_key IS NOT NULL)",
        "ALTER TABLE claim ADD COLUMN people {int} CHECK (people >= 5)",
        "ALTER TABLE claim ADD COLUMN working {bytes}",
        // One reference stands behind one whole outcome, until its claim is withdrawn or rejected.
        "CREATE UNIQUE INDEX claim_reference_whole ON claim (reference_key)
            WHERE share_millionths = 1000000 AND status NOT IN ('withdrawn', 'rejected')",
        "CREATE INDEX claim_reference ON claim (reference_key)",
        "CREATE INDEX claim_outcome ON claim (outcome, claimant_id, from_day)",
        // Shares of one outcome may show the same file.
        "ALTER TABLE evidence ADD COLUMN shared {bool} NOT NULL DEFAULT FALSE",
        "DROP INDEX evidence_live",
        "CREATE UNIQUE INDEX evidence_live ON evidence (sha256) WHERE live AND NOT shared",
        "CREATE INDEX evidence_file ON evidence (sha256)",
        "CREATE TABLE kpi_asks (
            kpi_id {id} NOT NULL PRIMARY KEY REFERENCES kpi (id),
            outcome {text} NOT NULL,
            place {text} NOT NULL
        )",
        "INSERT INTO kpi_asks SELECT kpi.id, catalogue.code || '/' || kpi.measure_code, kpi.place
            FROM kpi JOIN catalogue ON catalogue.id = kpi.catalogue_id",
        "CREATE INDEX kpi_asks_place ON kpi_asks (outcome, place)",
        // Who worked how much: private, and erasable without touching the log.
        "CREATE TABLE claim_working (
            claim_id {id} NOT NULL PRIMARY KEY REFERENCES claim (id),
            lines {bytes} NOT NULL,
            salt {bytes} NOT NULL CHECK (length(salt) = 32)
        )",
        "CREATE TABLE exclusion (
            earlier_id {id} NOT NULL REFERENCES claim (id),
            claimant_id {id} NOT NULL REFERENCES organisation (id),
            reason {bytes} NOT NULL CHECK (length(reason) = 32),
            logged_by {id} NOT NULL,
            at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            PRIMARY KEY (earlier_id, claimant_id)
        )",
        "CREATE TABLE claim_inquiry (
            claim_id {id} NOT NULL REFERENCES claim (id),
            entry_idx {int} NOT NULL,
            kind {text} NOT NULL CHECK (kind IN ('question', 'answer')),
            words {bytes} NOT NULL CHECK (length(words) = 32),
            by_id {id} NOT NULL,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            at {int} NOT NULL,
            PRIMARY KEY (claim_id, entry_idx)
        )",
    ],
    insert_only: &[
        InsertOnly {
            table: "kpi_asks",
            key: &["kpi_id"],
        },
        InsertOnly {
            table: "exclusion",
            key: &["earlier_id", "claimant_id"],
        },
        InsertOnly {
            table: "claim_inquiry",
            key: &["claim_id", "entry_idx"],
        },
    ],
};
