//! Double-entry postings of credits, and the balances that follow from them.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000003_posting",
    statements: &[
        // A holder stands exactly where units belong to someone.
        "CREATE TABLE posting (
            entry_idx {int} NOT NULL REFERENCES log_entry (idx),
            seq {int} NOT NULL CHECK (seq >= 0),
            batch_id {id} NOT NULL,
            organisation_id {id},
            bucket {text} NOT NULL CHECK (bucket IN ('issuance', 'available', 'held', 'buffer', 'retired', 'cancelled', 'reversed')),
            amount {int} NOT NULL CHECK (amount <> 0),
            PRIMARY KEY (entry_idx, seq),
            CHECK ((organisation_id IS NOT NULL) = (bucket IN ('available', 'held')))
        )",
        "CREATE INDEX posting_batch ON posting (batch_id, entry_idx)",
        "CREATE INDEX posting_organisation ON posting (organisation_id, entry_idx)",
        // A projection of `posting`. The nil organisation stands for counter-accounts, since a key holds no NULL.
        "CREATE TABLE account (
            batch_id {id} NOT NULL,
            organisation_id {id} NOT NULL,
            bucket {text} NOT NULL CHECK (bucket IN ('issuance', 'available', 'held', 'buffer', 'retired', 'cancelled', 'reversed')),
            balance {int} NOT NULL CHECK (balance >= 0 OR bucket = 'issuance'),
            PRIMARY KEY (batch_id, organisation_id, bucket),
            CHECK ((organisation_id <> {nil}) = (bucket IN ('available', 'held')))
        )",
        "CREATE INDEX account_organisation ON account (organisation_id, batch_id)",
    ],
    insert_only: &[InsertOnly {
        table: "posting",
        key: &["entry_idx", "seq"],
    }],
};
