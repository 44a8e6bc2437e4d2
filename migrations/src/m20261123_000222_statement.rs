//! Account statements in the order of the log, of all batches or of one: each page is a range of an index.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000222_statement",
    statements: &[
        "DROP INDEX posting_organisation",
        "DROP INDEX posting_batch",
        "CREATE INDEX posting_statement ON posting (organisation_id, entry_idx, seq)",
        "CREATE INDEX posting_account ON posting (organisation_id, batch_id, entry_idx, seq)",
    ],
    insert_only: &[],
};
