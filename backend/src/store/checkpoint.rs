//! How SQLite's write-ahead log gets into the database.
//!
//! What commits have written is in the log, and is moved into the database beside the writer. The log can only begin anew
//! when all of it has been moved, for which the writer has to wait; so that it waits for a moment only, what has come
//! meanwhile is moved again and again until little is left.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::Context;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

use super::Store;
use super::pool::Pool;
use crate::error::{Error, Result};

/// When about so many pages (of 4 KiB) have been written, the log is moved. Pages that are written again and again, as
/// those of indexes are, then go into the database once; but the more there are, the longer the disk is busy with them at
/// once, and commits wait for it.
const PAGES_AT_ONCE: u64 = 4096;
/// When the log has so many pages, it begins anew.
const MOST_PAGES: u64 = 32_768;
/// So few pages are moved while the writer waits.
const FEW_PAGES: u64 = 256;
/// Where the disk is slower than what comes, there are never few: then the writer has to wait for more.
const ROUNDS: usize = 8;

/// Keeps moving the log of a database as long as this is there.
pub(super) struct Checkpointer {
    written: Arc<Written>,
    aside: DatabaseConnection,
    task: AbortOnDropHandle<()>,
}

/// What has been written since the log was last moved.
#[derive(Default)]
struct Written {
    pages: AtomicU64,
    much: Notify,
}

impl Checkpointer {
    /// Moves it by a connection of its own, and only its last part by the one that writes.
    pub(super) fn start(aside: DatabaseConnection, writer: Pool, path: &Path) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let written = Arc::<Written>::default();
        let log = Log { aside: aside.clone(), writer, file: Box::leak(Box::new(file)) };
        let task = AbortOnDropHandle::new(tokio::spawn(log.keep_moving(Arc::clone(&written))));
        Ok(Self { written, aside, task })
    }

    /// Ends it.
    pub(super) async fn close(&self) -> Result<()> {
        self.task.abort();
        Ok(self.aside.clone().close().await?)
    }
}

impl Store {
    /// Tells that a commit has written about so many pages. Nothing to do on PostgreSQL.
    pub(super) fn wrote(&self, pages: u64) {
        if let Some(Checkpointer { written, .. }) = &self.inner.checkpointer
            && written.pages.fetch_add(pages, Ordering::Relaxed) + pages >= PAGES_AT_ONCE
        {
            written.much.notify_one();
        }
    }
}

struct Log {
    aside: DatabaseConnection,
    writer: Pool,
    /// The database's file. Never closed, since that would take SQLite's locks on it away from this process.
    file: &'static File,
}

/// What a checkpoint has found, in pages since the log began.
struct Found {
    pages: u64,
    /// How many of them are in the database.
    moved: u64,
}

impl Log {
    async fn keep_moving(self, written: Arc<Written>) {
        loop {
            written.much.notified().await;
            // Told of while the log was moved the last time.
            if written.pages.load(Ordering::Relaxed) < PAGES_AT_ONCE {
                continue;
            }
            if let Err(error) = self.make_room().await {
                tracing::warn!(%error, "checkpoint failed");
            }
            // What has been written meanwhile waits for what comes: together they have more pages in common.
            written.pages.store(0, Ordering::Relaxed);
        }
    }

    async fn make_room(&self) -> Result<()> {
        let mut found = self.checkpoint().await?;
        if found.pages < MOST_PAGES {
            return Ok(());
        }
        for _ in 0..ROUNDS {
            let before = found.moved;
            found = self.checkpoint().await?;
            if found.moved.saturating_sub(before) <= FEW_PAGES {
                break;
            }
        }
        let begin = Instant::now();
        let Found { pages, moved } = checkpoint(&self.writer).await?;
        let left = moved.saturating_sub(found.moved);
        tracing::debug!(pages, left, took = ?begin.elapsed(), "the log can begin anew: its last pages were moved");
        Ok(())
    }

    /// Moves what it can, and sees that it is on the disk: SQLite leaves that to the moment when the log begins anew.
    async fn checkpoint(&self) -> Result<Found> {
        let begin = Instant::now();
        let found = checkpoint(&self.aside).await?;
        let file = self.file;
        let synced = tokio::task::spawn_blocking(|| file.sync_data()).await.map_err(std::io::Error::other).flatten();
        synced
            .map_err(|error| Error::Internal(anyhow::Error::new(error).context("cannot write the database's file")))?;
        let Found { pages, moved } = found;
        tracing::debug!(pages, moved, took = ?begin.elapsed(), "moved the log beside the writer");
        Ok(found)
    }
}

/// `PRAGMA wal_checkpoint(PASSIVE)`: waits for nobody.
async fn checkpoint(connection: &impl ConnectionTrait) -> Result<Found> {
    let statement = Statement::from_string(DbBackend::Sqlite, "PRAGMA wal_checkpoint(PASSIVE)");
    let row = connection.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| Error::internal("SQLite tells nothing of its log"))?;
    // Both are -1 where there is no log.
    let pages = |place| Ok::<_, Error>(u64::try_from(row.try_get_by_index::<i64>(place)?).unwrap_or(0));
    Ok(Found { pages: pages(1)?, moved: pages(2)? })
}
