//! People behind claims by their tokens, which are personal data and erasable, their erasures, and how often which rule
//! refused a claim.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000210_beneficiary",
    statements: &[
        "ALTER TABLE claim ADD COLUMN beneficiaries {int} CHECK (beneficiaries >= 5)",
        "ALTER TABLE claim ADD COLUMN beneficiaries_root {bytes}",
        // A token is a keyed hash of a hash that the supplier made. Rows go when their claim ends or when they are erased.
        "CREATE TABLE beneficiary (
            claim_id {id} NOT NULL REFERENCES claim (id),
            seq {int} NOT NULL CHECK (seq >= 0),
            token {bytes} NOT NULL CHECK (length(token) = 32),
            from_day {text} NOT NULL,
            to_day {text} NOT NULL CHECK (to_day > from_day),
            started {text},
            kind {bytes} CHECK (length(kind) = 32),
            PRIMARY KEY (claim_id, seq)
        )",
        "CREATE INDEX beneficiary_token ON beneficiary (token)",
        "CREATE TABLE beneficiary_salt (
            claim_id {id} NOT NULL PRIMARY KEY REFERENCES claim (id),
            salt {bytes} NOT NULL CHECK (length(salt) = 32)
        )",
        "CREATE TABLE beneficiary_erasure (
            claim_id {id} NOT NULL REFERENCES claim (id),
            entry_idx {int} NOT NULL,
            people {int} NOT NULL CHECK (people > 0),
            ground {text} NOT NULL CHECK (ground IN ('retention', 'request')),
            at {int} NOT NULL,
            PRIMARY KEY (claim_id, entry_idx)
        )",
        // One row for each rule, measure and place of a month; where there are too many, without measure and place.
        "CREATE TABLE claim_refusal (
            month {text} NOT NULL,
            rule {text} NOT NULL,
            catalogue_id {id} NOT NULL,
            measure_code {text} NOT NULL,
            place {text} NOT NULL,
            people {bool} NOT NULL,
            refused {int} NOT NULL CHECK (refused > 0),
            PRIMARY KEY (month, rule, catalogue_id, measure_code, place)
        )",
        // Private: who was refused how often, to notice who tries out people.
        "CREATE TABLE claim_refusal_by (
            claimant_id {id} NOT NULL REFERENCES organisation (id),
            month {text} NOT NULL,
            rule {text} NOT NULL,
            refused {int} NOT NULL CHECK (refused > 0),
            PRIMARY KEY (claimant_id, month, rule)
        )",
    ],
    insert_only: &[InsertOnly {
        table: "beneficiary_erasure",
        key: &["claim_id", "entry_idx"],
    }],
};
