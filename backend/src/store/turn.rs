//! SQLite has one connection that writes. Who has much to write lets others in between.

use std::time::{Duration, Instant};

use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{Sqlite, SqliteTransaction};

use super::Store;
use crate::error::Result;

/// Who has waited longer than this for the connection is not alone with it.
const ALONE: Duration = Duration::from_millis(1);
/// How many times as long others have it: a collector that is half busy stores in that time what has come in the whole, with
/// room for what a disk sometimes takes longer.
const OTHERS: u32 = 7;
/// But not for so long that the lease on what is done would run out.
const LONGEST: Duration = Duration::from_secs(3);

/// How long somebody has had the connection.
pub(super) struct Turn {
    begin: Instant,
    is_alone: bool,
}

impl Turn {
    /// Waits for the connection.
    pub(super) async fn take(store: &Store) -> Result<(Self, PoolConnection<Sqlite>)> {
        let asked = Instant::now();
        let connection = store.writer().get_sqlite_connection_pool().acquire().await?;
        Ok((Self::since(asked), connection))
    }

    /// Waits for it, and begins a transaction.
    pub(super) async fn begin(store: &Store) -> Result<(Self, SqliteTransaction<'static>)> {
        let asked = Instant::now();
        let transaction = store.writer().get_sqlite_connection_pool().begin_with("BEGIN IMMEDIATE").await?;
        Ok((Self::since(asked), transaction))
    }

    fn since(asked: Instant) -> Self {
        Self { begin: Instant::now(), is_alone: asked.elapsed() <= ALONE }
    }

    /// Called when the connection is free again: where others want to write, too, they get several times as much time as this
    /// took.
    pub(super) async fn end(self) {
        if !self.is_alone {
            tokio::time::sleep((self.begin.elapsed() * OTHERS).min(LONGEST)).await;
        }
    }
}
