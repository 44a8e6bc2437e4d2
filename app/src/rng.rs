//! Randomness as a dependency, and ids made from it and the clock.

use std::sync::{Arc, Mutex, PoisonError};

use commonweal_domain::ids::{Id, SealedId, v4, v7};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use crate::clock::Clock;

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills the whole slice.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Entropy + '_ {
    /// As many random bytes as the caller's array holds.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// The operating system's random source, for everything outside tests and the demo.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRng;

impl Entropy for SystemRng {
    fn fill(&self, bytes: &mut [u8]) {
        // A system without randomness cannot go on safely: `UnwrapErr` stops the command.
        UnwrapErr(SysRng).fill_bytes(bytes);
    }
}

/// A reproducible source: the same seed gives the same bytes in the same order.
#[derive(Debug)]
pub struct SeededRng(Mutex<ChaCha20Rng>);

impl SeededRng {
    /// A source from a seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))
    }
}

impl Entropy for SeededRng {
    fn fill(&self, bytes: &mut [u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(bytes);
    }
}

/// Makes ids from the injected clock and random source.
#[derive(Clone)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Entropy>,
}

impl std::fmt::Debug for Ids {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ids")
    }
}

impl Ids {
    /// A maker of ids.
    pub fn from(clock: Arc<dyn Clock>, rng: Arc<dyn Entropy>) -> Self {
        Self { clock, rng }
    }

    /// A new id of any noun, ordered by time (version 7). Sealed entries take [`Ids::sealed`].
    #[expect(clippy::new_ret_no_self, reason = "what is new is the id")]
    pub fn new<T: Id>(&self) -> T {
        T::from_uuid(v7(self.clock.now(), self.rng.bytes()))
    }

    /// The id of a sealed entry: random (version 4), so that it tells nothing.
    pub fn sealed(&self) -> SealedId {
        SealedId::from_uuid(v4(self.rng.bytes()))
    }

    /// The clock that the ids take their time from.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The random source that the ids are made from.
    pub fn rng(&self) -> &Arc<dyn Entropy> {
        &self.rng
    }
}

#[cfg(test)]
mod tests {
    use commonweal_domain::ids::TenderId;
    use commonweal_domain::time::Time;

    use super::*;
    use crate::clock::ManualClock;

    fn ids(seed: u64) -> Ids {
        let clock = ManualClock::new(Time::from_micros(1_764_000_000_000_000));
        Ids::from(Arc::new(clock), Arc::new(SeededRng::new(seed)))
    }

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let (a, b) = (ids(7), ids(7));
        assert_eq!(a.new::<TenderId>(), b.new::<TenderId>());
        assert_ne!(a.new::<TenderId>(), ids(8).new::<TenderId>());
    }

    #[test]
    fn the_system_source_does_not_repeat() {
        let rng: &dyn Entropy = &SystemRng;
        assert_ne!(rng.bytes::<16>(), rng.bytes::<16>());
    }

    #[test]
    fn a_sealed_id_is_version_4() {
        assert_eq!(ids(1).sealed().uuid().get_version_num(), 4);
    }
}
