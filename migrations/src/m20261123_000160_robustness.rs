//! Reports on the robustness of rankings.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000160_robustness",
    statements: &[
        // The log holds the findings in short and a hash; `report` is the whole, as JSON.
        "CREATE TABLE robustness (
            tender_id {id} NOT NULL REFERENCES tender (id),
            entry_idx {int} NOT NULL,
            lot {text} NOT NULL,
            ranking_idx {int} NOT NULL,
            report {bytes} NOT NULL,
            PRIMARY KEY (tender_id, entry_idx),
            CHECK (ranking_idx < entry_idx)
        )",
    ],
    insert_only: &[InsertOnly {
        table: "robustness",
        key: &["tender_id", "entry_idx"],
    }],
};
