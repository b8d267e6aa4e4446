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
/// What comes in may take this long to be stored; where it takes longer, others get more of the time, else by and by less.
const MAY_TAKE: Duration = Duration::from_millis(100);
/// How many times as long others have the connection, at least and at most.
const FEWEST: u32 = 3;
const MOST: u32 = 31;
/// But not for so long that the lease on what is done would run out.
const LONGEST: Duration = Duration::from_secs(3);

/// How the time is divided at present.
pub(super) struct Share {
    /// How many times as long others have the connection.
    others: AtomicU32,
    /// The longest that a batch has taken since the last turn, in microseconds.
    longest: AtomicU64,
}

impl Default for Share {
    fn default() -> Self {
        Self { others: AtomicU32::new((FEWEST + 1) * 2 - 1), longest: AtomicU64::new(0) }
    }
}

impl Share {
    /// Called for each batch that has come in and is stored, with the time from its wish for the connection on.
    pub(super) fn stored(&self, took: Duration) {
        self.longest.fetch_max(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How many times as long as the last turn others have the connection now.
    fn others(&self) -> u32 {
        let longest = Duration::from_micros(self.longest.swap(0, Ordering::Relaxed));
        let others = self.others.load(Ordering::Relaxed);
        let others = if longest > MAY_TAKE { others * 2 + 1 } else { others - 1 }.clamp(FEWEST, MOST);
        self.others.store(others, Ordering::Relaxed);
        others
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
        if !self.is_alone {
            let took = self.begin.elapsed();
            tokio::time::sleep((took * self.store.inner.share.others()).min(LONGEST)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_get_more_of_the_time_when_they_wait() {
        let share = Share::default();
        let after = |millis| {
            share.stored(Duration::from_millis(millis));
            share.others()
        };
        assert_eq!([20, 30, 20, 40, 20].map(after), [6, 5, 4, 3, 3]);
        assert_eq!([101, 101, 400, 900].map(after), [7, 15, 31, 31]);
        assert_eq!(after(100), 30);
        // What took long counts once.
        assert_eq!(share.others(), 29);
    }
}
