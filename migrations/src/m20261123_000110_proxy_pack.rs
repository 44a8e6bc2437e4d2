//! Proxy packs: money values of measures, private to the organisation that holds the licence.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000110_proxy_pack",
    statements: &[
        "CREATE TABLE proxy_pack (
            id {id} NOT NULL PRIMARY KEY,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            body {bytes} NOT NULL,
            registered_at {int} NOT NULL
        )",
        "CREATE INDEX proxy_pack_organisation ON proxy_pack (organisation_id, id)",
    ],
    insert_only: &[],
};
