//! Token buckets: who asks too often waits until there is a token again. Memory is bounded.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, PoisonError};

use telemetrics_common::Timestamp;

/// How many locks there are, so that requests seldom wait for each other.
const SHARDS: usize = 16;
/// How many keys a shard remembers.
const KEYS: usize = 8_192;

/// How much may be taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// How many at once.
    pub burst: f64,
    /// How many more with each millisecond.
    pub per_milli: f64,
}

impl Rate {
    /// So many at once, and one more after so many seconds each.
    pub fn one_every(burst: u32, seconds: u32) -> Self {
        Self { burst: f64::from(burst), per_milli: 1.0 / (f64::from(seconds) * 1000.0) }
    }
}

/// `NUMBER/s`, `NUMBER/m` or `NUMBER/h`: as many may come at once, too.
impl std::str::FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (number, unit) = text.split_once('/')?;
            let seconds = match unit {
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
            let number: u32 = number.parse().ok().filter(|number| *number > 0)?;
            Some(Self { burst: f64::from(number), per_milli: f64::from(number) / (seconds * 1000.0) })
        };
        parse().ok_or("must be a number of records with its time, such as 100/s, 600/m or 50/h")
    }
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: i64,
}

/// A bucket for each key.
pub struct Buckets<K> {
    rate: Rate,
    hasher: RandomState,
    shards: [Mutex<HashMap<K, Bucket>>; SHARDS],
}

impl<K: Eq + Hash> Buckets<K> {
    /// Full ones.
    pub fn new(rate: Rate) -> Self {
        Self { rate, hasher: RandomState::new(), shards: Default::default() }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// After how many seconds there is one.
    pub fn take(&self, key: K, now: Timestamp) -> Result<(), u32> {
        // A panic while the lock is held leaves the map whole: each change is one insertion or removal.
        let mut buckets = self.shard(&key).lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEYS && !buckets.contains_key(&key) {
            buckets.retain(|_, bucket| self.filled(*bucket, now) < self.rate.burst);
            if buckets.len() >= KEYS {
                // Only who asks by thousands of keys at once gets here.
                buckets.clear();
            }
        }
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: self.rate.burst, at: now.millis() });
        let tokens = self.filled(*bucket, now);
        if tokens < 1.0 {
            return Err(((1.0 - tokens) / self.rate.per_milli / 1000.0).ceil().max(1.0) as u32);
        }
        *bucket = Bucket { tokens: tokens - 1.0, at: now.millis() };
        Ok(())
    }

    /// Fills a bucket.
    pub fn forget(&self, key: &K) {
        self.shard(key).lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    fn shard(&self, key: &K) -> &Mutex<HashMap<K, Bucket>> {
        let place = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or_default();
        // The remainder is below their number.
        &self.shards[place]
    }

    fn filled(&self, bucket: Bucket, now: Timestamp) -> f64 {
        let since = (now.millis() - bucket.at).max(0) as f64;
        (bucket.tokens + since * self.rate.per_milli).min(self.rate.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn tokens_run_out_and_come_back() {
        let buckets = Buckets::new(Rate::one_every(3, 10));
        for _ in 0..3 {
            buckets.take("ada", at(0)).unwrap();
        }
        assert_eq!(buckets.take("ada", at(1)), Err(10));
        buckets.take("eve", at(1)).unwrap();
        buckets.take("ada", at(10_001)).unwrap();
        assert!(buckets.take("ada", at(10_002)).is_err());
        // A clock that goes back gives nothing.
        assert!(buckets.take("ada", at(-100_000)).is_err());
        buckets.forget(&"ada");
        buckets.take("ada", at(10_003)).unwrap();
    }

    #[test]
    fn memory_is_bounded() {
        let buckets = Buckets::new(Rate::one_every(3, 10));
        for number in 0..2 * SHARDS * KEYS {
            buckets.take(number, at(0)).unwrap();
        }
        let remembered: usize = buckets.shards.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(remembered <= SHARDS * KEYS, "{remembered}");
    }

    #[test]
    fn rates_are_a_number_in_a_time() {
        let check = |text: &str, burst: f64, per_milli: f64| {
            assert_eq!(text.parse::<Rate>().unwrap(), Rate { burst, per_milli }, "{text}");
        };
        check("100/s", 100.0, 0.1);
        check("600/m", 600.0, 0.01);
        check("3600/h", 3600.0, 0.001);
        for text in ["", "100", "0/s", "-1/s", "10/d", "1.5/s", "/s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
