//! API tokens: the hash of the secret, an expiry, and the roles that the token may use.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000011_token",
    statements: &[
        "CREATE TABLE api_token (
            id {id} NOT NULL PRIMARY KEY,
            secret_hash {bytes} NOT NULL CHECK (length(secret_hash) = 32),
            person_id {id} NOT NULL,
            label {text} NOT NULL,
            created_at {int} NOT NULL,
            expires_at {int} NOT NULL CHECK (expires_at > created_at),
            revoked_at {int}
        )",
        "CREATE TABLE api_token_scope (
            token_id {id} NOT NULL REFERENCES api_token (id),
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            role {text} NOT NULL,
            PRIMARY KEY (token_id, organisation_id, role)
        )",
    ],
    insert_only: &[],
};
