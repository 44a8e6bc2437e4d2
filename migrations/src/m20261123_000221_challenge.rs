//! Challenges of claims with every step, and registrars' own proposals.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000221_challenge",
    statements: &[
        "CREATE TABLE challenge (
            id {id} NOT NULL PRIMARY KEY,
            claim_id {id} NOT NULL REFERENCES claim (id),
            ground {text} NOT NULL CHECK (ground IN ('delivery', 'counted_twice', 'independence', 'undone', 'contract')),
            raised_by {id} NOT NULL,
            raised_at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            buyer_id {id} REFERENCES organisation (id),
            answer_by {int} NOT NULL,
            replied {bool} NOT NULL,
            has_case {bool} NOT NULL,
            appealed {bool} NOT NULL,
            carried_out {bool} NOT NULL,
            over {bool} NOT NULL
        )",
        "CREATE INDEX challenge_claim ON challenge (claim_id, id)",
        "CREATE INDEX challenge_person ON challenge (raised_by, over)",
        "CREATE INDEX challenge_open ON challenge (answer_by) WHERE NOT over",
        "CREATE TABLE challenge_decision (
            challenge_id {id} NOT NULL REFERENCES challenge (id),
            entry_idx {int} NOT NULL,
            by_id {id} NOT NULL,
            remedy {text} CHECK (remedy IN ('correct', 'reverse')),
            verified_units {int} CHECK (verified_units >= 0),
            at {int} NOT NULL,
            PRIMARY KEY (challenge_id, entry_idx),
            CHECK ((remedy IS NULL) = (verified_units IS NULL))
        )",
        // Every step, with the words behind it where there are words.
        "CREATE TABLE challenge_step (
            challenge_id {id} NOT NULL REFERENCES challenge (id),
            entry_idx {int} NOT NULL,
            kind {text} NOT NULL,
            by_id {id} NOT NULL,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            words {bytes} CHECK (length(words) = 32),
            at {int} NOT NULL,
            PRIMARY KEY (challenge_id, entry_idx)
        )",
        "CREATE TABLE proposal (
            id {id} NOT NULL PRIMARY KEY,
            claim_id {id} NOT NULL REFERENCES claim (id),
            remedy {text} NOT NULL CHECK (remedy IN ('correct', 'reverse')),
            verified_units {int} NOT NULL CHECK (verified_units >= 0),
            by_id {id} NOT NULL,
            reason {bytes} NOT NULL CHECK (length(reason) = 32),
            at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            carried_out {bool} NOT NULL
        )",
        "CREATE INDEX proposal_claim ON proposal (claim_id, id)",
    ],
    insert_only: &[
        InsertOnly {
            table: "challenge_decision",
            key: &["challenge_id", "entry_idx"],
        },
        InsertOnly {
            table: "challenge_step",
            key: &["challenge_id", "entry_idx"],
        },
    ],
};
