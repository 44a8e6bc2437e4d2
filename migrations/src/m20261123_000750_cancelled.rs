//! What holders cancelled of a batch: when its outcome falls, those units fall first and cost nothing a second time.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000750_cancelled",
    statements: &[
        "ALTER TABLE batch_left ADD COLUMN cancelled_units {int} NOT NULL DEFAULT 0 CHECK (cancelled_units >= 0)",
        "UPDATE batch_left SET cancelled_units = (SELECT COALESCE(SUM(removal.serial_to - removal.serial_from), 0)
            FROM removal WHERE removal.batch_id = batch_left.batch_id AND removal.reason = 'cancelled')",
    ],
    insert_only: &[],
};
