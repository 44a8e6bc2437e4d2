//! Numbers that follow from a seed (splitmix64).

pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from(self.roll() % end).unwrap_or(0)
    }

    /// The number of one of the latest of many.
    pub(super) fn of_the_latest(&mut self, latest: usize, many: usize) -> usize {
        let latest = latest.min(many);
        many - latest + self.below(latest)
    }

    /// Whether what happens once in so many times happens.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// A number from 1 to `most`.
    pub(super) fn up_to(&mut self, most: usize) -> i64 {
        1 + i64::try_from(self.below(most)).unwrap_or(0)
    }

    /// A number of units: mostly small, sometimes none, fewer than none or far too many.
    pub(super) fn units(&mut self) -> i64 {
        match self.below(20) {
            0 => 0,
            1 => -3,
            2 => i64::MAX,
            _ => self.up_to(9),
        }
    }
}
