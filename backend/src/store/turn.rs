//! SQLite has one connection that writes. Who has much to write lets others in between, until what comes in no longer has to
//! wait.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{Sqlite, SqliteTransaction};

use super::Store;
use crate::error::Result;

/// Who has waited longer than this for the connection is not alone with it.
const ALONE: Duration = Duration::from_millis(1);
/// What comes in may wait this long, and as long as a turn takes, until it is stored; where it waits longer, others are behind.
const MAY_WAIT: Duration = Duration::from_millis(50);
/// How many times as long others have the connection, at least and at most. At least so many, since nobody tells of clients
/// that wait to send, nor of other processes.
const FEWEST: u32 = 7;
const MOST: u32 = 31;
/// But never longer at once: the lease on what is done must not run out.
const LONGEST: Duration = Duration::from_secs(3);

/// The longest that anything has waited until it was stored since somebody last looked, in microseconds; 0: nothing was stored.
#[derive(Default)]
pub(super) struct Waits(AtomicU64);

impl Waits {
    fn add(&self, waited: Duration) {
        let micros = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
        self.0.fetch_max(micros.max(1), Ordering::Relaxed);
    }

    fn take(&self) -> Option<Duration> {
        Some(self.0.swap(0, Ordering::Relaxed)).filter(|micros| *micros > 0).map(Duration::from_micros)
    }
}

/// What others have of the connection after a turn, in parts that are each as long as the turn was.
struct Pause {
    turn: Duration,
    parts: u32,
    /// As the last part told in which anything was stored.
    is_behind: bool,
}

impl Pause {
    /// By the longest that anything stored just before the turn had waited.
    fn after(turn: Duration, waited: Option<Duration>) -> Self {
        let mut pause = Self { turn, parts: 0, is_behind: false };
        pause.hear(waited);
        pause
    }

    fn hear(&mut self, waited: Option<Duration>) {
        if let Some(waited) = waited {
            self.is_behind = waited > MAY_WAIT + self.turn;
        }
    }

    /// Whether it goes on after one more part, by the longest that anything stored in that part had waited. What was stored
    /// in the first parts may have waited for the turn itself; it is the last part that tells.
    fn goes_on(&mut self, waited: Option<Duration>) -> bool {
        self.parts += 1;
        self.hear(waited);
        let may_end = self.parts >= FEWEST && !self.is_behind;
        !may_end && self.parts < MOST && self.turn * (self.parts + 1) <= LONGEST
    }
}

impl Store {
    /// Tells how long something that came in has waited until it was stored.
    pub(crate) fn waited(&self, waited: Duration) {
        self.inner.waits.add(waited);
    }
}

/// How long somebody has had the connection.
pub(super) struct Turn<'a> {
    store: &'a Store,
    begin: Instant,
    is_alone: bool,
}

impl<'a> Turn<'a> {
    /// Waits for the connection.
    pub(super) async fn take(store: &'a Store) -> Result<(Self, PoolConnection<Sqlite>)> {
        let asked = Instant::now();
        let connection = store.writer().get_sqlite_connection_pool().acquire().await?;
        Ok((Self::since(store, asked), connection))
    }

    /// Waits for it, and begins a transaction.
    pub(super) async fn begin(store: &'a Store) -> Result<(Self, SqliteTransaction<'static>)> {
        let asked = Instant::now();
        let transaction = store.writer().get_sqlite_connection_pool().begin_with("BEGIN IMMEDIATE").await?;
        Ok((Self::since(store, asked), transaction))
    }

    fn since(store: &'a Store, asked: Instant) -> Self {
        Self { store, begin: Instant::now(), is_alone: asked.elapsed() <= ALONE }
    }

    /// Called when the connection is free again: where others want to write, too, they get several times as much time as this
    /// took.
    pub(super) async fn end(self) {
        if self.is_alone {
            return;
        }
        let turn = self.begin.elapsed();
        let waits = &self.store.inner.waits;
        let mut pause = Pause::after(turn, waits.take());
        loop {
            tokio::time::sleep(turn.min(LONGEST)).await;
            if !pause.goes_on(waits.take()) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_have_the_connection_until_nothing_waits() {
        // How many parts a pause has when what is stored in them has waited so long, in milliseconds, and then as at last.
        let check = |turn: u64, waited: &[Option<u64>], parts: u32| {
            let mut pause = Pause::after(Duration::from_millis(turn), None);
            let told = waited.iter().chain(std::iter::repeat(waited.last().unwrap()));
            let went_on = told.take_while(|waited| pause.goes_on(waited.map(Duration::from_millis))).count();
            assert_eq!((went_on + 1, pause.parts), (parts as usize, parts), "{turn} ms, {waited:?}");
        };
        check(20, &[Some(20)], 7);
        check(20, &[Some(400), Some(90), Some(70)], 7);
        check(20, &[Some(71)], 31);
        let caught_up_late = [[Some(400); 9].as_slice(), &[Some(40)]].concat();
        check(20, &caught_up_late, 10);
        // What is known last holds while nothing is stored.
        check(20, &[Some(400), None], 31);
        check(20, &[Some(40), None], 7);
        check(20, &[None], 7);
        let before = Pause::after(Duration::from_millis(20), Some(Duration::from_millis(400)));
        assert!(before.is_behind);
        check(500, &[Some(20)], 6);
        check(4000, &[Some(20)], 1);
    }

    #[test]
    fn a_wait_counts_once() {
        let waits = Waits::default();
        assert_eq!(waits.take(), None);
        [20, 90, 30].into_iter().map(Duration::from_millis).for_each(|waited| waits.add(waited));
        assert_eq!((waits.take(), waits.take()), (Some(Duration::from_millis(90)), None));
    }
}
