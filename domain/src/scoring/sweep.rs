//! Ready marks as whole numbers in columns, for what is asked of all bids many times: totals, and who wins when the weight of
//! one criterion moves while its rivals keep their proportions. Everything is exact in `i128`, and equal to the same
//! question asked with fractions (a property test).
//!
//! With `x` the part of the whole that criterion `m` gets, `w` the published parts, `s` a bid's part of each mark and `S` its
//! published total, its total is `x * s_m + (1 - x) * (S - w_m s_m) / (1 - w_m)`: a line in `x`. The highest of lines is
//! convex, so that whoever leads at two weights leads between them, and few weights need a look at every bid.

use super::evaluation::Evaluation;
use super::scorecard::Mark;
use crate::fraction::{ArithmeticError, Fraction};

/// Units of a whole mark: a bid's part of a mark is a whole number of them.
const PART: i64 = 100_000_000;

/// Units of one point; the check of a plan keeps points to as many places.
const POINT: i64 = 100_000_000;

/// The most units that all criteria bring together: 100 points. With them a total stays below `10^18`. A total is wrong by
/// at most half as many, because each part is by at most half a unit.
pub(super) const POINTS_MAX: i64 = 10_000_000_000;

/// The most steps of a sweep. With them nothing in a sweep leaves `10^23`, far within `i128`.
pub const MAX_STEPS: u32 = 10_000;

/// The marks of bids under a weighted sum.
#[derive(Debug, Clone)]
pub struct MarkTable {
    bids: usize,
    /// For each criterion the points that it can bring, in units of [`POINT`].
    points: Vec<i64>,
    /// For each criterion the part of its mark that each bid has, in units of [`PART`].
    parts: Vec<Vec<i64>>,
}

/// A fraction as a whole number of units, rounded half to even.
fn units(value: Fraction, one: Fraction) -> Result<i64, ArithmeticError> {
    i64::try_from(value.times_to_whole(one)?).map_err(|_| ArithmeticError::Overflow)
}

impl MarkTable {
    /// A table of the points of each criterion, which sum to at most 100, and one column of parts from 0 to 1 for each,
    /// rounded half to even to eight places.
    pub fn new(points: &[Fraction], parts: &[Vec<Fraction>]) -> Result<Self, ArithmeticError> {
        let one = Fraction::whole(PART);
        let columns = parts
            .iter()
            .map(|column| column.iter().map(|part| units(*part, one)).collect());
        Self::bounded(points, columns.collect::<Result<_, _>>()?)
    }

    fn bounded(points: &[Fraction], parts: Vec<Vec<i64>>) -> Result<Self, ArithmeticError> {
        let one = Fraction::whole(POINT);
        let points = points.iter().map(|points| units(*points, one));
        let points: Vec<i64> = points.collect::<Result<_, _>>()?;
        let bids = parts.first().map_or(0, Vec::len);
        let whole = points
            .iter()
            .try_fold(0_i64, |sum, points| sum.checked_add(*points));
        let bounded = points.iter().all(|points| *points >= 0)
            && whole.is_some_and(|whole| whole <= POINTS_MAX)
            && parts.iter().flatten().all(|part| (0..=PART).contains(part))
            && parts.len() == points.len()
            && parts.iter().all(|column| column.len() == bids);
        if bounded {
            Ok(Self {
                bids,
                points,
                parts,
            })
        } else {
            Err(ArithmeticError::Overflow)
        }
    }

    /// The marks of an evaluation, each as its part of the criterion's points, the bids by id; `None` where a bid has no mark.
    pub fn of(evaluation: &Evaluation<'_>) -> Option<Result<Self, ArithmeticError>> {
        let points: Vec<Fraction> = evaluation.points().collect();
        let none = Fraction::ZERO;
        let whole = |points: &Fraction| Fraction::whole(PART).over(*points).unwrap_or(none);
        // What makes a part of a mark; nothing where there are no points to have a part of.
        let wholes: Vec<Fraction> = points.iter().map(whole).collect();
        let mut columns = vec![Vec::new(); points.len()];
        for (_, marks) in evaluation.marks() {
            for ((column, whole), mark) in columns.iter_mut().zip(&wholes).zip(marks) {
                let Mark::Defined { exact, .. } = mark else {
                    return None;
                };
                column.push(units(*exact, *whole));
            }
        }
        let columns: Result<Vec<Vec<i64>>, _> = columns
            .into_iter()
            .map(|column| column.into_iter().collect())
            .collect();
        Some(columns.and_then(|columns| Self::bounded(&points, columns)))
    }

    /// For each number of leaves, from none to all, what each bid has from the first so many, in the units of its total.
    pub(super) fn sums_from_first(&self) -> Vec<Vec<i64>> {
        let mut found = vec![vec![0; self.bids]];
        for (points, column) in self.points.iter().zip(&self.parts) {
            let before = found.last().into_iter().flatten();
            let sums = before.zip(column);
            // Bounded by the constructor: nothing wraps.
            let sums = sums.map(|(sum, part)| points.wrapping_mul(*part).wrapping_add(*sum));
            found.push(sums.collect());
        }
        found
    }

    /// Each bid's total, in units that [`Self::totals`] tells in points.
    fn sums(&self) -> Vec<i64> {
        let mut sums = vec![0_i64; self.bids];
        for (points, column) in self.points.iter().zip(&self.parts) {
            for (sum, part) in sums.iter_mut().zip(column) {
                // Bounded by the constructor: nothing wraps.
                *sum = sum.wrapping_add(points.wrapping_mul(*part));
            }
        }
        sums
    }

    /// Each bid's total in points.
    pub fn totals(&self) -> Result<Vec<Fraction>, ArithmeticError> {
        let one = i128::from(PART)
            .checked_mul(i128::from(POINT))
            .ok_or(ArithmeticError::Overflow)?;
        let sums = self.sums().into_iter();
        sums.map(|sum| Fraction::new(i128::from(sum), one))
            .collect()
    }

    /// The bids from the highest total to the lowest, equal ones in the order of the table.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<(i64, usize)> = self.sums().into_iter().zip(0..).collect();
        order.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        order.into_iter().map(|(_, bid)| bid).collect()
    }

    /// For each criterion the bid that leads at each of `steps + 1` weights from nothing to everything, the others keeping
    /// their proportions; of equal ones the first in the table. Where one criterion has all the points its rivals divide
    /// nothing, and only the last weight has an answer. At most [`MAX_STEPS`].
    pub fn sweep(&self, steps: u32) -> Result<Vec<Vec<Option<usize>>>, ArithmeticError> {
        if steps > MAX_STEPS {
            return Err(ArithmeticError::Overflow);
        }
        let sums = self.sums();
        let whole: i64 = self
            .points
            .iter()
            .fold(0, |sum, points| sum.wrapping_add(*points));
        let columns = self.points.iter().zip(&self.parts);
        Ok(columns
            .map(|(points, own)| {
                let column = Column {
                    own,
                    sums: &sums,
                    points: *points,
                    rest: whole.wrapping_sub(*points),
                    steps,
                };
                column.leaders()
            })
            .collect())
    }
}

/// The lines of all bids over the weight of one criterion.
struct Column<'a> {
    own: &'a [i64],
    sums: &'a [i64],
    points: i64,
    rest: i64,
    steps: u32,
}

impl Column<'_> {
    fn leaders(&self) -> Vec<Option<usize>> {
        let mut leaders: Vec<Option<usize>> = (0..=self.steps).map(|_| None).collect();
        let last = leaders.len().saturating_sub(1);
        let end = self.leader(self.steps);
        if let Some(slot) = leaders.last_mut() {
            *slot = end;
        }
        if self.rest > 0 && last > 0 {
            self.fill(&mut leaders, (0, self.leader(0)), (self.steps, end));
        }
        leaders
    }

    /// The bid that leads at a step: of `t * rest * s + (steps - t) * (S - w s)`, a positive multiple of each total.
    fn leader(&self, step: u32) -> Option<usize> {
        let left = i128::from(self.steps.saturating_sub(step));
        // The same as `left * S + s * (t * rest - left * w)`: two factors for all bids, each below 10^15.
        // Where rivals divide nothing, only the last step is asked for, and any positive rest orders by the mark alone.
        let up = i128::from(step).wrapping_mul(i128::from(self.rest.max(1)));
        let factor = up.wrapping_sub(left.wrapping_mul(i128::from(self.points)));
        let (left, factor) = (i64::try_from(left).ok()?, i64::try_from(factor).ok()?);
        let mut best: Option<(i128, usize)> = None;
        for ((own, sum), bid) in self.own.iter().zip(self.sums).zip(0..) {
            // Products of two `i64` in `i128`: nothing wraps.
            let fixed = i128::from(left).wrapping_mul(i128::from(*sum));
            let moving = i128::from(factor).wrapping_mul(i128::from(*own));
            let value = fixed.wrapping_add(moving);
            if best.is_none_or(|(highest, _)| value > highest) {
                best = Some((value, bid));
            }
        }
        best.map(|(_, bid)| bid)
    }

    /// Fills the steps from one known leader to another: equal ones lead between them, and else the middle is looked at.
    fn fill(
        &self,
        leaders: &mut [Option<usize>],
        (low, first): (u32, Option<usize>),
        (high, last): (u32, Option<usize>),
    ) {
        let at = |step: u32| usize::try_from(step).unwrap_or(usize::MAX);
        if first == last {
            if let Some(between) = leaders.get_mut(at(low)..=at(high)) {
                between.fill(first);
            }
            return;
        }
        for (step, leader) in [(low, first), (high, last)] {
            if let Some(slot) = leaders.get_mut(at(step)) {
                *slot = leader;
            }
        }
        let middle = low.midpoint(high);
        if middle > low {
            let leader = self.leader(middle);
            self.fill(leaders, (low, first), (middle, leader));
            self.fill(leaders, (middle, leader), (high, last));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scoring::evaluation::evaluate;
    use crate::tender::fixtures::{entrant, facts, leaf, levels, linear, plan};

    fn f(n: i128, d: i128) -> Fraction {
        Fraction::new(n, d).unwrap()
    }

    /// The same question with fractions and no short cut.
    fn exactly(
        points: &[Fraction],
        parts: &[Vec<Fraction>],
        steps: u32,
    ) -> Vec<Vec<Option<usize>>> {
        let sum = |values: &mut dyn Iterator<Item = Fraction>| {
            values.fold(Fraction::ZERO, |sum, value| sum.plus(value).unwrap())
        };
        let whole = sum(&mut points.iter().copied());
        let at = |m: usize, step: u32| {
            let x = f(step.into(), steps.into());
            let rest = whole.minus(points[m]).unwrap();
            if rest.is_zero() && step < steps {
                return None;
            }
            let total = |bid: usize| {
                let weight = |k: usize| {
                    if k == m {
                        x
                    } else if rest.is_zero() {
                        Fraction::ZERO
                    } else {
                        let left = Fraction::ONE.minus(x).unwrap();
                        left.times(points[k]).unwrap().over(rest).unwrap()
                    }
                };
                sum(&mut (0..points.len()).map(|k| weight(k).times(parts[k][bid]).unwrap()))
            };
            let bids = parts[0].len();
            (0..bids).fold(None, |best, bid| match best {
                Some(best) if total(best) >= total(bid) => Some(best),
                _ => Some(bid),
            })
        };
        (0..points.len())
            .map(|m| (0..=steps).map(|step| at(m, step)).collect())
            .collect()
    }

    fn table() -> impl Strategy<Value = (Vec<Fraction>, Vec<Vec<Fraction>>)> {
        (1_usize..5, 1_usize..7).prop_flat_map(|(criteria, bids)| {
            let points = prop::collection::vec((1_i128..40).prop_map(|n| f(n, 4)), criteria);
            // Few values, so that ties are common.
            let part = (0_i128..=8).prop_map(|n| f(n, 8));
            let column = prop::collection::vec(part, bids);
            (points, prop::collection::vec(column, criteria))
        })
    }

    proptest! {
        #[test]
        fn a_sweep_finds_the_leaders_that_fractions_find((points, parts) in table(), steps in 1_u32..12) {
            let fast = MarkTable::new(&points, &parts).unwrap().sweep(steps).unwrap();
            prop_assert_eq!(fast, exactly(&points, &parts, steps));
        }

        #[test]
        fn totals_are_the_exact_sums((points, parts) in table()) {
            let table = MarkTable::new(&points, &parts).unwrap();
            let totals = table.totals().unwrap();
            for (bid, total) in totals.iter().enumerate() {
                let exact = points.iter().zip(&parts).fold(Fraction::ZERO, |sum, (points, column)| {
                    sum.plus(points.times(column[bid]).unwrap()).unwrap()
                });
                prop_assert_eq!(*total, exact);
            }
            let order = table.order();
            prop_assert!(order.is_sorted_by(|a, b| totals[*a] > totals[*b] || (totals[*a] == totals[*b] && a < b)));
        }
    }

    #[test]
    fn an_evaluation_becomes_a_table_as_long_as_every_mark_has_a_value() {
        let plan = plan(vec![
            leaf("PRICE", "60", linear("200", "100")),
            leaf("Q", "40", levels(&[0, 1, 2], None)),
        ]);
        let bids = [
            entrant(1, "100", &[("Q", 0)]),
            entrant(2, "150", &[("Q", 2)]),
        ];
        let facts = facts(&[]);
        let evaluation = evaluate(&plan, &plan.lots[0], &bids, &facts).unwrap();
        let table = MarkTable::of(&evaluation).unwrap().unwrap();
        assert_eq!(table.totals().unwrap(), [f(60, 1), f(70, 1)]);
        let price = &table.sweep(4).unwrap()[0];
        // At 75 % for the price: 75 against 37.5 + 25.
        assert_eq!(price, &[Some(1), Some(1), Some(1), Some(0), Some(0)]);
        let unjudged = [entrant(1, "100", &[])];
        let evaluation = evaluate(&plan, &plan.lots[0], &unjudged, &facts).unwrap();
        assert!(MarkTable::of(&evaluation).is_none());
    }
}
