//! Contracts and their KPIs: commitments made binding. Neither ever changes; what was delivered stands with the claims.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000030_contract",
    statements: &[
        // The award of a lot makes one contract.
        "CREATE TABLE contract (
            id {id} NOT NULL PRIMARY KEY,
            tender_id {id} REFERENCES tender (id),
            lot {text},
            buyer_id {id} NOT NULL REFERENCES organisation (id),
            supplier_id {id} NOT NULL REFERENCES organisation (id),
            surplus_tradable {bool} NOT NULL,
            signed_at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            UNIQUE (tender_id, lot),
            CHECK ((tender_id IS NULL) = (lot IS NULL)),
            CHECK (buyer_id <> supplier_id)
        )",
        "CREATE INDEX contract_buyer ON contract (buyer_id, id)",
        "CREATE INDEX contract_supplier ON contract (supplier_id, id)",
        "CREATE TABLE kpi (
            id {id} NOT NULL PRIMARY KEY,
            contract_id {id} NOT NULL REFERENCES contract (id),
            seq {int} NOT NULL CHECK (seq >= 0),
            catalogue_id {id} NOT NULL REFERENCES catalogue (id),
            measure_code {text} NOT NULL,
            units {int} NOT NULL CHECK (units > 0),
            scale {int} NOT NULL CHECK (scale BETWEEN 0 AND 6),
            unit {text} NOT NULL,
            from_day {text} NOT NULL,
            to_day {text} NOT NULL CHECK (to_day > from_day),
            place {text} NOT NULL,
            UNIQUE (contract_id, seq),
            UNIQUE (contract_id, id)
        )",
        // A claim outside contracts looks for KPIs that ask for its outcome.
        "CREATE INDEX kpi_outcome ON kpi (catalogue_id, measure_code, place)",
    ],
    insert_only: &[
        InsertOnly {
            table: "contract",
            key: &["id"],
        },
        InsertOnly {
            table: "kpi",
            key: &["id"],
        },
    ],
};
