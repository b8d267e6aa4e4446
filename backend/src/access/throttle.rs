//! Slows down who guesses: each key has a bucket of tries that fills again slowly.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use telemetrics_common::Timestamp;

use crate::error::{Error, Result};

/// How many keys are remembered: beyond that, those go whose buckets are fullest.
const KEYS: usize = 10_000;

/// Buckets of tries.
pub(super) struct Throttle {
    /// How many tries are free.
    burst: f64,
    /// After how many milliseconds there is one more.
    refill_millis: f64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tries: f64,
    at: i64,
}

impl Throttle {
    pub(super) fn new(burst: u32, refill_seconds: u32) -> Self {
        let refill_millis = f64::from(refill_seconds) * 1000.0;
        Self { burst: f64::from(burst), refill_millis, buckets: Mutex::default() }
    }

    /// Takes a try.
    ///
    /// # Errors
    /// `TooMany` when there is none.
    pub(super) fn take(&self, key: &str, now: Timestamp) -> Result<()> {
        // A panic while the lock is held leaves the map whole: each change is one insertion or removal.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEYS && !buckets.contains_key(key) {
            self.make_room(&mut buckets, now);
        }
        let bucket = buckets.entry(key.to_owned()).or_insert(Bucket { tries: self.burst, at: now.millis() });
        let tries = self.filled(*bucket, now);
        if tries < 1.0 {
            let seconds = ((1.0 - tries) * self.refill_millis / 1000.0).ceil().max(1.0);
            return Err(Error::TooMany {
                message: "too many attempts to log in".to_owned(),
                retry_after: seconds as u32,
            });
        }
        *bucket = Bucket { tries: tries - 1.0, at: now.millis() };
        Ok(())
    }

    /// Who has got it right need not wait.
    pub(super) fn forget(&self, key: &str) {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    fn filled(&self, bucket: Bucket, now: Timestamp) -> f64 {
        let since = (now.millis() - bucket.at).max(0) as f64;
        (bucket.tries + since / self.refill_millis).min(self.burst)
    }

    fn make_room(&self, buckets: &mut HashMap<String, Bucket>, now: Timestamp) {
        buckets.retain(|_, bucket| self.filled(*bucket, now) < self.burst);
        if buckets.len() >= KEYS {
            // Only who tries ten thousand names at once gets here; they are held up by their address.
            buckets.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn tries_run_out_and_come_back() {
        let throttle = Throttle::new(3, 10);
        for _ in 0..3 {
            throttle.take("ada", at(0)).unwrap();
        }
        let Err(Error::TooMany { retry_after, .. }) = throttle.take("ada", at(1)) else { panic!("not held up") };
        assert_eq!(retry_after, 10);
        throttle.take("eve", at(1)).unwrap();
        throttle.take("ada", at(10_001)).unwrap();
        assert!(throttle.take("ada", at(10_002)).is_err());
        // A clock that goes back gives nothing.
        assert!(throttle.take("ada", at(-100_000)).is_err());
        throttle.forget("ada");
        throttle.take("ada", at(10_003)).unwrap();
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::new(3, 10);
        for number in 0..2 * KEYS {
            throttle.take(&number.to_string(), at(0)).unwrap();
        }
        assert!(throttle.buckets.lock().unwrap().len() <= KEYS);
    }
}
