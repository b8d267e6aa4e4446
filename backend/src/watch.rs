//! What the server sees of itself and its machine: free disk, size of the database, the last hour.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use telemetrics_common::Timestamp;
use telemetrics_common::ingest::{Minute, Results};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};
use crate::metrics::{Gauges, Metrics, Number};
use crate::store::{Store, quarantine, room};

/// How often the disk is looked at.
const POLL: Duration = Duration::from_secs(2);
/// How often the database is asked for its size, in looks at the disk.
const SIZE_LOOKS: u64 = 15;
const MINUTE_MILLIS: i64 = 60_000;
/// How many minutes are remembered.
const MINUTES: usize = 60;
/// In place of a number of free bytes that is not known.
const UNKNOWN: u64 = u64::MAX;

/// What was seen last. Cheap to clone.
#[derive(Clone)]
pub struct Watch(Arc<Seen>);

struct Seen {
    started: Timestamp,
    /// Where SQLite's file lies.
    folder: Option<PathBuf>,
    floor: u64,
    disk_free: AtomicU64,
    database: Number,
    quarantined: Number,
    minutes: Mutex<Minutes>,
}

/// The last hour.
#[derive(Default)]
struct Minutes {
    past: VecDeque<Minute>,
    /// When the present one began, and what there had been before.
    began: Option<(Timestamp, Results)>,
}

impl Watch {
    /// Of a server that keeps its database in a folder, or elsewhere, and takes no records below so many free bytes.
    pub fn new(started: Timestamp, folder: Option<PathBuf>, floor: u64) -> Self {
        let seen = Seen {
            started,
            folder,
            floor,
            disk_free: AtomicU64::new(UNKNOWN),
            database: Number::default(),
            quarantined: Number::default(),
            minutes: Mutex::default(),
        };
        let watch = Self(Arc::new(seen));
        watch.look_at_disk();
        watch
    }

    /// When the server began.
    pub fn started(&self) -> Timestamp {
        self.0.started
    }

    /// Free bytes of the disk, where the server sees it.
    pub fn disk_free(&self) -> Option<u64> {
        Some(self.0.disk_free.load(Ordering::Relaxed)).filter(|free| *free != UNKNOWN)
    }

    /// Below so many free bytes no records are taken.
    pub fn disk_floor(&self) -> u64 {
        self.0.floor
    }

    /// The size of the database, as it was seen last.
    pub fn database_bytes(&self) -> u64 {
        self.0.database.get()
    }

    /// Whether records may be taken.
    ///
    /// # Errors
    /// `Unavailable` when the disk is nearly full.
    pub fn check_disk(&self) -> Result<()> {
        match self.disk_free().filter(|free| *free < self.0.floor) {
            None => Ok(()),
            Some(free) => Err(Error::unavailable(format!(
                "the disk is nearly full: {} MB are free, and records are taken from {} MB on",
                free / 1_000_000,
                self.0.floor.div_ceil(1_000_000)
            ))),
        }
    }

    /// The last hour, the oldest minute first, the one that is not over last.
    pub fn minutes(&self, now: Results) -> Vec<Minute> {
        let minutes = self.0.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        let present = minutes.began.map(|(at, before)| Minute { at, results: since(now, before) });
        minutes.past.iter().copied().chain(present).collect()
    }

    /// What metrics tell beside counts.
    pub fn gauges(&self) -> Gauges {
        Gauges {
            database_bytes: self.database_bytes(),
            disk_free_bytes: self.disk_free(),
            quarantined: self.0.quarantined.get(),
            lost_by_hooks: Vec::new(),
            memory_bytes: memory_bytes(),
            started_at: self.0.started.seconds(),
        }
    }

    /// Keeps looking until the server stops.
    pub fn keep_looking(
        &self,
        store: Store,
        metrics: Arc<Metrics>,
        clock: fn() -> Timestamp,
        stopping: CancellationToken,
    ) {
        let watch = self.clone();
        tokio::spawn(async move {
            let mut looks = 0_u64;
            loop {
                let disk = watch.clone();
                // A disk that does not answer must not hold up requests.
                let _ = tokio::task::spawn_blocking(move || disk.look_at_disk()).await;
                watch.note_minute(clock(), metrics.results());
                if looks.is_multiple_of(SIZE_LOOKS)
                    && let Err(error) = watch.look_at_database(&store).await
                {
                    tracing::debug!(error = error.inside(), "the database's size is not known");
                }
                looks += 1;
                if tokio::time::timeout(POLL, stopping.cancelled()).await.is_ok() {
                    return;
                }
            }
        });
    }

    fn look_at_disk(&self) {
        let Some(folder) = &self.0.folder else { return };
        if let Ok(disk) = rustix::fs::statvfs(folder) {
            self.0.disk_free.store(disk.f_bavail.saturating_mul(disk.f_frsize), Ordering::Relaxed);
        }
    }

    async fn look_at_database(&self, store: &Store) -> Result<()> {
        self.0.database.set(room::bytes(store).await?);
        self.0.quarantined.set(quarantine::count(store).await?);
        Ok(())
    }

    fn note_minute(&self, now: Timestamp, results: Results) {
        let mut minutes = self.0.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = Timestamp::from_millis(now.millis() - now.millis().rem_euclid(MINUTE_MILLIS));
        match minutes.began {
            Some((at, _)) if at == minute => return,
            Some((at, before)) => {
                minutes.past.push_back(Minute { at, results: since(results, before) });
                // The present one is told, too.
                while minutes.past.len() >= MINUTES {
                    minutes.past.pop_front();
                }
            }
            None => {}
        }
        minutes.began = Some((minute, results));
    }
}

fn since(now: Results, before: Results) -> Results {
    Results {
        stored: now.stored.saturating_sub(before.stored),
        resent: now.resent.saturating_sub(before.resent),
        quarantined: now.quarantined.saturating_sub(before.quarantined),
        refused: now.refused.saturating_sub(before.refused),
        unavailable: now.unavailable.saturating_sub(before.unavailable),
    }
}

/// What the process has in memory: `VmRSS` of proc(5).
fn memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(stored: u64) -> Results {
        Results { stored, ..Results::default() }
    }

    #[test]
    fn minutes_hold_what_came_in_them() {
        let watch = Watch::new(Timestamp::from_seconds(0), None, 0);
        let at = |seconds: i64| Timestamp::from_seconds(1_800_000_000 + seconds);
        for (seconds, records) in [(0, 0), (30, 4), (61, 10), (125, 12)] {
            watch.note_minute(at(seconds), stored(records));
        }
        let told: Vec<(i64, u64)> =
            watch.minutes(stored(15)).iter().map(|minute| (minute.at.seconds(), minute.results.stored)).collect();
        assert_eq!(told, [(1_800_000_000, 10), (1_800_000_060, 2), (1_800_000_120, 3)]);
        for minute in 3..200 {
            watch.note_minute(at(minute * 60), stored(20));
        }
        assert_eq!(watch.minutes(stored(20)).len(), MINUTES);
    }

    #[test]
    fn a_full_disk_is_told_before_it_is_full() {
        let folder = || Some(std::env::temp_dir());
        let started = Timestamp::from_seconds(0);
        assert!(Watch::new(started, folder(), 0).check_disk().is_ok());
        assert!(Watch::new(started, None, u64::MAX - 1).check_disk().is_ok());
        let error = Watch::new(started, folder(), u64::MAX - 1).check_disk().unwrap_err().to_string();
        assert!(error.starts_with("the disk is nearly full: "), "{error}");
    }

    #[test]
    fn memory_is_told() {
        assert!(memory_bytes().is_some_and(|bytes| bytes > 1_000_000));
    }
}
