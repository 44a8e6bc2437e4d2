//! Sums of whole units that cannot overflow in the database: SQLite would fail, and PostgreSQL would make them decimals.

use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Expr, ExprTrait as _, SimpleExpr};

use super::credit_left::too_large;
use crate::error::AppError;

/// Units fall into a high and a low part; sums of either stay small for as many rows as there can be.
pub(super) const PART: i64 = 1 << 31;

/// The sums of both parts; nothing where there are no rows.
pub(crate) type SumParts = (Option<i64>, Option<i64>);

/// The sum of the high parts of a column.
pub(crate) fn sum_high(units: impl ColumnTrait) -> SimpleExpr {
    sum_of(high(Expr::col(units.as_column_ref())))
}

/// The sum of the low parts of a column.
pub(crate) fn sum_low(units: impl ColumnTrait) -> SimpleExpr {
    sum_of(low(Expr::col(units.as_column_ref())))
}

/// The high part of units.
pub(crate) fn high(units: SimpleExpr) -> SimpleExpr {
    units.div(PART)
}

/// The low part of units.
pub(crate) fn low(units: SimpleExpr) -> SimpleExpr {
    units.modulo(PART)
}

/// The sum of parts, as a whole number on both databases.
pub(crate) fn sum_of(part: SimpleExpr) -> SimpleExpr {
    Expr::expr(Expr::expr(part).sum()).cast_as("bigint")
}

/// The sum of units from the sums of their parts, or a refusal when it cannot be counted.
pub(crate) fn joined((high, low): SumParts) -> Result<i64, AppError> {
    high.unwrap_or(0)
        .checked_mul(PART)
        .and_then(|high| high.checked_add(low.unwrap_or(0)))
        .ok_or_else(too_large)
}

/// The same where more than can be counted is as good as the greatest number: on a page, which one absurd claim or promise
/// must not keep from being read, and against what was promised, which is never more.
pub(crate) fn saturated(parts: SumParts) -> i64 {
    joined(parts).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_near_the_limit_is_counted_and_one_beyond_it_refused() {
        let parts = |units: i64| (Some(units / PART), Some(units % PART));
        assert_eq!(joined(parts(i64::MAX)).ok(), Some(i64::MAX));
        assert_eq!(joined((None, None)).ok(), Some(0));
        let (high, low) = parts(i64::MAX);
        let twice = (high.map(|high| high * 2), low.map(|low| low * 2));
        assert!(joined(twice).is_err_and(|error| error.kind() == "refused"));
        assert_eq!((saturated(parts(7)), saturated(twice)), (7, i64::MAX));
    }
}
