//! Who may be the first rival to lead when a weight moves, found with whole numbers among all rivals at once.
//!
//! A rival's distance to the winner is a line in the weight of a criterion: at 0 it is `(S - M) / (1 - w) + C`, at 1 it is
//! `M / w + C`, with `M` the distance on the criterion, `S` on it and its siblings, and `C` on everything else. Both are
//! kept as whole numbers with a bound on what rounding did to them, so that nobody who may be first is passed over.

use super::base::Base;
use super::stability::Place;
use crate::fraction::Fraction;
use crate::ids::BidId;
use crate::scoring::sweep::{MarkTable, POINTS_MAX};

/// By how much a distance may be wrong: each of two totals by half as much, and a little for weights of many places.
const ERROR: i64 = POINTS_MAX.saturating_add(POINTS_MAX);

/// Places of a rounded weight: a whole is so many units.
const WEIGHT: i64 = 1_000_000;

/// The distances of all rivals to the winner, in the order of the losers.
pub(super) struct Screen {
    /// For each number of leaves the distance that so many bring.
    from_first: Vec<Vec<i64>>,
    /// Whether a rival's unrounded total is above the winner's; `None` where they are too near to tell.
    ahead: Vec<Option<bool>>,
}

impl Screen {
    /// `None` where a bid of the ranking is not in the table.
    pub(super) fn new(table: &MarkTable, base: &Base<'_>) -> Option<Self> {
        let bids: Vec<BidId> = base.marks.keys().copied().collect();
        let row = |bid: &BidId| bids.binary_search(bid).ok();
        let winner = row(&base.winner)?;
        let rivals: Vec<usize> = base.losers.iter().map(row).collect::<Option<_>>()?;
        let distances = |sums: &Vec<i64>| {
            let best = *sums.get(winner)?;
            // Both lie between 0 and 10^18.
            let distance = |row: &usize| sums.get(*row).map(|sum| best.wrapping_sub(*sum));
            rivals.iter().map(distance).collect()
        };
        let sums = table.sums_from_first();
        let from_first: Vec<Vec<i64>> = sums.iter().map(distances).collect::<Option<_>>()?;
        let ahead = |distance: &i64| {
            let told = distance.unsigned_abs() > ERROR.unsigned_abs();
            told.then_some(*distance < 0)
        };
        Some(Self {
            ahead: from_first.last()?.iter().map(ahead).collect(),
            from_first,
        })
    }

    /// Whether a rival's unrounded total is above the winner's; `None` where they are too near to tell.
    pub(super) fn is_ahead(&self, rival: usize) -> Option<bool> {
        self.ahead.get(rival).copied().flatten()
    }

    /// The lines of all rivals over the weight of a criterion.
    pub(super) fn line(&self, place: &Place<'_>) -> Option<Lines<'_>> {
        let (part, whole) = (place.weight.numerator(), place.weight.denominator());
        let rest = whole.checked_sub(part)?;
        // Both ends times `w (1 - w)` and the square of the weight's denominator, which leaves no division.
        let at_none = whole.checked_mul(part)?;
        let at_all = whole.checked_mul(rest)?;
        let beyond = part.checked_mul(rest)?;
        let sum = at_none.max(at_all).checked_add(beyond)?;
        let bits = |value: i128| 128_u32.saturating_sub(value.leading_zeros());
        // A distance has 60 bits; what is left of a product has 62.
        let down = bits(sum).saturating_sub(2);
        let before = down.saturating_sub(60);
        let after = down.saturating_sub(before);
        let column = |end: usize| self.from_first.get(end);
        let ends = [
            place.leaves.start,
            place.leaves.end,
            place.siblings.start,
            place.siblings.end,
        ];
        let [first, last, from, to] = ends.map(column);
        let own = last?.iter().zip(first?);
        let siblings = to?.iter().zip(from?);
        let shift = |value: i64| i128::from(value.checked_shr(before).unwrap_or_default());
        let distances = own.zip(siblings).zip(self.from_first.last()?).map(
            |(((last, first), (to, from)), all)| {
                // Distances of at most 10^18: neither they nor their products wrap.
                let own = last.wrapping_sub(*first);
                let group = to.wrapping_sub(*from);
                let others = shift(group.wrapping_sub(own));
                let outside = shift(all.wrapping_sub(group)).wrapping_mul(beyond);
                let none = others.wrapping_mul(at_none).wrapping_add(outside);
                let whole = shift(own).wrapping_mul(at_all).wrapping_add(outside);
                let fit = |value: i128| i64::try_from(value.checked_shr(after)?).ok();
                fit(none).zip(fit(whole))
            },
        );
        let error = shift(ERROR).checked_add(2)?.checked_mul(sum)?;
        let error = error.checked_shr(after)?.checked_add(2)?;
        Some(Lines {
            screen: self,
            ends: distances.collect::<Option<_>>()?,
            error: i64::try_from(error).ok()?,
        })
    }
}

/// The distances of all rivals to the winner at the ends of a weight.
pub(super) struct Lines<'a> {
    screen: &'a Screen,
    /// At 0 and at 1, both in one unit.
    ends: Vec<(i64, i64)>,
    error: i64,
}

/// Where a line may cross zero.
enum Crossing {
    /// Nowhere between 0 and 1.
    Never,
    /// Above the published weight. `before` and `beyond` are the distances on both sides: it crosses at
    /// `before / (before + beyond)` of the way up from 0.
    Above { before: i64, beyond: i64 },
    /// Below the published weight: the same on the way down from 1.
    Below { before: i64, beyond: i64 },
    /// Rounding hides where.
    Anywhere,
}

impl Lines<'_> {
    fn crossing(&self, rival: usize) -> Crossing {
        let Some((none, all)) = self.ends.get(rival).copied() else {
            return Crossing::Anywhere;
        };
        let ahead = self.screen.is_ahead(rival);
        match (ahead, none > self.error, all > self.error) {
            (None, _, _) | (Some(false), false, false) => Crossing::Anywhere,
            // Who is ahead already leads up to the crossing and not beyond it.
            (Some(true), _, _) | (Some(false), true, true) => Crossing::Never,
            (Some(false), true, false) => Crossing::Above {
                before: none,
                beyond: all.saturating_neg(),
            },
            (Some(false), false, true) => Crossing::Below {
                before: all,
                beyond: none.saturating_neg(),
            },
        }
    }

    /// Everybody who may be the first to lead on one of the sides.
    pub(super) fn nearest(&self) -> Vec<usize> {
        let rivals = 0..self.ends.len();
        let crossings: Vec<Crossing> = rivals.map(|rival| self.crossing(rival)).collect();
        let (mut above, mut below) = (None, None);
        for crossing in &crossings {
            match *crossing {
                Crossing::Above { before, beyond } => self.nearer(&mut above, before, beyond),
                Crossing::Below { before, beyond } => self.nearer(&mut below, before, beyond),
                Crossing::Never | Crossing::Anywhere => {}
            }
        }
        let may_be_first = |crossing: &Crossing| match *crossing {
            Crossing::Never => false,
            Crossing::Anywhere => true,
            Crossing::Above { before, beyond } => self.reaches(above, before, beyond),
            Crossing::Below { before, beyond } => self.reaches(below, before, beyond),
        };
        let rivals = (0..).zip(&crossings);
        rivals
            .filter(|(_, crossing)| may_be_first(crossing))
            .map(|(rival, _)| rival)
            .collect()
    }

    /// Keeps the crossing that comes first at the latest: its largest distance before, over the whole way.
    fn nearer(&self, first: &mut Option<(i64, i64)>, before: i64, beyond: i64) {
        if beyond > self.error {
            let latest = (
                before.saturating_add(self.error),
                before.saturating_add(beyond),
            );
            if first.is_none_or(|first| is_below(latest, first)) {
                *first = Some(latest);
            }
        }
    }

    /// Whether a crossing comes, at the earliest, not after the first one at the latest.
    fn reaches(&self, first: Option<(i64, i64)>, before: i64, beyond: i64) -> bool {
        let earliest = (
            before.saturating_sub(self.error),
            before.saturating_add(beyond),
        );
        first.is_none_or(|first| !is_below(first, earliest))
    }

    /// The weight at which a rival draws level, rounded and within 0 to 1, and whether the winner's lead rises with it.
    pub(super) fn rounded(&self, rival: usize) -> Option<(Fraction, bool)> {
        let (before, beyond, rises) = match self.crossing(rival) {
            Crossing::Above { before, beyond } => (before, beyond, false),
            Crossing::Below { before, beyond } => (before, beyond, true),
            Crossing::Never | Crossing::Anywhere => return None,
        };
        let way = before.checked_add(beyond)?;
        let part = Fraction::new(before.into(), way.into()).ok()?;
        let units = part.times_to_whole(Fraction::whole(WEIGHT)).ok()?;
        let part = Fraction::new(units, WEIGHT.into()).ok()?;
        let part = part.at_most(Fraction::ONE);
        let weight = if rises {
            Fraction::ONE.minus(part).ok()?
        } else {
            part
        };
        Some((weight, rises))
    }
}

/// Whether one part is smaller than another; wholes are above zero.
fn is_below((a, b): (i64, i64), (c, d): (i64, i64)) -> bool {
    // Products of two `i64` in `i128`: nothing wraps.
    i128::from(a).wrapping_mul(d.into()) < i128::from(c).wrapping_mul(b.into())
}
