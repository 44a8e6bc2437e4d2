//! Reads that were refused, privately: who asked for what that was not theirs to see, and how often on a day.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000700_refused_read",
    statements: &[
        // The nil id stands for who is not signed in, and for what is not told apart any more.
        "CREATE TABLE refused_read (
            day {text} NOT NULL,
            reader_id {id} NOT NULL,
            kind {text} NOT NULL CHECK (kind IN
                ('evidence_file', 'working', 'bid', 'sealed_bid', 'tender_draft', 'claim_draft')),
            subject_id {id} NOT NULL,
            refused {int} NOT NULL CHECK (refused > 0),
            last_at {int} NOT NULL,
            PRIMARY KEY (day, reader_id, kind, subject_id)
        )",
    ],
    insert_only: &[],
};
