//! Tenders, the private halves of their keys, and who approved an opening.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000020_tender",
    statements: &[
        // The stage "closed" is not stored: it follows from the deadline. `inputs_idx` is the last entry that a ranking
        // depends on: one that was computed before it is refused.
        "CREATE TABLE tender (
            id {id} NOT NULL PRIMARY KEY,
            buyer_id {id} NOT NULL REFERENCES organisation (id),
            title {text} NOT NULL,
            plan {bytes} NOT NULL,
            recipient {text} NOT NULL,
            stage {text} NOT NULL CHECK (stage IN ('published', 'opened', 'evaluating', 'consensus_signed', 'ranked',
                'award_proposed', 'awarded', 'contracted', 'cancelled')),
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
        "CREATE INDEX tender_buyer ON tender (buyer_id, id)",
        "CREATE INDEX tender_stage ON tender (stage, closes_at)",
        // Apart from the tender, so that nothing that lists tenders ever reads it.
        "CREATE TABLE tender_key (
            tender_id {id} NOT NULL PRIMARY KEY REFERENCES tender (id),
            wrapped {bytes} NOT NULL,
            released_at {int}
        )",
        "CREATE TABLE opening_approval (
            tender_id {id} NOT NULL REFERENCES tender (id),
            person_id {id} NOT NULL,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            at {int} NOT NULL,
            PRIMARY KEY (tender_id, person_id)
        )",
    ],
    insert_only: &[],
};
