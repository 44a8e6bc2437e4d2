//! Until when a challenge freezes although nobody takes a step: fourteen days from a dismissal that may still be appealed.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000752_freezes_until",
    statements: &[
        "ALTER TABLE challenge ADD COLUMN freezes_until {int}",
        // Over and not carried out is dismissed; not appealed is once. Those of long ago end in the past.
        "UPDATE challenge SET freezes = TRUE, freezes_until = (SELECT challenge_decision.at + 1209600000000
            FROM challenge_decision WHERE challenge_decision.challenge_id = challenge.id)
            WHERE over AND has_case AND NOT carried_out AND NOT appealed",
    ],
    insert_only: &[],
};
