//! Krippendorff's alpha: `1 - D_o / D_e`, one minus the observed disagreement within bids over the disagreement that
//! chance would bring. 1 is perfect agreement, 0 what chance brings, below 0 systematic disagreement.
//!
//! With `n` marks that can be paired, `m` of them in a bid, and the distance `d` of two marks:
//! `D_o = (1/n) * sum over bids of (1/(m-1)) * sum over ordered pairs of d`, `D_e = sum over ordered pairs of all d / (n (n-1))`.
//! Source: K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).
#![expect(
    clippy::float_arithmetic,
    reason = "agreement informs people; its results become decimals before anyone sees them"
)]

use std::collections::BTreeMap;

use super::NoStatistic;

/// How marks are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measurement {
    /// Equal or not.
    Nominal,
    /// By the number of marks that lie between them.
    Ordinal,
    /// By their squared difference.
    Interval,
    /// By the squared difference over the sum; two marks of zero are equal.
    Ratio,
}

impl Measurement {
    /// Every level of measurement.
    pub const ALL: [Self; 4] = [Self::Nominal, Self::Ordinal, Self::Interval, Self::Ratio];

    /// The squared distance of two marks by their places on the scale.
    fn distance(self, a: f64, b: f64) -> f64 {
        let apart = a - b;
        match self {
            Self::Nominal => f64::from(a.total_cmp(&b).is_ne()),
            Self::Ordinal | Self::Interval => apart * apart,
            Self::Ratio if a + b == 0.0 => 0.0,
            Self::Ratio => (apart / (a + b)) * (apart / (a + b)),
        }
    }
}

/// Alpha of a table of marks, a row for each bid. Bids with fewer than two marks are left out. It has no value when no
/// bid has two marks, and when all marks that are left are the same.
pub fn alpha(rows: &[Vec<Option<u32>>], level: Measurement) -> Result<f64, NoStatistic> {
    let marks = rows
        .iter()
        .map(|row| row.iter().flatten().copied().collect());
    let paired: Vec<Vec<u32>> = marks.filter(|marks: &Vec<u32>| marks.len() > 1).collect();
    let mut counts: BTreeMap<u32, f64> = BTreeMap::new();
    for mark in paired.iter().flatten() {
        *counts.entry(*mark).or_default() += 1.0;
    }
    match counts.len() {
        0 => return Err(NoStatistic::TooFewMarks),
        1 => return Err(NoStatistic::NoVariation),
        _ => {}
    }
    let places = places(&counts, level);
    let observed: f64 = paired
        .iter()
        .map(|marks| {
            let weighted = marks.iter().filter_map(|mark| places.get(mark));
            let weighted: Vec<(f64, f64)> = weighted.map(|(place, _)| (*place, 1.0)).collect();
            disagreement(&weighted, level) / (total(&weighted) - 1.0)
        })
        .sum();
    let all: Vec<(f64, f64)> = places.into_values().collect();
    Ok(1.0 - (total(&all) - 1.0) * observed / disagreement(&all, level))
}

/// Each mark's place on the scale, with how often it was given. On an ordinal scale the place is the middle rank: the
/// marks below it and half of its own.
fn places(counts: &BTreeMap<u32, f64>, level: Measurement) -> BTreeMap<u32, (f64, f64)> {
    let mut below = 0.0;
    let place = |(mark, count): (&u32, &f64)| {
        let rank = below + count / 2.0;
        below += count;
        let place = match level {
            Measurement::Ordinal => rank,
            _ => f64::from(*mark),
        };
        (*mark, (place, *count))
    };
    counts.iter().map(place).collect()
}

fn total(weighted: &[(f64, f64)]) -> f64 {
    weighted.iter().map(|(_, weight)| weight).sum()
}

/// The sum of the distances of all ordered pairs of places, each as often as it occurs.
fn disagreement(weighted: &[(f64, f64)], level: Measurement) -> f64 {
    let pairs = weighted
        .iter()
        .flat_map(|a| weighted.iter().map(move |b| (a, b)));
    pairs
        .map(|((a, times), (b, by))| times * by * level.distance(*a, *b))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bids in rows, from the columns of the published example.
    fn p7() -> Vec<Vec<Option<u32>>> {
        let raters = [
            "* * * * * 3 4 1 2 1 1 3 3 * 3",
            "1 * 2 1 3 3 4 3 * * * * * * *",
            "* * 2 1 3 4 4 * 2 1 1 3 3 * 4",
        ];
        let columns = raters.map(|rater| rater.split(' ').map(|mark| mark.parse().ok()));
        let [a, b, c] = columns.map(Iterator::collect::<Vec<Option<u32>>>);
        let rows = a.into_iter().zip(b).zip(c);
        rows.map(|((a, b), c)| vec![a, b, c]).collect()
    }

    #[test]
    fn p7_krippendorff() {
        let expected = [
            (Measurement::Nominal, 0.691_358_024_691_358),
            (Measurement::Ordinal, 0.806_721_419_941_315_3),
            (Measurement::Interval, 0.810_844_892_812_105_9),
            (Measurement::Ratio, 0.808_943_670_784_247_1),
        ];
        for (level, expected) in expected {
            let value = alpha(&p7(), level).unwrap();
            assert!((value - expected).abs() < 1e-15, "{level:?} {value}");
        }
    }

    #[test]
    fn perfect_agreement_is_one_and_two_contrary_marks_are_chance() {
        let rows = [vec![Some(1), Some(1)], vec![Some(5), Some(5)]];
        let contrary = [vec![Some(1), Some(5)]];
        for level in Measurement::ALL {
            assert!((alpha(&rows, level).unwrap() - 1.0).abs() < 1e-15);
            assert!(alpha(&contrary, level).unwrap().abs() < 1e-15);
        }
    }

    #[test]
    fn no_pair_and_no_variation_have_no_value() {
        let value = |rows: &[Vec<Option<u32>>]| alpha(rows, Measurement::Interval);
        assert_eq!(value(&[]), Err(NoStatistic::TooFewMarks));
        let single = [vec![Some(1), None], vec![None, Some(4)]];
        assert_eq!(value(&single), Err(NoStatistic::TooFewMarks));
        // The lone 4 pairs with nothing, so that only threes are left.
        let same = [vec![Some(3), Some(3)], vec![None, Some(4)]];
        assert_eq!(value(&same), Err(NoStatistic::NoVariation));
    }

    proptest! {
        #[test]
        fn alpha_is_at_most_one_and_knows_no_order(
            rows in prop::collection::vec(prop::collection::vec(prop::option::of(0_u32..6), 3), 1..9)
        ) {
            let turned: Vec<Vec<_>> = rows.iter().rev().map(|row| row.iter().rev().copied().collect()).collect();
            for level in Measurement::ALL {
                match (alpha(&rows, level), alpha(&turned, level)) {
                    (Ok(one), Ok(other)) => {
                        prop_assert!(one <= 1.0 + 1e-12);
                        prop_assert!((one - other).abs() < 1e-12);
                    }
                    (one, other) => prop_assert_eq!(one, other),
                }
            }
        }
    }
}
