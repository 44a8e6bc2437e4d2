//! The simulation over the panel's spread, for each ranking of a lot.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000176_noise",
    statements: &[
        // `report` is what the runs found, as JSON. The log holds it once the marks are released.
        "CREATE TABLE noise (
            tender_id {id} NOT NULL REFERENCES tender (id),
            ranking_idx {int} NOT NULL,
            lot {text} NOT NULL,
            report {bytes} NOT NULL,
            entry_idx {int},
            PRIMARY KEY (tender_id, ranking_idx, lot)
        )",
    ],
    insert_only: &[],
};
