//! Weights from stakeholders by the analytic hierarchy process: people vote on pairs of criteria, each group's votes make
//! its weights, and the groups stand side by side before an officer adopts anything.
//!
//! - Votes of a group on one pair are brought together by the geometric mean, the only mean that keeps "A over B" the
//!   reciprocal of "B over A" (J. Aczél, T. L. Saaty 1983).
//! - A group's weights are the principal eigenvector of its matrix and not the geometric mean of its rows: the consistency
//!   ratio and its table of random indices are made for the eigenvalue that belongs to it, so that one calculation gives both.
//! - The weights are rounded to published decimals that sum to exactly 100 ([`apportion`]). From there on everything is
//!   exact: the combined weights are the mean of the published ones, by each group's voice.
//! - Combined weights are given only when the ratio of every group is below [`RATIO_LIMIT`].

mod apportion;
mod error;
mod matrix;
mod votes;

pub use apportion::apportion;
pub use error::AhpError;
pub use matrix::{Comparison, RANDOM_INDEX, Triple};
pub use votes::{Ballot, Vote};

use rust_decimal::Decimal;

use crate::fraction::{ArithmeticError, Fraction};
use crate::tender::code::{CriterionCode, Weight};
use matrix::Matrix;

/// A consistency ratio from here on asks the group to vote again (T. L. Saaty 1980: 10 %).
pub const RATIO_LIMIT: Decimal = Decimal::from_parts(1, 0, 0, false, 1);
/// The most criteria that one vote compares: people do not compare more, and the table of random indices ends there.
pub const CRITERIA_MAX: usize = 10;
/// The most groups.
pub const GROUPS_MAX: usize = 50;
/// Decimal places of a consistency ratio.
pub const RATIO_PLACES: u8 = 4;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The criteria that are compared: children of one node of the tree, 2 to 10.
    pub criteria: Vec<CriterionCode>,
    /// Who votes.
    pub groups: Vec<Group>,
    /// Decimal places of the published weights in percent, 0 to 4.
    pub places: u8,
}

/// A group of stakeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name, such as `residents`.
    pub name: String,
    /// How much it counts beside the others in the combined weights, 1 to 1,000.
    pub voice: u32,
    /// One ballot for each person or body that voted. Not everyone must vote on every pair, but someone of the group must.
    pub ballots: Vec<Ballot>,
}

/// What a group's votes say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupWeights {
    /// The group.
    pub name: String,
    /// Its voice.
    pub voice: u32,
    /// Weights in percent in the order of the criteria; they sum to exactly 100.
    pub weights: Vec<Weight>,
    /// The consistency ratio, with [`RATIO_PLACES`] places. Of two criteria it is always zero.
    pub ratio: Decimal,
    /// Whether it is below [`RATIO_LIMIT`].
    pub consistent: bool,
    /// The three criteria whose votes contradict each other most; none where no votes do.
    pub worst: Option<Triple>,
}

/// Everything that an officer sees before adopting weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weighing {
    /// The groups side by side, in the order asked.
    pub groups: Vec<GroupWeights>,
    /// The mean of the groups' published weights by voice, in the order of the criteria; it sums to exactly 100. None
    /// while a group's votes are not consistent.
    pub combined: Option<Vec<Weight>>,
}

/// Makes weights of votes.
pub fn weigh(question: &Question) -> Result<Weighing, AhpError> {
    votes::check(question)?;
    let groups = question.groups.iter().enumerate();
    let groups: Vec<GroupWeights> = groups
        .map(|(at, group)| weigh_group(question, at, group))
        .collect::<Result<_, _>>()?;
    let consistent = groups.iter().all(|group| group.consistent);
    let combined = consistent.then(|| combine(question, &groups)).transpose();
    Ok(Weighing {
        combined: combined?,
        groups,
    })
}

fn weigh_group(question: &Question, at: usize, group: &Group) -> Result<GroupWeights, AhpError> {
    let matrix = Matrix::of(&question.criteria, at, group)?;
    let priorities = matrix.priorities();
    let out_of_range = || AhpError::Arithmetic(ArithmeticError::Overflow);
    let ratio = matrix::decimal(priorities.ratio, RATIO_PLACES).ok_or_else(out_of_range)?;
    let parts = priorities.weights.iter().map(|weight| {
        let decimal = matrix::decimal(*weight, 12).ok_or(ArithmeticError::Overflow)?;
        Fraction::from_decimal(decimal)
    });
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    Ok(GroupWeights {
        name: group.name.clone(),
        voice: group.voice,
        weights: apportion(&parts, question.places)?,
        ratio,
        consistent: ratio < RATIO_LIMIT,
        worst: matrix.worst_triple(&question.criteria),
    })
}

/// The mean of the groups' published weights, by voice.
fn combine(question: &Question, groups: &[GroupWeights]) -> Result<Vec<Weight>, AhpError> {
    let mut sums = vec![Fraction::ZERO; question.criteria.len()];
    for group in groups {
        let voice = Fraction::whole(i64::from(group.voice));
        for (sum, weight) in sums.iter_mut().zip(&group.weights) {
            *sum = sum.plus(weight.part()?.times(voice)?)?;
        }
    }
    Ok(apportion(&sums, question.places)?)
}

#[cfg(test)]
mod tests;
