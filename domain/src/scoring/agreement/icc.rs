//! Intraclass correlations from the two-way analysis of variance of bids and evaluators, exact.
//!
//! Source: P. E. Shrout, J. L. Fleiss, Intraclass correlations, Psychological Bulletin 86 (1979). With `k` evaluators, `n`
//! bids and the mean squares `R` between bids, `C` between evaluators, `E` of the rest, `W` within bids:
//! (1,1) `(R-W)/(R+(k-1)W)`, (2,1) `(R-E)/(R+(k-1)E+k(C-E)/n)`, (3,1) `(R-E)/(R+(k-1)E)`,
//! (1,k) `(R-W)/R`, (2,k) `(R-E)/(R+(C-E)/n)`, (3,k) `(R-E)/R`.

use super::NoStatistic;
use crate::fraction::{ArithmeticError, Fraction};

/// A form of the intraclass correlation: how the evaluators were chosen, and whether one mark or the mean of all counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// ICC(1,1): other evaluators for each bid, one mark.
    OneSingle,
    /// ICC(2,1): the evaluators stand for others, one mark, absolute agreement.
    TwoSingle,
    /// ICC(3,1): these evaluators and no others, one mark, consistency.
    ThreeSingle,
    /// ICC(1,k): other evaluators for each bid, the mean of all marks.
    OneMean,
    /// ICC(2,k): the evaluators stand for others, the mean of all marks, absolute agreement.
    TwoMean,
    /// ICC(3,k): these evaluators and no others, the mean of all marks, consistency.
    ThreeMean,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 6] = [
        Self::OneSingle,
        Self::TwoSingle,
        Self::ThreeSingle,
        Self::OneMean,
        Self::TwoMean,
        Self::ThreeMean,
    ];
}

/// The bids that every evaluator marked.
pub(super) fn whole(rows: &[Vec<Option<u32>>]) -> impl Iterator<Item = Vec<u32>> {
    rows.iter().filter_map(|row| row.iter().copied().collect())
}

/// The ICC of a table of marks, a row for each bid. Bids that miss a mark are left out. It has no value with fewer than
/// two bids or evaluators, and where it would divide by a variation that is not there.
pub fn icc(rows: &[Vec<Option<u32>>], form: Form) -> Result<Fraction, NoStatistic> {
    let rows: Vec<Vec<u32>> = whole(rows).collect();
    let evaluators = rows.first().map_or(0, Vec::len);
    if rows.len() < 2 || evaluators < 2 {
        return Err(NoStatistic::TooFewMarks);
    }
    let value = MeanSquares::of(&rows, evaluators).and_then(|squares| squares.icc(form));
    value.map_err(|error| match error {
        ArithmeticError::DivisionByZero => NoStatistic::NoVariation,
        ArithmeticError::Overflow => NoStatistic::OutOfRange,
    })
}

/// The mean squares of the analysis of variance.
struct MeanSquares {
    bids: Fraction,
    evaluators: Fraction,
    rest: Fraction,
    within: Fraction,
    n: Fraction,
    k: Fraction,
}

fn count(length: usize) -> Result<Fraction, ArithmeticError> {
    let length = i64::try_from(length).map_err(|_| ArithmeticError::Overflow)?;
    Ok(Fraction::whole(length))
}

fn sum(values: impl Iterator<Item = u32>) -> Result<Fraction, ArithmeticError> {
    let total: u64 = values.map(u64::from).sum();
    let total = i64::try_from(total).map_err(|_| ArithmeticError::Overflow)?;
    Ok(Fraction::whole(total))
}

/// The sum of the squares of values.
fn squares(
    mut values: impl Iterator<Item = Result<Fraction, ArithmeticError>>,
) -> Result<Fraction, ArithmeticError> {
    values.try_fold(Fraction::ZERO, |sum, value| {
        let value = value?;
        sum.plus(value.times(value)?)
    })
}

impl MeanSquares {
    fn of(rows: &[Vec<u32>], evaluators: usize) -> Result<Self, ArithmeticError> {
        let (n, k) = (count(rows.len())?, count(evaluators)?);
        let marks = || rows.iter().flatten().copied();
        let column = |at: usize| rows.iter().filter_map(move |row| row.get(at).copied());
        let grand = sum(marks())?;
        let mean = grand.times(grand)?.over(n)?.over(k)?;
        let all = squares(marks().map(|mark| Ok(Fraction::whole(i64::from(mark)))))?.minus(mean)?;
        let by_bid = squares(rows.iter().map(|row| sum(row.iter().copied())))?;
        let by_bid = by_bid.over(k)?.minus(mean)?;
        let by_evaluator = squares((0..evaluators).map(|at| sum(column(at))))?;
        let by_evaluator = by_evaluator.over(n)?.minus(mean)?;
        let within = all.minus(by_bid)?;
        let (n_less, k_less) = (n.minus(Fraction::ONE)?, k.minus(Fraction::ONE)?);
        Ok(Self {
            bids: by_bid.over(n_less)?,
            evaluators: by_evaluator.over(k_less)?,
            rest: within.minus(by_evaluator)?.over(n_less)?.over(k_less)?,
            within: within.over(n)?.over(k_less)?,
            n,
            k,
        })
    }

    fn icc(&self, form: Form) -> Result<Fraction, ArithmeticError> {
        let error = match form {
            Form::OneSingle | Form::OneMean => self.within,
            _ => self.rest,
        };
        // What the evaluators differ by, in the forms of absolute agreement.
        let lean = match form {
            Form::TwoSingle | Form::TwoMean => self.evaluators.minus(self.rest)?.over(self.n)?,
            _ => Fraction::ZERO,
        };
        let explained = self.bids.minus(error)?;
        let all = match form {
            Form::OneMean | Form::TwoMean | Form::ThreeMean => self.bids.plus(lean)?,
            _ => {
                let errors = self.k.minus(Fraction::ONE)?.times(error)?;
                self.bids.plus(errors)?.plus(self.k.times(lean)?)?
            }
        };
        explained.over(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<Option<u32>>> {
        let row = |row: &str| row.split(' ').map(|mark| mark.parse().ok()).collect();
        text.split(", ").map(row).collect()
    }

    const SHROUT_FLEISS: &str = "9 2 5 8, 6 1 3 2, 8 4 6 8, 7 1 2 6, 10 5 6 9, 6 2 4 7";

    fn published(text: &str) -> [String; 6] {
        Form::ALL.map(|form| {
            let exact = icc(&rows(text), form).unwrap();
            exact.round(super::super::PLACES).unwrap().to_string()
        })
    }

    #[test]
    fn p9_icc_shrout_fleiss() {
        let expected = [
            "0.165742", "0.289764", "0.714841", "0.442797", "0.620051", "0.909316",
        ];
        assert_eq!(published(SHROUT_FLEISS), expected);
    }

    #[test]
    fn a_bid_that_misses_a_mark_is_left_out() {
        let more = format!("{SHROUT_FLEISS}, 1 * 10 3, * * * 9");
        assert_eq!(published(&more), published(SHROUT_FLEISS));
    }

    #[test]
    fn too_few_marks_and_no_variation_have_no_value() {
        let value = |text: &str, form| icc(&rows(text), form);
        for form in Form::ALL {
            let few = Err(NoStatistic::TooFewMarks);
            assert_eq!(value("3 4 5", form), few, "one bid");
            assert_eq!(value("3, 4", form), few, "one evaluator");
            assert_eq!(value("3 *, 4 *, * 1", form), few, "no whole bid");
            assert_eq!(value("3 3, 3 3", form), Err(NoStatistic::NoVariation));
        }
        // The bids have the same mean: what is divided by it has no value, the rest is as low as it goes.
        let contrary = "1 5, 5 1";
        assert_eq!(
            value(contrary, Form::ThreeMean),
            Err(NoStatistic::NoVariation)
        );
        assert_eq!(value(contrary, Form::ThreeSingle), Ok(Fraction::whole(-1)));
    }

    #[test]
    fn huge_levels_are_an_error_and_never_a_wrap() {
        let huge: Vec<Vec<Option<u32>>> = (0..40_u32)
            .map(|n| vec![Some(u32::MAX.saturating_sub(n)), Some(0), Some(1)])
            .collect();
        for form in Form::ALL {
            assert!(matches!(
                icc(&huge, form),
                Ok(_) | Err(NoStatistic::OutOfRange)
            ));
        }
    }
}
