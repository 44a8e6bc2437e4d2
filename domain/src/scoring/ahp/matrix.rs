//! The matrix of a group's votes: weights, consistency, and the votes that contradict each other most.
//!
//! Only additions, multiplications and divisions in a fixed order are used, so that every machine finds the same digits.
#![expect(
    clippy::float_arithmetic,
    reason = "votes inform people; the weights become decimals that sum to 100 before anyone adopts them"
)]

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{AhpError, Group};
use crate::tender::code::CriterionCode;

/// Mean consistency index of random matrices of 1 to 10 criteria: T. L. Saaty, The Analytic Hierarchy Process (1980).
pub const RANDOM_INDEX: [&str; 10] = [
    "0", "0", "0.58", "0.90", "1.12", "1.24", "1.32", "1.41", "1.45", "1.49",
];

/// Rounds of the power method: ten times what contradictory votes on ten criteria need.
const ROUNDS: usize = 1_000;
/// Halvings of an interval until a float cannot be halved any more.
const HALVINGS: usize = 60;

/// A vote of the group on one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The criterion that counts more.
    pub more: CriterionCode,
    /// The criterion that counts less.
    pub less: CriterionCode,
    /// How many times as much, with 2 decimal places; 1 or more.
    pub times: Decimal,
}

/// Three criteria whose votes contradict each other: the first two votes together say something else than the third.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triple {
    /// The votes on the three pairs.
    pub votes: [Comparison; 3],
    /// How many times the first two together differ from the third, with 2 decimal places; 1 would be no contradiction.
    pub factor: Decimal,
}

/// Weights with their consistency ratio.
pub(super) struct Priorities {
    pub(super) weights: Vec<f64>,
    pub(super) ratio: f64,
}

/// How many times as much each criterion counts as each other one.
pub(super) struct Matrix(Vec<Vec<f64>>);

impl Matrix {
    /// Brings the ballots of a group together. The error names a pair that nobody voted on.
    pub(super) fn of(
        criteria: &[CriterionCode],
        at: usize,
        group: &Group,
    ) -> Result<Self, AhpError> {
        let mut rows = vec![vec![1.0; criteria.len()]; criteria.len()];
        let mut set = |a: usize, b: usize, times: f64| {
            if let Some(entry) = rows.get_mut(a).and_then(|row| row.get_mut(b)) {
                *entry = times;
            }
        };
        for (a, first) in criteria.iter().enumerate() {
            for (b, second) in criteria.iter().enumerate().filter(|(b, _)| *b > a) {
                let mean = mean_vote(group, first, second);
                let times = mean.ok_or_else(|| AhpError::PairMissing {
                    group: at,
                    name: group.name.clone(),
                    a: first.clone(),
                    b: second.clone(),
                })?;
                set(a, b, times);
                set(b, a, 1.0 / times);
            }
        }
        Ok(Self(rows))
    }

    fn at(&self, a: usize, b: usize) -> f64 {
        let entry = self.0.get(a).and_then(|row| row.get(b));
        entry.copied().unwrap_or(1.0)
    }

    /// The principal eigenvector by the power method, summing to one, and the consistency ratio of its eigenvalue.
    pub(super) fn priorities(&self) -> Priorities {
        let size: f64 = self.0.iter().map(|_| 1.0).sum();
        let mut weights: Vec<f64> = self.0.iter().map(|_| 1.0 / size).collect();
        let mut eigenvalue = size;
        for _ in 0..ROUNDS {
            let product: Vec<f64> = self.0.iter().map(|row| dot(row, &weights)).collect();
            // The weights sum to one, so that their product sums to the eigenvalue.
            eigenvalue = product.iter().sum();
            weights = product.iter().map(|value| value / eigenvalue).collect();
        }
        let index = RANDOM_INDEX.get(self.0.len().saturating_sub(1));
        let random: f64 = index.and_then(|text| text.parse().ok()).unwrap_or(0.0);
        let ratio = if random == 0.0 {
            0.0
        } else {
            ((eigenvalue - size) / (size - 1.0) / random).max(0.0)
        };
        Priorities { weights, ratio }
    }

    /// The triple whose votes contradict each other most, of equal ones the first.
    pub(super) fn worst_triple(&self, criteria: &[CriterionCode]) -> Option<Triple> {
        let size = self.0.len();
        let mut worst: Option<(f64, [usize; 3])> = None;
        for a in 0..size {
            for b in (0..size).filter(|b| *b > a) {
                for c in (0..size).filter(|c| *c > b) {
                    let round = self.at(a, b) * self.at(b, c) * self.at(c, a);
                    let factor = round.max(1.0 / round);
                    if worst.is_none_or(|(worst, _)| factor > worst) {
                        worst = Some((factor, [a, b, c]));
                    }
                }
            }
        }
        let (factor, [a, b, c]) = worst?;
        let factor = decimal(factor, 2).filter(|factor| *factor > Decimal::ONE)?;
        let vote = |a: usize, b: usize| {
            let times = self.at(a, b);
            let (more, less, times) = if times < 1.0 {
                (b, a, 1.0 / times)
            } else {
                (a, b, times)
            };
            Some(Comparison {
                more: criteria.get(more)?.clone(),
                less: criteria.get(less)?.clone(),
                times: decimal(times, 2)?,
            })
        };
        Some(Triple {
            votes: [vote(a, b)?, vote(b, c)?, vote(a, c)?],
            factor,
        })
    }
}

fn dot(row: &[f64], weights: &[f64]) -> f64 {
    row.iter().zip(weights).map(|(a, b)| a * b).sum()
}

/// The geometric mean of a group's votes on a pair, as how many times `a` counts as much as `b`.
fn mean_vote(group: &Group, a: &CriterionCode, b: &CriterionCode) -> Option<f64> {
    let votes = || group.ballots.iter().flat_map(|ballot| &ballot.votes);
    let strengths = |more: &CriterionCode, less: &CriterionCode| -> Vec<u8> {
        let these = votes().filter(|vote| (&vote.more, &vote.less) == (more, less));
        these.map(|vote| vote.strength).collect()
    };
    let (towards, against) = (strengths(a, b), strengths(b, a));
    let count = towards.len().checked_add(against.len());
    let count = count.filter(|count| *count > 0)?;
    // Root first, then multiply: a product of 250 nines fits no float.
    let mut roots: BTreeMap<u8, f64> = BTreeMap::new();
    for strength in towards.iter().chain(&against) {
        let by_halving = || root(f64::from(*strength), count);
        roots.entry(*strength).or_insert_with(by_halving);
    }
    let product = |strengths: &[u8]| -> f64 {
        let roots = strengths.iter().filter_map(|strength| roots.get(strength));
        roots.product()
    };
    Some(product(&towards) / product(&against))
}

/// The `degree`-th root of a number of 1 or more, by halving.
fn root(value: f64, degree: usize) -> f64 {
    let (mut low, mut high) = (1.0, value);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        let power: f64 = (0..degree).map(|_| middle).product();
        if power < value {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// A value rounded to decimal places.
pub(super) fn decimal(value: f64, places: u8) -> Option<Decimal> {
    format!("{value:.*}", usize::from(places)).parse().ok()
}

#[cfg(test)]
mod peers;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_to_its_degree_is_the_number() {
        for (value, degree) in [(9.0, 1), (9.0, 2), (7.0, 250), (1.0, 17)] {
            let root = root(value, degree);
            let power: f64 = (0..degree).map(|_| root).product();
            assert!((power - value).abs() < 1e-12, "{value} {degree}: {power}");
        }
    }
}
