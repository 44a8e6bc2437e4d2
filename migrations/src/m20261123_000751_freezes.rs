//! Whether a challenge freezes what was issued for its claim, as the rule of `domain` answers it after each step.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000751_freezes",
    statements: &[
        "ALTER TABLE challenge ADD COLUMN freezes {bool} NOT NULL DEFAULT FALSE",
        "UPDATE challenge SET freezes = NOT over AND (has_case OR EXISTS (SELECT 1 FROM challenge_decision
            WHERE challenge_decision.challenge_id = challenge.id AND challenge_decision.remedy IS NOT NULL))",
        "CREATE INDEX challenge_freezes ON challenge (claim_id) WHERE freezes",
    ],
    insert_only: &[],
};
