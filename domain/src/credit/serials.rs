//! Serials: which numbers of a batch left circulation. Retirements take them from the low end, cancellations and
//! reversals from the high end; because units are conserved the two ends never meet.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units;
use crate::log::schema;

/// A half-open range of serials of one batch, `[from, to)`, never empty.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "RawRange", into = "RawRange")]
pub struct SerialRange {
    from: i64,
    to: i64,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawRange {
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    from: i64,
    #[serde(with = "units")]
    #[schemars(with = "String", extend("pattern" = schema::UNITS))]
    to: i64,
}

/// Why serials cannot be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SerialsError {
    /// Empty or below zero.
    #[error("the serials [{from}, {to}) are no range: expected 0 <= from < to")]
    NoRange {
        /// First serial inside.
        from: i64,
        /// First serial after.
        to: i64,
    },
    /// More than are left.
    #[error("{asked} serials asked of a batch that has {left} left in circulation")]
    Exhausted {
        /// How many were asked.
        asked: i64,
        /// How many are left.
        left: i64,
    },
    /// Beyond the batch.
    #[error("the serials {range} lie outside the batch of {issued}")]
    Outside {
        /// The range.
        range: SerialRange,
        /// Units of the batch.
        issued: i64,
    },
    /// Given twice.
    #[error("the serials {first} and {second} overlap: a serial leaves circulation once")]
    Overlap {
        /// One range.
        first: SerialRange,
        /// The other.
        second: SerialRange,
    },
}

impl SerialRange {
    /// From the first serial inside to the first after; an empty range is refused.
    pub fn new(from: i64, to: i64) -> Result<Self, SerialsError> {
        if 0 <= from && from < to {
            Ok(Self { from, to })
        } else {
            Err(SerialsError::NoRange { from, to })
        }
    }

    /// First serial inside.
    pub fn from(self) -> i64 {
        self.from
    }

    /// First serial after.
    pub fn to(self) -> i64 {
        self.to
    }

    /// How many units the range is.
    pub fn units(self) -> i64 {
        self.to.saturating_sub(self.from)
    }
}

impl fmt::Display for SerialRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.from, self.to)
    }
}

impl TryFrom<RawRange> for SerialRange {
    type Error = SerialsError;
    fn try_from(raw: RawRange) -> Result<Self, SerialsError> {
        Self::new(raw.from, raw.to)
    }
}

impl From<SerialRange> for RawRange {
    fn from(range: SerialRange) -> Self {
        Self {
            from: range.from,
            to: range.to,
        }
    }
}

/// The serials of a batch: how many there are, and how many left circulation at either end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Serials {
    issued: i64,
    low: i64,
    high: i64,
}

impl Serials {
    /// A fresh batch of some units; the number is more than zero.
    pub fn issue(units: i64) -> Result<Self, SerialsError> {
        SerialRange::new(0, units).map(|range| Self {
            issued: range.to,
            low: 0,
            high: range.to,
        })
    }

    /// A batch as tables keep it: units issued, retired, and taken out at the high end.
    pub fn resume(issued: i64, retired: i64, removed: i64) -> Result<Self, SerialsError> {
        let mut serials = Self::issue(issued)?;
        if retired > 0 {
            serials.take_low(retired)?;
        }
        if removed > 0 {
            serials.take_high(removed)?;
        }
        if retired < 0 || removed < 0 {
            return Err(SerialsError::NoRange {
                from: retired,
                to: removed,
            });
        }
        Ok(serials)
    }

    /// Units issued.
    pub fn issued(self) -> i64 {
        self.issued
    }

    /// Units retired: the serials below this number.
    pub fn retired(self) -> i64 {
        self.low
    }

    /// Units cancelled or reversed: that many serials at the high end.
    pub fn removed(self) -> i64 {
        self.issued.saturating_sub(self.high)
    }

    /// Units still in circulation.
    pub fn left(self) -> i64 {
        self.high.saturating_sub(self.low)
    }

    /// Takes serials for a retirement.
    pub fn take_low(&mut self, units: i64) -> Result<SerialRange, SerialsError> {
        self.check_left(units)?;
        let range = SerialRange::new(self.low, self.low.saturating_add(units))?;
        self.low = range.to;
        Ok(range)
    }

    /// Takes serials for a cancellation or a reversal.
    pub fn take_high(&mut self, units: i64) -> Result<SerialRange, SerialsError> {
        self.check_left(units)?;
        let range = SerialRange::new(self.high.saturating_sub(units), self.high)?;
        self.high = range.from;
        Ok(range)
    }

    fn check_left(self, asked: i64) -> Result<(), SerialsError> {
        let left = self.left();
        if asked <= left {
            Ok(())
        } else {
            Err(SerialsError::Exhausted { asked, left })
        }
    }
}

/// Checks that ranges lie inside a batch and share no serial: for tables, which keep every range.
pub fn check_ranges(issued: i64, ranges: &[SerialRange]) -> Result<(), SerialsError> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    if let Some(range) = sorted.last().filter(|range| range.to > issued).copied() {
        return Err(SerialsError::Outside { range, issued });
    }
    let pairs = sorted.iter().zip(sorted.iter().skip(1));
    match pairs
        .into_iter()
        .find(|(first, second)| second.from < first.to)
    {
        None => Ok(()),
        Some((first, second)) => Err(SerialsError::Overlap {
            first: *first,
            second: *second,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_batch_of_25_never_gives_26_serials() {
        let mut serials = Serials::issue(25).unwrap();
        let all = SerialsError::Exhausted {
            asked: 26,
            left: 25,
        };
        assert_eq!(serials.take_low(26), Err(all));
        assert_eq!(serials.take_high(26), Err(all));
        assert_eq!(serials.take_low(20), SerialRange::new(0, 20));
        assert_eq!(serials.take_high(5), SerialRange::new(20, 25));
        assert!(serials.take_low(1).is_err() && serials.take_high(1).is_err());
    }

    #[test]
    fn no_serials_and_negative_serials_are_refused() {
        let mut serials = Serials::issue(25).unwrap();
        for units in [0, -1, i64::MIN] {
            assert!(serials.take_low(units).is_err());
            assert!(serials.take_high(units).is_err());
            assert!(Serials::issue(units).is_err());
        }
        assert_eq!(serials, Serials::issue(25).unwrap());
    }

    #[test]
    fn tables_resume_where_they_stood() {
        let mut serials = Serials::issue(25).unwrap();
        serials.take_low(3).unwrap();
        serials.take_high(4).unwrap();
        assert_eq!(Serials::resume(25, 3, 4), Ok(serials));
        assert!(Serials::resume(25, 13, 13).is_err());
        assert!(Serials::resume(25, -1, 0).is_err());
    }

    #[test]
    fn overlapping_and_foreign_ranges_are_found() {
        let range = |from, to| SerialRange::new(from, to).unwrap();
        assert_eq!(check_ranges(25, &[range(20, 25), range(0, 20)]), Ok(()));
        let overlap = check_ranges(25, &[range(0, 10), range(9, 12)]);
        assert!(matches!(overlap, Err(SerialsError::Overlap { .. })));
        let outside = check_ranges(25, &[range(20, 26)]);
        assert!(matches!(outside, Err(SerialsError::Outside { .. })));
    }

    proptest! {
        #[test]
        fn the_two_ends_never_meet(
            issued in 1_i64..200,
            takes in prop::collection::vec((any::<bool>(), 0_i64..60), 0..20),
        ) {
            let mut serials = Serials::issue(issued).unwrap();
            let mut given = Vec::new();
            for (low, units) in takes {
                let left = serials.left();
                let taken = if low { serials.take_low(units) } else { serials.take_high(units) };
                prop_assert_eq!(taken.is_ok(), (1..=left).contains(&units));
                given.extend(taken.ok());
            }
            prop_assert_eq!(check_ranges(issued, &given), Ok(()));
            let taken: i64 = given.iter().map(|range| range.units()).sum();
            prop_assert_eq!(Some(taken), issued.checked_sub(serials.left()));
            prop_assert_eq!(taken, serials.retired().saturating_add(serials.removed()));
        }
    }
}
