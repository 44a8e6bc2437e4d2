//! Who erased words and workings, privately: what is gone cannot tell it any more.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000701_words_erasure",
    statements: &[
        // By the salted hash that the log keeps.
        "CREATE TABLE words_erasure (
            hash {bytes} NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
            erased_by {id} NOT NULL,
            at {int} NOT NULL
        )",
    ],
    insert_only: &[InsertOnly {
        table: "words_erasure",
        key: &["hash"],
    }],
};
