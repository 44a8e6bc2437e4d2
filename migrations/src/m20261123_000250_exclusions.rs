//! Every ground on which the plan excludes bids. The result beside it is what the log tells, and tells less where a ground
//! follows from a withheld field.

use crate::change::Change;

pub(crate) const CHANGE: Change = Change {
    name: "m20261123_000250_exclusions",
    statements: &[
        // JSON. Rankings from before this column have none: the grounds in their results are whole.
        "ALTER TABLE ranking ADD COLUMN excluded {bytes}",
    ],
    insert_only: &[],
};
