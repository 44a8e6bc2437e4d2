//! What the log decides is not looked up again, row by row, on its way into the tables: on PostgreSQL each of these five checks of
//! a transfer is a query of its own, together a third of its cost. SQLite checks them beside the row, for next to nothing.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000760_unchecked",
    statements: &[
        "{postgres} ALTER TABLE posting DROP CONSTRAINT posting_entry_idx_fkey",
        "{postgres} ALTER TABLE transfer DROP CONSTRAINT transfer_batch_id_fkey",
        "{postgres} ALTER TABLE transfer DROP CONSTRAINT transfer_from_id_fkey",
        "{postgres} ALTER TABLE transfer DROP CONSTRAINT transfer_to_id_fkey",
    ],
    insert_only: &[],
};
