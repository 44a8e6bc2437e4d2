//! Confirmations of participation: who is asked, what is sealed, what the opening showed; and late bids, to bound them.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000130_confirmation",
    statements: &[
        // Who asks whom stands here for those two alone. Share and work are encrypted to the service's key, so that a copy of
        // the database tells no part of a bid.
        "CREATE TABLE confirmation_request (
            id {id} NOT NULL PRIMARY KEY,
            tender_id {id} NOT NULL REFERENCES tender (id),
            bidder_id {id} NOT NULL REFERENCES organisation (id),
            lot {text} NOT NULL,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            content {bytes} NOT NULL,
            asked_at {int} NOT NULL,
            UNIQUE (tender_id, bidder_id, lot, organisation_id),
            CHECK (bidder_id <> organisation_id)
        )",
        "CREATE INDEX confirmation_request_bidder ON confirmation_request (bidder_id, id)",
        "CREATE INDEX confirmation_request_organisation ON confirmation_request (organisation_id, id)",
        // `content` is whole, with its salts, once the opening has shown the confirmation.
        "CREATE TABLE sealed_confirmation (
            id {id} NOT NULL PRIMARY KEY,
            request_id {id} NOT NULL,
            tender_id {id} NOT NULL REFERENCES tender (id),
            bidder_id {id} NOT NULL REFERENCES organisation (id),
            lot {text} NOT NULL,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            state {text} NOT NULL CHECK (state IN ('waiting', 'replaced', 'withdrawn', 'opened', 'void')),
            received_at {int} NOT NULL,
            ended_at {int},
            commitment {bytes} NOT NULL CHECK (length(commitment) = 32),
            ciphertext {bytes} NOT NULL,
            entry_idx {int} NOT NULL,
            content {bytes},
            opened_idx {int},
            CHECK ((ended_at IS NULL) = (state = 'waiting')),
            CHECK ((content IS NULL) = (opened_idx IS NULL) AND (content IS NOT NULL) = (state = 'opened'))
        )",
        "CREATE UNIQUE INDEX sealed_confirmation_waiting ON sealed_confirmation (tender_id, bidder_id, lot, organisation_id)
            WHERE state = 'waiting'",
        "CREATE INDEX sealed_confirmation_tender ON sealed_confirmation (tender_id, state)",
        "CREATE INDEX sealed_confirmation_request ON sealed_confirmation (request_id)",
        // Each is an entry, and nobody may fill the log with them.
        "CREATE TABLE late_bid (
            sealed_id {id} NOT NULL PRIMARY KEY,
            tender_id {id} NOT NULL REFERENCES tender (id),
            supplier_id {id} NOT NULL REFERENCES organisation (id),
            entry_idx {int} NOT NULL
        )",
        "CREATE INDEX late_bid_supplier ON late_bid (tender_id, supplier_id)",
    ],
    insert_only: &[],
};
