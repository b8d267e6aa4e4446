//! What the server counts about itself, since its start.

mod histogram;
mod render;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use telemetrics_common::ingest::Results;

pub use histogram::Histogram;
pub use render::Gauges;

/// Domains of classifications that are counted apart: they are client text.
const MAX_DOMAINS: usize = 100;
/// In place of further ones, of paths that are no route, and of methods that no route has.
const OTHER: &str = "(other)";

/// A number that many threads change.
#[derive(Debug, Default)]
pub struct Number(AtomicU64);

impl Number {
    /// Adds to it.
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// Makes it this.
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Its value.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Answers of one route with one status, and how long they took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Answers {
    count: u64,
    seconds: f64,
}

/// By route, then by method and status.
type Routes = BTreeMap<String, BTreeMap<(&'static str, u16), Answers>>;

/// The methods that are counted apart: they are client text, too.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The numbers.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Records stored.
    pub stored: Number,
    /// Records that had been stored before.
    pub resent: Number,
    /// Records put into quarantine.
    pub quarantined: Number,
    /// Records refused: 4xx.
    pub refused: Number,
    /// Records that could not be taken now: 5xx.
    pub unavailable: Number,
    /// Why records were refused or put into quarantine.
    reasons: Mutex<BTreeMap<&'static str, u64>>,
    /// Records waiting for the writer.
    pub queue_depth: Number,
    /// How long the last batch's first record had waited, in microseconds.
    pub queue_age_micros: Number,
    /// How long transactions of the writer took, in microseconds.
    pub commits: Histogram<{ COMMIT_MICROS.len() }>,
    /// Records in a transaction.
    pub batches: Histogram<{ BATCH_RECORDS.len() }>,
    /// Stored records by the first part of their classification.
    domains: Mutex<BTreeMap<String, u64>>,
    /// Records purged by this server.
    pub purged: Number,
    /// Purges by this server.
    pub purges: Number,
    /// When the last one ended, in seconds since 1970.
    pub purged_at: Number,
    /// Recomputes of all guilties by this server.
    pub recomputes: Number,
    /// Jobs that broke off.
    pub broken_jobs: Number,
    routes: Mutex<Routes>,
}

/// Bounds of the time of a commit, in microseconds.
pub const COMMIT_MICROS: [u64; 11] =
    [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000];
/// Bounds of the records in a transaction.
pub const BATCH_RECORDS: [u64; 11] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

// A panic while a lock is held leaves the maps whole: each change is one insertion.
fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Metrics {
    /// Counts why a record was refused or put into quarantine.
    pub fn refused_because(&self, reason: &'static str) {
        *held(&self.reasons).entry(reason).or_default() += 1;
    }

    /// The reasons, by name.
    pub fn reasons(&self) -> Vec<(&'static str, u64)> {
        held(&self.reasons).iter().map(|(reason, count)| (*reason, *count)).collect()
    }

    /// Counts stored records by the domains of their classifications.
    pub fn stored_of<'a>(&self, classifications: impl Iterator<Item = &'a str>) {
        let mut domains = held(&self.domains);
        for classification in classifications {
            let domain = classification.split('/').next().unwrap_or_default();
            if let Some(count) = domains.get_mut(domain) {
                *count += 1;
                continue;
            }
            let name = if domains.len() < MAX_DOMAINS { domain } else { OTHER };
            *domains.entry(name.to_owned()).or_default() += 1;
        }
    }

    /// Counts an answer.
    pub fn answered(&self, method: &str, route: Option<&str>, status: u16, took: Duration) {
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or(OTHER);
        let route = route.unwrap_or(OTHER);
        let mut routes = held(&self.routes);
        let of_route = match routes.get_mut(route) {
            Some(of_route) => of_route,
            None => routes.entry(route.to_owned()).or_default(),
        };
        let answers = of_route.entry((method, status)).or_default();
        answers.count += 1;
        answers.seconds += took.as_secs_f64();
    }

    /// What became of records.
    pub fn results(&self) -> Results {
        Results {
            stored: self.stored.get(),
            resent: self.resent.get(),
            quarantined: self.quarantined.get(),
            refused: self.refused.get(),
            unavailable: self.unavailable.get(),
        }
    }
}
