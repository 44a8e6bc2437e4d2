//! Time as a dependency: whoever needs `now` is given a [`Clock`].

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use commonweal_domain::time::Time;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Time;
}

/// The machine's clock: the one place that reads it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "every other place is given this clock"
    )]
    fn now(&self) -> Time {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Time::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands still until it is set: for the demo and for tests. Clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows `at`.
    pub fn new(at: Time) -> Self {
        Self(Arc::new(AtomicI64::new(at.micros())))
    }

    /// Sets the clock, forwards or back.
    pub fn set(&self, at: Time) {
        self.0.store(at.micros(), Ordering::SeqCst);
    }

    /// Moves the clock by microseconds.
    pub fn advance(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        Time::from_micros(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_shows_what_any_clone_was_set_to() {
        let clock = ManualClock::new(Time::from_micros(5));
        clock.clone().set(Time::from_micros(9));
        clock.advance(-2);
        assert_eq!(clock.now(), Time::from_micros(7));
    }

    #[test]
    fn the_system_clock_counts_microseconds_of_this_century() {
        assert!(SystemClock.now().date().year() >= 2026);
    }
}
