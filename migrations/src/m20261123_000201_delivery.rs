//! What a KPI says beyond its quantity, how contracts vary, and how periods were rated.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000201_delivery",
    statements: &[
        // Copied from the tender documents and the measure at the signature, as the log carries it.
        "CREATE TABLE kpi_terms (
            kpi_id {id} NOT NULL PRIMARY KEY REFERENCES kpi (id),
            body {bytes} NOT NULL
        )",
        "CREATE TABLE kpi_version (
            kpi_id {id} NOT NULL REFERENCES kpi (id),
            number {int} NOT NULL CHECK (number >= 0),
            units {int} NOT NULL CHECK (units > 0),
            from_day {text} NOT NULL,
            PRIMARY KEY (kpi_id, number)
        )",
        "INSERT INTO kpi_version SELECT id, 0, units, from_day FROM kpi",
        // What is due when, after every variation.
        "CREATE TABLE kpi_instalment (
            kpi_id {id} NOT NULL REFERENCES kpi (id),
            from_day {text} NOT NULL,
            to_day {text} NOT NULL CHECK (to_day > from_day),
            due_units {int} NOT NULL CHECK (due_units >= 0),
            PRIMARY KEY (kpi_id, from_day)
        )",
        "INSERT INTO kpi_instalment SELECT id, from_day, to_day, units FROM kpi",
        "CREATE TABLE contract_variation (
            contract_id {id} NOT NULL REFERENCES contract (id),
            number {int} NOT NULL CHECK (number > 0),
            reason {bytes} NOT NULL CHECK (length(reason) = 32),
            varied_by {id} NOT NULL,
            at {int} NOT NULL,
            entry_idx {int} NOT NULL,
            PRIMARY KEY (contract_id, number)
        )",
        "CREATE TABLE kpi_rating (
            kpi_id {id} NOT NULL REFERENCES kpi (id),
            from_day {text} NOT NULL,
            entry_idx {int} NOT NULL,
            rating {text} NOT NULL CHECK (rating IN
                ('good', 'approaching_target', 'requires_improvement', 'inadequate', 'other')),
            due_units {int} NOT NULL CHECK (due_units >= 0),
            delivered_units {int} NOT NULL CHECK (delivered_units >= 0),
            reason {bytes} CHECK (length(reason) = 32),
            rated_by {id} NOT NULL,
            at {int} NOT NULL,
            PRIMARY KEY (kpi_id, from_day, entry_idx),
            CHECK (rating <> 'other' OR reason IS NOT NULL)
        )",
    ],
    insert_only: &[
        InsertOnly {
            table: "kpi_terms",
            key: &["kpi_id"],
        },
        InsertOnly {
            table: "kpi_version",
            key: &["kpi_id", "number"],
        },
        InsertOnly {
            table: "contract_variation",
            key: &["contract_id", "number"],
        },
        InsertOnly {
            table: "kpi_rating",
            key: &["kpi_id", "from_day", "entry_idx"],
        },
    ],
};
