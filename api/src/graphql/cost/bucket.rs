//! Cost buckets: each caller has a bucket of points that refills steadily, and an operation takes its cost from it.
//!
//! Memory is bounded: full buckets are forgotten first (forgetting one changes nothing), then those untouched longest.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::SimpleObject;

/// The current time in microseconds since the epoch, UTC; injected.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

const MICROS: u64 = 1_000_000;

/// Whose bucket it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BucketKey {
    /// A signed-in principal.
    Principal(String),
    /// The anonymous public, by address; IPv6 by its /64 network, the part that one household or server is given.
    Address(IpAddr),
}

impl BucketKey {
    /// The key of an address.
    pub fn address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V4(v4) => IpAddr::V4(v4),
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & (u128::MAX << 64)).into()),
        })
    }
}

/// The size and refill of buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketSettings {
    /// Points in a full bucket.
    pub maximum: u32,
    /// Points restored each second.
    pub restore_per_second: u32,
    /// How many buckets are remembered at most.
    pub capacity: usize,
}

/// The state of the caller's cost bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SimpleObject)]
pub struct ThrottleStatus {
    /// Points in a full bucket.
    pub maximum_available: u32,
    /// Points in the bucket now.
    pub currently_available: u32,
    /// Points restored each second.
    pub restore_rate: u32,
}

/// The bucket holds fewer points than asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted {
    /// The bucket as it is.
    pub status: ThrottleStatus,
    /// Whole seconds until it holds enough, rounded up.
    pub retry_after_seconds: u64,
}

/// All buckets of the process.
pub struct Buckets {
    settings: BucketSettings,
    clock: Clock,
    levels: Mutex<HashMap<BucketKey, Level>>,
}

/// A level in millionths of a point, so that a refill of `restore_per_second` is exact to the microsecond.
#[derive(Debug, Clone, Copy)]
struct Level {
    micro_points: u64,
    at: i64,
}

impl Buckets {
    /// Empty memory: everyone's bucket is full.
    pub fn new(settings: BucketSettings, clock: Clock) -> Self {
        Self {
            settings,
            clock,
            levels: Mutex::new(HashMap::new()),
        }
    }

    /// Takes `cost` points, or none when there are fewer.
    pub fn take(&self, key: &BucketKey, cost: u32) -> Result<ThrottleStatus, Exhausted> {
        let now = (self.clock)();
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        let available = self.refilled(levels.get(key), now);
        let asked = u64::from(cost) * MICROS;
        let Some(left) = available.checked_sub(asked) else {
            let rate = u64::from(self.settings.restore_per_second).max(1);
            return Err(Exhausted {
                status: self.status_of(available),
                retry_after_seconds: (asked - available).div_ceil(rate * MICROS).max(1),
            });
        };
        if !levels.contains_key(key) && levels.len() >= self.settings.capacity {
            self.forget(&mut levels, now);
        }
        let level = Level {
            micro_points: left,
            at: now,
        };
        levels.insert(key.clone(), level);
        Ok(self.status_of(left))
    }

    /// The bucket as it is, taking nothing.
    pub fn status(&self, key: &BucketKey) -> ThrottleStatus {
        let now = (self.clock)();
        let levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        self.status_of(self.refilled(levels.get(key), now))
    }

    fn full(&self) -> u64 {
        u64::from(self.settings.maximum) * MICROS
    }

    fn refilled(&self, level: Option<&Level>, now: i64) -> u64 {
        let Some(level) = level else {
            return self.full();
        };
        let elapsed = u64::try_from(now.saturating_sub(level.at)).unwrap_or(0);
        let restored = elapsed.saturating_mul(self.settings.restore_per_second.into());
        level.micro_points.saturating_add(restored).min(self.full())
    }

    fn status_of(&self, micro_points: u64) -> ThrottleStatus {
        ThrottleStatus {
            maximum_available: self.settings.maximum,
            currently_available: u32::try_from(micro_points / MICROS).unwrap_or(u32::MAX),
            restore_rate: self.settings.restore_per_second,
        }
    }

    /// Makes room: drops full buckets, then the longer untouched half, so that a sweep happens once per many inserts.
    fn forget(&self, levels: &mut HashMap<BucketKey, Level>, now: i64) {
        let full = self.full();
        levels.retain(|_, level| self.refilled(Some(level), now) < full);
        let half = self.settings.capacity / 2;
        if levels.len() > half {
            let mut touched: Vec<(i64, BucketKey)> = levels
                .iter()
                .map(|(key, level)| (level.at, key.clone()))
                .collect();
            touched.sort_unstable_by_key(|(at, _)| *at);
            for (_, key) in touched.iter().take(levels.len() - half) {
                levels.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    fn buckets(capacity: usize) -> (Buckets, Arc<AtomicI64>) {
        let time = Arc::new(AtomicI64::new(0));
        let clock = Arc::clone(&time);
        let settings = BucketSettings {
            maximum: 1_000,
            restore_per_second: 50,
            capacity,
        };
        let clock: Clock = Arc::new(move || clock.load(Ordering::Relaxed));
        (Buckets::new(settings, clock), time)
    }

    fn key(name: &str) -> BucketKey {
        BucketKey::Principal(name.into())
    }

    #[test]
    fn takes_until_empty_and_says_how_long_to_wait() {
        let (buckets, time) = buckets(10);
        assert_eq!(
            buckets.take(&key("a"), 1_000).unwrap().currently_available,
            0
        );
        let refused = buckets.take(&key("a"), 101).unwrap_err();
        assert_eq!(refused.retry_after_seconds, 3);
        time.store(2_999_999, Ordering::Relaxed);
        assert!(buckets.take(&key("a"), 150).is_err());
        time.store(3_000_000, Ordering::Relaxed);
        assert_eq!(buckets.take(&key("a"), 150).unwrap().currently_available, 0);
    }

    #[test]
    fn a_refusal_takes_nothing_and_others_are_untouched() {
        let (buckets, _) = buckets(10);
        buckets.take(&key("a"), 990).unwrap();
        assert!(buckets.take(&key("a"), 11).is_err());
        assert_eq!(buckets.status(&key("a")).currently_available, 10);
        assert_eq!(buckets.status(&key("b")).currently_available, 1_000);
    }

    #[test]
    fn a_bucket_never_holds_more_than_its_maximum_and_a_clock_that_goes_back_adds_nothing() {
        let (buckets, time) = buckets(10);
        buckets.take(&key("a"), 10).unwrap();
        time.store(i64::MAX, Ordering::Relaxed);
        assert_eq!(buckets.status(&key("a")).currently_available, 1_000);
        time.store(i64::MIN, Ordering::Relaxed);
        assert_eq!(buckets.status(&key("a")).currently_available, 990);
    }

    #[test]
    fn memory_is_bounded_and_the_lately_used_are_remembered() {
        let (buckets, time) = buckets(100);
        for n in 0..10_000 {
            time.store(n, Ordering::Relaxed);
            buckets.take(&key(&n.to_string()), 500).unwrap();
            assert!(buckets.levels.lock().unwrap().len() <= 100);
        }
        assert_eq!(buckets.status(&key("9999")).currently_available, 500);
        assert_eq!(buckets.status(&key("1")).currently_available, 1_000);
    }

    #[test]
    fn addresses_of_one_ipv6_network_share_a_bucket() {
        let of = |text: &str| BucketKey::address(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }
}
