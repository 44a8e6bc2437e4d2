//! How far a panel agrees: Krippendorff's alpha and intraclass correlations of the evaluators' own marks, per criterion,
//! and outliers. They inform people and decide nothing. Results are decimals rounded to [`PLACES`] places.
//!
//! Missing marks (a conflict of interest, an evaluator who left) are the usual case:
//! - **alpha** uses every bid that has at least two marks; a bid with one mark is left out, since it pairs with nothing;
//! - **ICC** uses only the bids that every evaluator marked (listwise), and says how many those are.

mod alpha;
mod icc;
mod outlier;
#[cfg(test)]
mod peers;
mod table;

pub use alpha::{Measurement, alpha};
pub use icc::{Form, icc};
pub use outlier::{EvaluatorFigures, OutlierMark, Outliers, outliers};
pub use table::Table;

use rust_decimal::Decimal;

use crate::tender::code::CriterionCode;

/// Decimal places of every published statistic.
pub const PLACES: u8 = 6;

/// Why a statistic has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoStatistic {
    /// Alpha needs one bid with two marks; an ICC needs two bids that all of two or more evaluators marked.
    #[error("there are too few marks that can be compared")]
    TooFewMarks,
    /// All marks are the same, or the bids do not differ where the statistic divides by their difference: whether the
    /// panel could have disagreed cannot be told.
    #[error("the marks do not vary")]
    NoVariation,
    /// The marks are too many or too large for exact arithmetic.
    #[error("the marks leave the range of exact arithmetic")]
    OutOfRange,
}

/// A statistic with [`PLACES`] decimal places, or why it has no value.
pub type Statistic = Result<Decimal, NoStatistic>;

/// How far the panel agrees on one criterion. It names nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The criterion.
    pub criterion: CriterionCode,
    /// Bids with at least one mark.
    pub bids: usize,
    /// Evaluators with at least one mark.
    pub evaluators: usize,
    /// Marks that an evaluator did not give to one of these bids.
    pub missing: usize,
    /// Bids that every evaluator marked: the ones that the ICCs use.
    pub whole_bids: usize,
    /// Alpha at each level of measurement.
    pub alpha: [(Measurement, Statistic); 4],
    /// Each form of ICC.
    pub icc: [(Form, Statistic); 6],
}

/// The agreement on a criterion.
pub fn agreement(criterion: CriterionCode, table: &Table) -> Agreement {
    let rows = table.rows();
    let published = |value: f64| decimal(value).ok_or(NoStatistic::OutOfRange);
    let rounded = |form| {
        let exact = icc(rows, form)?;
        exact.round(PLACES).map_err(|_| NoStatistic::OutOfRange)
    };
    Agreement {
        criterion,
        bids: table.bids().len(),
        evaluators: table.evaluators().len(),
        missing: rows.iter().flatten().filter(|mark| mark.is_none()).count(),
        whole_bids: icc::whole(rows).count(),
        alpha: Measurement::ALL.map(|level| (level, alpha(rows, level).and_then(published))),
        icc: Form::ALL.map(|form| (form, rounded(form))),
    }
}

/// A value rounded to [`PLACES`] decimal places.
fn decimal(value: f64) -> Option<Decimal> {
    let text = format!("{value:.*}", usize::from(PLACES));
    let rounded: Decimal = text.parse().ok()?;
    let zero = Decimal::new(0, u32::from(PLACES));
    Some(if rounded.is_zero() { zero } else { rounded })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tender::fixtures::{bid, code, person};
    use crate::tender::panel::Panel;

    #[test]
    fn an_agreement_counts_what_is_missing_and_says_what_has_no_value() {
        let marks = [
            (bid(1), person(1), 3),
            (bid(1), person(2), 3),
            (bid(2), person(1), 3),
        ];
        let told = agreement(code("Q"), &Table::new(&marks));
        assert_eq!((told.bids, told.evaluators), (2, 2));
        assert_eq!((told.missing, told.whole_bids), (1, 1));
        let same = Err(NoStatistic::NoVariation);
        assert!(told.alpha.iter().all(|(_, value)| *value == same));
        let few = Err(NoStatistic::TooFewMarks);
        assert!(told.icc.iter().all(|(_, value)| *value == few));
    }

    #[test]
    fn the_marks_of_a_member_who_left_change_nothing() {
        let mut panel = Panel::default();
        let evaluators = [person(1), person(2), person(3)];
        panel.assign(person(9), &evaluators).unwrap();
        let kept = [
            (bid(1), person(1), 3),
            (bid(1), person(2), 4),
            (bid(2), person(1), 5),
            (bid(2), person(2), 5),
        ];
        let told = |panel: &Panel, marks: &[_]| {
            let table = Table::of_panel(panel, marks);
            (agreement(code("Q"), &table), outliers(&table, 5).unwrap())
        };
        let without = told(&panel, &kept);
        for level in [0, 5] {
            let marks = [&kept[..], &[(bid(1), person(3), level)]].concat();
            assert_ne!(told(&panel, &marks), without, "on the panel they count");
            let mut left = panel.clone();
            left.replace(person(3), None, 10).unwrap();
            assert_eq!(told(&left, &marks), without);
        }
    }

    #[test]
    fn a_published_value_has_six_places_and_no_negative_zero() {
        let text = |value| decimal(value).unwrap().to_string();
        assert_eq!(text(0.691_358_024_691_358), "0.691358");
        assert_eq!(text(-0.000_000_1), "0.000000");
        assert_eq!(text(-0.25), "-0.250000");
        assert_eq!(decimal(f64::NAN), None);
    }
}
