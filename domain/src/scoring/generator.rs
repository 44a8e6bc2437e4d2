//! The generator of every simulation: SHA-256 in counter mode, so that another program can repeat each draw. It is
//! normative in `docs/scoring.md`.

use crate::log::hash::{Hash, sha256};

const KEY_TAG: &[u8] = b"commonweal/simulation/v1\n";

/// Words in one block of 32 bytes.
const WORDS: usize = 4;

/// A stream of 64-bit words from a seed and a name.
///
/// `key = SHA-256("commonweal/simulation/v1\n" || seed || name)`, block `i = SHA-256(key || u64be(i))` for i = 0, 1, ..,
/// and each block is four big-endian words from left to right. The name keeps simulations of one seed apart.
#[derive(Debug, Clone)]
pub struct Generator {
    key: Hash,
    blocks: u64,
    words: [u64; WORDS],
    used: usize,
}

impl Generator {
    /// The stream of a seed with a name, such as `evaluator noise`.
    pub fn new(seed: Hash, name: &str) -> Self {
        Self {
            key: sha256(&[KEY_TAG, seed.as_bytes(), name.as_bytes()].concat()),
            blocks: 0,
            words: [0; WORDS],
            used: WORDS,
        }
    }

    /// The next word.
    pub fn word(&mut self) -> u64 {
        if self.used == WORDS {
            self.words = self.block();
            self.used = 0;
        }
        let word = self.words.get(self.used).copied().unwrap_or_default();
        self.used = self.used.saturating_add(1);
        word
    }

    /// A whole number from 0 to `bound - 1`, each equally likely; a bound of 0 counts as 1. Words at or above the largest
    /// multiple of the bound are thrown away, so that no remainder is favoured.
    pub fn below(&mut self, bound: u64) -> u64 {
        let bound = bound.max(1);
        let rest = |word: u64| word.checked_rem(bound).unwrap_or_default();
        // 2^64 mod bound, without 2^64.
        let surplus = rest(rest(u64::MAX).saturating_add(1));
        let highest = u64::MAX.saturating_sub(surplus);
        loop {
            let word = self.word();
            if word <= highest {
                return rest(word);
            }
        }
    }

    fn block(&mut self) -> [u64; WORDS] {
        let Hash(bytes) = sha256(&[&self.key.as_bytes()[..], &self.blocks.to_be_bytes()].concat());
        self.blocks = self.blocks.wrapping_add(1);
        let mut words = [0; WORDS];
        for (word, eight) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *word = u64::from_be_bytes(*eight);
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with Python's hashlib by the words of `docs/scoring.md`.
    #[test]
    fn the_stream_is_the_documented_one() {
        let mut generator = Generator::new(Hash([0; 32]), "example");
        let words: Vec<u64> = (0..6).map(|_| generator.word()).collect();
        assert_eq!(
            words,
            [
                16_868_066_809_089_315_427,
                9_139_805_562_749_005_441,
                15_180_166_366_215_679_737,
                6_468_434_179_483_262_052,
                17_850_011_614_490_390_085,
                2_810_656_423_281_163_728
            ]
        );
        let mut generator = Generator::new(Hash([0; 32]), "example");
        let dice: Vec<u64> = (0..10).map(|_| generator.below(6)).collect();
        assert_eq!(dice, [1, 1, 3, 0, 3, 0, 3, 5, 4, 5]);
        // More than half of all words are refused here.
        let mut generator = Generator::new(Hash([0; 32]), "example");
        let bound = (1 << 63) + 1;
        let large: Vec<u64> = (0..3).map(|_| generator.below(bound)).collect();
        assert_eq!(
            large,
            [
                9_139_805_562_749_005_441,
                6_468_434_179_483_262_052,
                2_810_656_423_281_163_728
            ]
        );
    }

    #[test]
    fn another_seed_or_name_is_another_stream() {
        let first = |seed, name| Generator::new(Hash([seed; 32]), name).word();
        assert_ne!(first(0, "a"), first(1, "a"));
        assert_ne!(first(0, "a"), first(0, "b"));
    }

    #[test]
    fn a_bound_of_one_or_none_gives_nothing_but_zero() {
        let mut generator = Generator::new(Hash([7; 32]), "x");
        assert_eq!((generator.below(1), generator.below(0)), (0, 0));
    }
}
