//! How far a panel agrees on a criterion, and who differs from the rest.

use async_graphql::{Enum, ID, SimpleObject};
use commonweal_app::read::moderation::StatisticsView;
use commonweal_domain::scoring::agreement as domain;

use super::node::node_id;
use super::scalars::Decimal;

/// How Krippendorff's alpha compares marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Measurement")]
pub enum Measurement {
    /// Equal or not.
    Nominal,
    /// By the number of marks that lie between them.
    Ordinal,
    /// By their squared difference.
    Interval,
    /// By the squared difference over the sum.
    Ratio,
}

/// A form of the intraclass correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Form")]
pub enum IccForm {
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

/// Krippendorff's alpha at a level of measurement.
#[derive(Debug, Clone, SimpleObject)]
pub struct Alpha {
    /// The level of measurement.
    measurement: Measurement,
    /// Its value; null when it has none.
    value: Option<Decimal>,
    /// Why it has no value.
    no_value: Option<String>,
}

/// An intraclass correlation.
#[derive(Debug, Clone, SimpleObject)]
pub struct Icc {
    /// The form.
    form: IccForm,
    /// Its value; null when it has none.
    value: Option<Decimal>,
    /// Why it has no value.
    no_value: Option<String>,
}

/// A mark that differs from the others of its bid: a reason to ask, and never a reason to change it.
#[derive(Debug, Clone, SimpleObject)]
pub struct OutlierMark {
    /// The bid.
    bid: ID,
    /// Who marked, as a pseudonym.
    evaluator: ID,
    /// The level that they gave.
    level: u32,
    /// The median of the others' levels.
    others: Decimal,
}

/// How one evaluator's marks lie to those of the others.
#[derive(Debug, Clone, SimpleObject)]
pub struct EvaluatorFigures {
    /// The evaluator, as a pseudonym.
    evaluator: ID,
    /// How many marks they gave.
    marks: i32,
    /// Their mean less the mean of the others over the bids that others marked too: above zero is generous.
    lean: Option<Decimal>,
    /// Interval alpha of the panel without them.
    alpha_without: Option<Decimal>,
    /// Whether alpha rises by at least 0.1 without them.
    outlier: bool,
}

/// How far the panel agrees on one criterion.
#[derive(Debug, Clone, SimpleObject)]
pub struct CriterionAgreement {
    /// The criterion.
    criterion: String,
    /// Bids with at least one mark.
    bids: i32,
    /// Evaluators with at least one mark.
    evaluators: i32,
    /// Marks that an evaluator did not give to one of these bids.
    missing: i32,
    /// Bids that every evaluator marked: the ones that the ICCs use.
    whole_bids: i32,
    /// Alpha at each level of measurement.
    alpha: Vec<Alpha>,
    /// Each form of the intraclass correlation.
    icc: Vec<Icc>,
    /// Marks that differ, by bid and evaluator.
    outliers: Vec<OutlierMark>,
    /// Every evaluator's figures.
    figures: Vec<EvaluatorFigures>,
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn value(statistic: domain::Statistic) -> (Option<Decimal>, Option<String>) {
    match statistic {
        Ok(value) => (Some(Decimal(value.to_string())), None),
        Err(reason) => (None, Some(reason.to_string())),
    }
}

impl From<StatisticsView> for CriterionAgreement {
    fn from(view: StatisticsView) -> Self {
        let told = view.agreement;
        let alpha = told.alpha.into_iter().map(|(measurement, statistic)| {
            let (value, no_value) = value(statistic);
            Alpha {
                measurement: measurement.into(),
                value,
                no_value,
            }
        });
        let icc = told.icc.into_iter().map(|(form, statistic)| {
            let (value, no_value) = value(statistic);
            Icc {
                form: form.into(),
                value,
                no_value,
            }
        });
        let outlier = |mark: domain::OutlierMark| OutlierMark {
            bid: node_id(mark.bid),
            evaluator: node_id(mark.evaluator),
            level: mark.level,
            others: Decimal(mark.others.to_string()),
        };
        let figures = |one: domain::EvaluatorFigures| EvaluatorFigures {
            evaluator: node_id(one.evaluator),
            marks: count(one.marks),
            lean: one.lean.map(|lean| Decimal(lean.to_string())),
            alpha_without: one.alpha_without.map(|alpha| Decimal(alpha.to_string())),
            outlier: one.outlier,
        };
        Self {
            criterion: told.criterion.to_string(),
            bids: count(told.bids),
            evaluators: count(told.evaluators),
            missing: count(told.missing),
            whole_bids: count(told.whole_bids),
            alpha: alpha.collect(),
            icc: icc.collect(),
            outliers: view.outliers.marks.into_iter().map(outlier).collect(),
            figures: view.outliers.evaluators.into_iter().map(figures).collect(),
        }
    }
}
