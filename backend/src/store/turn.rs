//! SQLite has one connection that writes. Who has much to write lets others in between, and gives them the more of the time the
//! longer they have to wait.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{Sqlite, SqliteTransaction};

use super::Store;
use crate::error::Result;

/// Who has waited longer than this for the connection is not alone with it.
const ALONE: Duration = Duration::from_millis(1);
/// What comes in may wait this long, and as long as a turn takes, until it is stored; where it waits longer, others get more
/// of the time, else by and by less.
const MAY_WAIT: Duration = Duration::from_millis(50);
/// How many times as long others have the connection, at least and at most. At least so many, since nobody tells of clients
/// that wait to send, nor of other processes.
const FEWEST: u32 = 7;
const MOST: u32 = 31;
/// But never longer at once: the lease on what is done must not run out.
const LONGEST: Duration = Duration::from_secs(3);

/// How the time is divided at present.
pub(super) struct Share {
    /// How many times as long others have the connection.
    others: AtomicU32,
    /// The longest that anything has waited since the last turn, in microseconds.
    waited: AtomicU64,
}

impl Default for Share {
    fn default() -> Self {
        Self { others: AtomicU32::new(FEWEST), waited: AtomicU64::new(0) }
    }
}

impl Share {
    /// How many times as long as the last turn others have the connection now.
    fn others(&self, turn: Duration) -> u32 {
        let waited = Duration::from_micros(self.waited.swap(0, Ordering::Relaxed));
        let others = self.others.load(Ordering::Relaxed);
        let next = if waited > MAY_WAIT + turn { others * 2 + 1 } else { others - others.div_ceil(8) };
        let next = next.clamp(FEWEST, MOST);
        self.others.store(next, Ordering::Relaxed);
        next
    }
}

impl Store {
    /// Tells how long something that came in has waited until it was stored.
    pub(crate) fn waited(&self, waited: Duration) {
        let micros = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
        self.inner.share.waited.fetch_max(micros, Ordering::Relaxed);
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
        let took = self.begin.elapsed();
        let others = self.store.inner.share.others(took);
        if !self.is_alone {
            tokio::time::sleep((took * others).min(LONGEST)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_get_more_of_the_time_when_they_wait() {
        let share = Share::default();
        let turn = Duration::from_millis(20);
        let after = |millis: u64| {
            share.waited.store(millis * 1000, Ordering::Relaxed);
            share.others(turn)
        };
        assert_eq!([20, 30, 70, 40, 20].map(after), [7; 5]);
        assert_eq!([71, 71, 400, 900].map(after), [15, 31, 31, 31]);
        // A wait counts once.
        assert_eq!((after(70), share.waited.load(Ordering::Relaxed)), (27, 0));
        assert_eq!([0; 9].map(after), [23, 20, 17, 14, 12, 10, 8, 7, 7]);
    }
}
