//! Imported open data: published releases of other systems, and what the award check found in them. Nothing of it is in
//! the log, and rows may be erased where a name turns out to be personal.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000090_import",
    statements: &[
        // The digest is of the content, which holds ocid and release id: what was imported once is not imported again,
        // and a release that changed under its id is kept beside the earlier one.
        "CREATE TABLE imported_release (
            digest {bytes} NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
            ocid {text} NOT NULL,
            release_id {text} NOT NULL,
            form {text} NOT NULL CHECK (form IN ('release', 'compiled', 'versioned', 'prozorro')),
            published_at {int},
            title {text},
            buyer_id {text},
            buyer_name {text},
            is_test {bool} NOT NULL,
            content {text} NOT NULL,
            source {text} NOT NULL,
            imported_at {int} NOT NULL
        )",
        "CREATE INDEX imported_release_by_id ON imported_release (ocid, release_id, imported_at)",
        "CREATE TABLE imported_contest (
            release_digest {bytes} NOT NULL REFERENCES imported_release (digest),
            position {int} NOT NULL CHECK (position >= 0),
            lot {text},
            bids {int} NOT NULL CHECK (bids >= 0),
            priced_bids {int} NOT NULL CHECK (priced_bids >= 0),
            result {text} NOT NULL CHECK (result IN ('agrees', 'differs', 'cannotTell')),
            basis {text} NOT NULL CHECK (basis IN ('declared', 'assumed')),
            reason {text},
            explanation {text} NOT NULL,
            PRIMARY KEY (release_digest, position)
        )",
    ],
    insert_only: &[],
};
