//! Stages behind the award, amendments, and the second envelope.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000150_stage",
    statements: &[
        // SQLite cannot change a CHECK: the table is made anew under its name, while foreign keys wait for the commit.
        "{sqlite} PRAGMA defer_foreign_keys = ON",
        "{sqlite} CREATE TABLE tender_before AS SELECT * FROM tender",
        "{sqlite} DROP TABLE tender",
        "{sqlite} CREATE TABLE tender (
            id {id} NOT NULL PRIMARY KEY,
            buyer_id {id} NOT NULL REFERENCES organisation (id),
            title {text} NOT NULL,
            plan {bytes} NOT NULL,
            recipient {text} NOT NULL,
            stage {text} NOT NULL CHECK (stage IN ('published', 'opened', 'evaluating', 'moderating', 'consensus_signed',
                'prices_opened', 'ranked', 'award_proposed', 'awarded', 'letters_sent', 'standstill', 'suspended',
                'contracted', 'cancelled', 'annulled')),
            inputs_idx {int} NOT NULL,
            published_at {int} NOT NULL,
            closes_at {int} NOT NULL,
            opens_at {int} NOT NULL CHECK (opens_at >= closes_at),
            entry_idx {int} NOT NULL,
            opened_idx {int},
            cancelled_idx {int},
            cancel_reason_id {id},
            CHECK ((cancelled_idx IS NULL) = (stage <> 'cancelled'))
        )",
        "{sqlite} INSERT INTO tender SELECT id, buyer_id, title, plan, recipient, stage, inputs_idx, published_at, closes_at,
            opens_at, entry_idx, opened_idx, cancelled_idx, cancel_reason_id FROM tender_before",
        "{sqlite} DROP TABLE tender_before",
        "{sqlite} CREATE INDEX tender_buyer ON tender (buyer_id, id)",
        "{sqlite} CREATE INDEX tender_stage ON tender (stage, closes_at)",
        "{postgres} ALTER TABLE tender DROP CONSTRAINT tender_stage_check",
        "{postgres} ALTER TABLE tender ADD CONSTRAINT tender_stage_check CHECK (stage IN ('published', 'opened', 'evaluating',
            'moderating', 'consensus_signed', 'prices_opened', 'ranked', 'award_proposed', 'awarded', 'letters_sent',
            'standstill', 'suspended', 'contracted', 'cancelled', 'annulled'))",
        // How many amendments there were, and the last one that changed more than words and times: a bid sealed before it
        // must be confirmed.
        "ALTER TABLE tender ADD COLUMN amendments {int} NOT NULL DEFAULT 0",
        "ALTER TABLE tender ADD COLUMN material_idx {int}",
        // The last one that changed what bids must say: a bid sealed before it must be replaced.
        "ALTER TABLE tender ADD COLUMN form_idx {int}",
        "ALTER TABLE tender ADD COLUMN answers {int} NOT NULL DEFAULT 0",
        "ALTER TABLE sealed_bid ADD COLUMN confirmed_at {int}",
        "ALTER TABLE sealed_bid ADD COLUMN confirmed_idx {int}",
    ],
    insert_only: &[],
};
