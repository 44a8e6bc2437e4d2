//! Who differs from the rest of the panel, for the chair only: a reason to ask and never a reason to change a mark.

use rust_decimal::Decimal;

use super::{Measurement, PLACES, Table, alpha, decimal};
use crate::fraction::{ArithmeticError, Fraction};
use crate::ids::{BidId, PersonId};

/// Tenths of the criterion's top level that a mark must lie away from the others to be an outlier.
const TENTHS: u64 = 3;
/// By how much alpha must rise without an evaluator for that evaluator to be an outlier.
const RISE: Decimal = Decimal::from_parts(1, 0, 0, false, 1);

/// A mark that lies at least three tenths of the top level away from the median of the other marks of that bid, while
/// those, at least two, lie closer together than that: it is the mark that differs, and not the panel that is divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlierMark {
    /// The bid.
    pub bid: BidId,
    /// Who marked.
    pub evaluator: PersonId,
    /// The level that they gave.
    pub level: u32,
    /// The median of the others' levels.
    pub others: Decimal,
}

/// How one evaluator's marks lie to those of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluatorFigures {
    /// The evaluator.
    pub evaluator: PersonId,
    /// How many marks they gave.
    pub marks: usize,
    /// The mean of their mark less the mean of the others' marks, over the bids that others marked too: above zero is
    /// generous, below is strict. None when they share no bid with anyone.
    pub lean: Option<Decimal>,
    /// Interval alpha of the panel without them; none when it has no value.
    pub alpha_without: Option<Decimal>,
    /// Whether alpha rises by at least 0.1 without them.
    pub outlier: bool,
}

/// The outliers of one criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outliers {
    /// Marks that differ, by bid and evaluator.
    pub marks: Vec<OutlierMark>,
    /// Every evaluator's figures, by id.
    pub evaluators: Vec<EvaluatorFigures>,
}

/// The outliers among the marks of a criterion whose highest level has `top` points.
pub fn outliers(table: &Table, top: u32) -> Result<Outliers, ArithmeticError> {
    let mut marks = Vec::new();
    for (bid, row) in table.bids().iter().zip(table.rows()) {
        for (at, evaluator) in table.evaluators().iter().enumerate() {
            let level = row.get(at).copied().flatten();
            let median =
                level.and_then(|level| Some((level, far_from(level, others(row, at), top)?)));
            if let Some((level, twice)) = median {
                marks.push(OutlierMark {
                    bid: *bid,
                    evaluator: *evaluator,
                    level,
                    others: Fraction::new(i128::from(twice), 2)?.round(1)?,
                });
            }
        }
    }
    let evaluators = table.evaluators().iter().enumerate();
    let evaluators = evaluators.map(|(at, evaluator)| figures(table, at, *evaluator));
    Ok(Outliers {
        marks,
        evaluators: evaluators.collect::<Result<_, _>>()?,
    })
}

/// The marks of a bid without those of the evaluator in a column.
fn others(row: &[Option<u32>], column: usize) -> Vec<u32> {
    let other = |(at, mark): (usize, &Option<u32>)| mark.filter(|_| at != column);
    row.iter().enumerate().filter_map(other).collect()
}

/// Twice the median of the others, when a level is an outlier to them.
fn far_from(level: u32, mut others: Vec<u32>, top: u32) -> Option<u64> {
    others.sort_unstable();
    let (low, high) = (*others.first()?, *others.last()?);
    let upper = others.len().checked_div(2)?;
    let lower = others.len().checked_sub(1)?.checked_div(2)?;
    let twice = u64::from(*others.get(lower)?).checked_add(u64::from(*others.get(upper)?))?;
    let away = u64::from(level).checked_mul(2)?.abs_diff(twice);
    let far = u64::from(top).checked_mul(TENTHS)?;
    let is_far = away.checked_mul(5)? >= far;
    let others_agree = u64::from(high.abs_diff(low)).checked_mul(10)? < far;
    (others.len() > 1 && is_far && others_agree).then_some(twice)
}

fn figures(
    table: &Table,
    column: usize,
    evaluator: PersonId,
) -> Result<EvaluatorFigures, ArithmeticError> {
    let without: Vec<Vec<Option<u32>>> = table
        .rows()
        .iter()
        .map(|row| others(row, column).into_iter().map(Some).collect())
        .collect();
    let interval = |rows: &[Vec<Option<u32>>]| {
        let value = alpha(rows, Measurement::Interval).ok()?;
        decimal(value)
    };
    let alpha_without = interval(&without);
    let rise = alpha_without
        .zip(interval(table.rows()))
        .and_then(|(without, with)| without.checked_sub(with));
    let own = table
        .rows()
        .iter()
        .map(|row| row.get(column).copied().flatten());
    Ok(EvaluatorFigures {
        evaluator,
        marks: own.flatten().count(),
        lean: lean(table, column)?,
        alpha_without,
        outlier: rise.is_some_and(|rise| rise >= RISE),
    })
}

fn lean(table: &Table, column: usize) -> Result<Option<Decimal>, ArithmeticError> {
    let mut bids = 0_i64;
    let mut sum = Fraction::ZERO;
    for row in table.rows() {
        let others = others(row, column);
        let Some(level) = row
            .get(column)
            .copied()
            .flatten()
            .filter(|_| !others.is_empty())
        else {
            continue;
        };
        let total: u64 = others.iter().copied().map(u64::from).sum();
        let count = i128::try_from(others.len()).map_err(|_| ArithmeticError::Overflow)?;
        let mean = Fraction::new(i128::from(total), count)?;
        sum = sum.plus(Fraction::whole(i64::from(level)).minus(mean)?)?;
        bids = bids.saturating_add(1);
    }
    if bids == 0 {
        return Ok(None);
    }
    sum.over(Fraction::whole(bids))?.round(PLACES).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tender::fixtures::{bid, person};

    fn table(rows: &[&[Option<u32>]]) -> Table {
        let mut marks = Vec::new();
        for (row, n) in rows.iter().zip(1..) {
            for (mark, who) in row.iter().zip(1..) {
                marks.extend(mark.map(|level| (bid(n), person(who), level)));
            }
        }
        Table::new(&marks)
    }

    #[test]
    fn the_one_who_differs_is_named_and_a_divided_panel_is_not() {
        let table = table(&[
            &[Some(4), Some(4), Some(5), Some(1)],
            &[Some(1), Some(1), Some(5), Some(5)],
            &[Some(3), Some(2), Some(3), None],
        ]);
        let found = outliers(&table, 5).unwrap();
        let [mark] = found.marks.as_slice() else {
            panic!("one mark differs: {:?}", found.marks);
        };
        assert_eq!(
            (mark.bid, mark.evaluator, mark.level),
            (bid(1), person(4), 1)
        );
        assert_eq!(mark.others.to_string(), "4.0");
    }

    #[test]
    fn an_evaluator_who_turns_the_scale_round_is_an_outlier() {
        let table = table(&[
            &[Some(5), Some(5), Some(0)],
            &[Some(3), Some(3), Some(2)],
            &[Some(1), Some(1), Some(4)],
        ]);
        let found = outliers(&table, 5).unwrap().evaluators;
        let flagged: Vec<bool> = found.iter().map(|figures| figures.outlier).collect();
        assert_eq!(flagged, [false, false, true]);
        assert_eq!(found[2].alpha_without.unwrap().to_string(), "1.000000");
        assert_eq!(found[2].lean.unwrap().to_string(), "-1.000000");
    }

    #[test]
    fn two_evaluators_have_no_outlier_mark_and_one_alone_no_lean() {
        let two = outliers(&table(&[&[Some(0), Some(5)]]), 5).unwrap();
        assert_eq!(two.marks, []);
        let one = outliers(&table(&[&[Some(0)]]), 5).unwrap();
        assert_eq!(one.evaluators[0].lean, None);
        assert_eq!(one.evaluators[0].alpha_without, None);
    }
}
