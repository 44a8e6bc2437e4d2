//! The parts of the work that a contract obliges to, beside its KPIs.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000170_participation",
    statements: &[
        // Written with the contract, and never changed after.
        "ALTER TABLE contract ADD COLUMN participations {bytes}",
    ],
    insert_only: &[],
};
