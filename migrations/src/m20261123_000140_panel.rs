//! The panel of a tender: members, declarations, missing and changed marks, and what is agreed on.

use crate::change::{Change, InsertOnly};

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000140_panel",
    statements: &[
        // `cleared` and `finished` follow from declarations and marks; they are kept so that one look tells what a member
        // may see.
        "CREATE TABLE panel_member (
            tender_id {id} NOT NULL REFERENCES tender (id),
            person_id {id} NOT NULL,
            chairs {bool} NOT NULL,
            marks {bool} NOT NULL,
            assigned_idx {int} NOT NULL,
            cleared {bool} NOT NULL,
            finished {bool} NOT NULL,
            removed_idx {int},
            replaced {bool} NOT NULL,
            reason_id {id},
            signed_off {bytes},
            PRIMARY KEY (tender_id, person_id)
        )",
        "CREATE INDEX panel_member_person ON panel_member (person_id)",
        "CREATE TABLE conflict_declaration (
            tender_id {id} NOT NULL REFERENCES tender (id),
            person_id {id} NOT NULL,
            bidder_id {id} NOT NULL REFERENCES organisation (id),
            conflict {text} NOT NULL CHECK (conflict IN ('none', 'soft', 'hard')),
            words_id {id},
            declared_idx {int} NOT NULL,
            countersigned_by {id},
            countersigned_idx {int},
            countersign_reason_id {id},
            PRIMARY KEY (tender_id, person_id, bidder_id),
            CHECK ((countersigned_by IS NULL) = (countersigned_idx IS NULL)),
            CHECK (countersigned_by IS NULL OR conflict = 'soft')
        )",
        "CREATE TABLE missing_mark (
            bid_id {id} NOT NULL REFERENCES bid (id),
            criterion {text} NOT NULL,
            evaluator_id {id} NOT NULL,
            tender_id {id} NOT NULL REFERENCES tender (id),
            reason_id {id} NOT NULL,
            entry_idx {int} NOT NULL,
            PRIMARY KEY (bid_id, criterion, evaluator_id)
        )",
        "CREATE INDEX missing_mark_tender ON missing_mark (tender_id)",
        // A final mark that its evaluator changed. Both are released.
        "CREATE TABLE former_mark (
            sealed_id {id} NOT NULL PRIMARY KEY,
            bid_id {id} NOT NULL REFERENCES bid (id),
            criterion {text} NOT NULL,
            evaluator_id {id} NOT NULL,
            tender_id {id} NOT NULL REFERENCES tender (id),
            level {int} NOT NULL CHECK (level >= 0),
            reason_id {id} NOT NULL,
            opening {bytes} NOT NULL,
            sealed_idx {int} NOT NULL,
            replaced_idx {int} NOT NULL,
            released_idx {int}
        )",
        "CREATE INDEX former_mark_tender ON former_mark (tender_id)",
        "CREATE INDEX former_mark_bid ON former_mark (bid_id)",
        // Every level that the panel set in moderation; the last version stands.
        "CREATE TABLE agreed_level (
            bid_id {id} NOT NULL REFERENCES bid (id),
            criterion {text} NOT NULL,
            version {int} NOT NULL,
            tender_id {id} NOT NULL REFERENCES tender (id),
            level {int} NOT NULL CHECK (level >= 0),
            reason_id {id} NOT NULL,
            reason_hash {bytes} NOT NULL CHECK (length(reason_hash) = 32),
            set_by {id} NOT NULL,
            set_at {int} NOT NULL,
            PRIMARY KEY (bid_id, criterion, version)
        )",
        "CREATE INDEX agreed_level_tender ON agreed_level (tender_id)",
    ],
    insert_only: &[InsertOnly {
        table: "agreed_level",
        key: &["bid_id", "criterion", "version"],
    }],
};
