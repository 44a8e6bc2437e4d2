//! Which checkpoints enough witnesses have cosigned.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000241_witnessed",
    statements: &[
        "ALTER TABLE checkpoint ADD COLUMN witnessed {int} NOT NULL DEFAULT 0 CHECK (witnessed IN (0, 1))",
        "CREATE INDEX checkpoint_witnessed ON checkpoint (size) WHERE witnessed = 1",
    ],
    insert_only: &[],
};
