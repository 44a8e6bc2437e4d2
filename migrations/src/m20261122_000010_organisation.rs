//! Organisations, the roles people hold in them, certifications, and the erasable directory of names.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261122_000010_organisation",
    statements: &[
        "CREATE TABLE organisation (
            id {id} NOT NULL PRIMARY KEY,
            legal_form {text} NOT NULL CHECK (legal_form IN ('legal_person', 'sole_trader')),
            name {text},
            sector {text} NOT NULL CHECK (sector IN ('public', 'private', 'civil_society')),
            group_id {id} NOT NULL REFERENCES organisation (id),
            place {text} NOT NULL,
            identifier {text} UNIQUE,
            entry_idx {int} NOT NULL,
            CHECK ((name IS NOT NULL) = (legal_form = 'legal_person')),
            CHECK (identifier IS NULL OR legal_form = 'legal_person')
        )",
        "CREATE INDEX organisation_group ON organisation (group_id)",
        "CREATE TABLE role_grant (
            person_id {id} NOT NULL,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            role {text} NOT NULL,
            entry_idx {int} NOT NULL,
            PRIMARY KEY (person_id, organisation_id, role)
        )",
        "CREATE INDEX role_grant_organisation ON role_grant (organisation_id)",
        "CREATE TABLE certification (
            id {id} NOT NULL PRIMARY KEY,
            organisation_id {id} NOT NULL REFERENCES organisation (id),
            kind {text} NOT NULL,
            from_day {text} NOT NULL,
            to_day {text},
            source {text} NOT NULL,
            entry_idx {int} NOT NULL,
            revoked_from {text},
            revoked_idx {int},
            CHECK ((revoked_from IS NULL) = (revoked_idx IS NULL))
        )",
        "CREATE INDEX certification_organisation ON certification (organisation_id)",
        // Erasing a row here leaves every entry of the log as it is.
        "CREATE TABLE directory (
            subject_id {id} NOT NULL PRIMARY KEY,
            name {text} NOT NULL,
            salt {bytes} NOT NULL CHECK (length(salt) = 32)
        )",
    ],
    insert_only: &[],
};
