//! Sealed bids as ciphertext, and bids after the opening.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000021_bid",
    statements: &[
        // Who bids on what stands here, because replacing and withdrawing need it, and in no entry of the log. Of the
        // content there is nothing but the ciphertext and the commitment.
        "CREATE TABLE sealed_bid (
            id {id} NOT NULL PRIMARY KEY,
            tender_id {id} NOT NULL REFERENCES tender (id),
            supplier_id {id} NOT NULL REFERENCES organisation (id),
            lot {text} NOT NULL,
            state {text} NOT NULL CHECK (state IN ('waiting', 'replaced', 'withdrawn', 'opened', 'void')),
            received_at {int} NOT NULL,
            ended_at {int},
            commitment {bytes} NOT NULL CHECK (length(commitment) = 32),
            ciphertext {bytes} NOT NULL,
            entry_idx {int} NOT NULL,
            CHECK ((ended_at IS NULL) = (state = 'waiting'))
        )",
        "CREATE UNIQUE INDEX sealed_bid_waiting ON sealed_bid (tender_id, supplier_id, lot) WHERE state = 'waiting'",
        "CREATE INDEX sealed_bid_supplier ON sealed_bid (supplier_id, id)",
        "CREATE INDEX sealed_bid_tender ON sealed_bid (tender_id, id)",
        // The content is whole, with its salts: reads show of it what the plan discloses to whoever asks.
        "CREATE TABLE bid (
            id {id} NOT NULL PRIMARY KEY,
            tender_id {id} NOT NULL REFERENCES tender (id),
            supplier_id {id} NOT NULL REFERENCES organisation (id),
            lot {text} NOT NULL,
            sealed_id {id} NOT NULL UNIQUE REFERENCES sealed_bid (id),
            received_at {int} NOT NULL,
            validity {text} NOT NULL CHECK (validity IN ('valid', 'commitment_mismatch', 'content')),
            content {bytes} NOT NULL,
            excluded_ground {text},
            excluded_reason_id {id},
            excluded_idx {int},
            entry_idx {int} NOT NULL,
            CHECK ((excluded_ground IS NULL) = (excluded_idx IS NULL) AND (excluded_ground IS NULL) = (excluded_reason_id IS NULL))
        )",
        "CREATE INDEX bid_tender ON bid (tender_id, id)",
        "CREATE INDEX bid_supplier ON bid (supplier_id, id)",
    ],
    insert_only: &[],
};
