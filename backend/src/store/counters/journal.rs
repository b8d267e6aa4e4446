//! SQLite: changes of counters that have been written down, but not yet been added to them.
//!
//! The counters that a batch changes lie all over the file, and each of their pages would go whole into the log with every
//! commit. So the transaction that stores records only writes down its sums, as one row; those of many batches are
//! added at once, before anybody reads a counter or deletes a record.

use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::sqlx::{self, SqliteConnection};
use tokio::sync::Mutex;

use super::{Sums, recount, sqlite};
use crate::error::{Error, Result};
use crate::store::sql::rows;
use crate::store::{Kind, Store};

/// What [`Sums`] look like in a row: postcard's encoding of their fields in this order. Raised with every change of it; rows of
/// another format are counted again from their records, which are there as long as the row is.
pub(super) const FORMAT: i32 = 1;
/// With so many records the changes are added to the counters: fewer would not share enough pages, more would hold up
/// what comes in for too long.
const MOST_RECORDS: u64 = 512;

/// What this process knows of the changes that are written down.
#[derive(Debug, Default)]
pub(in crate::store) struct Journal {
    /// Records whose changes this process has written down since it last added them.
    records: AtomicU64,
    /// How often they have begun to be added for a reader.
    begun: AtomicU64,
    /// The last time that has come to its end. Held by the reader whose turn it is.
    ended: Mutex<u64>,
}

/// What a transaction has stored: how many records, with ids from the first to the last.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Batch {
    pub(in crate::store) records: u64,
    pub(in crate::store) first: i64,
    pub(in crate::store) last: i64,
}

/// What has been done about a batch; it counts when the transaction is committed.
#[must_use]
#[derive(Clone, Copy, Debug)]
pub(in crate::store) enum Done {
    WrittenDown { records: u64 },
    Added,
}

impl Journal {
    pub(in crate::store) fn committed(&self, done: Done) {
        match done {
            Done::WrittenDown { records } => self.records.fetch_add(records, Ordering::Relaxed),
            Done::Added => self.records.swap(0, Ordering::Relaxed),
        };
    }
}

/// Writes down what a batch changes, within its transaction; or adds it with all that there is, when that has become much.
pub(in crate::store) async fn note(
    store: &Store,
    connection: &mut SqliteConnection,
    batch: Batch,
    sums: Sums,
) -> Result<Done> {
    if store.inner.journal.records.load(Ordering::Relaxed) + batch.records >= MOST_RECORDS {
        add(store, connection, sums).await?;
        return Ok(Done::Added);
    }
    let sums = postcard::to_stdvec(&sums).map_err(|error| Error::Internal(error.into()))?;
    sqlx::query("INSERT INTO uncounted (first_record, last_record, format, sums) VALUES (?, ?, ?, ?)")
        .bind(batch.first)
        .bind(batch.last)
        .bind(FORMAT)
        .bind(sums)
        .execute(connection)
        .await?;
    Ok(Done::WrittenDown { records: batch.records })
}

/// Adds to the counters what is written down, and further sums, within a transaction that writes.
async fn add(store: &Store, connection: &mut SqliteConnection, mut sums: Sums) -> Result<()> {
    sums.merge(take(store, connection).await?);
    sqlite::apply(connection, &sums).await
}

/// Takes what is written down, within a transaction that adds it to the counters: before records are deleted that it tells of.
pub(in crate::store) async fn take(store: &Store, connection: &mut SqliteConnection) -> Result<Sums> {
    let mut sums = Sums::default();
    let changes: Vec<(i64, i64, i32, Vec<u8>)> =
        sqlx::query_as("SELECT first_record, last_record, format, sums FROM uncounted ORDER BY id")
            .fetch_all(&mut *connection)
            .await?;
    for (first, last, format, change) in &changes {
        match postcard::from_bytes(change).ok().filter(|_| *format == FORMAT) {
            Some(change) => sums.merge(change),
            None => recount::add_between(store, *first, *last, &mut sums).await?,
        }
    }
    if !changes.is_empty() {
        sqlx::query("DELETE FROM uncounted").execute(&mut *connection).await?;
    }
    Ok(sums)
}

/// Adds to the counters what is written down: whoever reads them next finds all records counted that are stored by now. Where
/// that cannot be done, as on a full disk, they are read as they are. Nothing to do on PostgreSQL.
pub(in crate::store) async fn catch_up(store: &Store) -> Result<()> {
    if store.kind() == Kind::Postgres || rows(store.reader(), "SELECT 1 FROM uncounted LIMIT 1").await?.is_empty() {
        return Ok(());
    }
    let journal = &store.inner.journal;
    let asked = journal.begun.load(Ordering::Acquire);
    let mut ended = journal.ended.lock().await;
    // Somebody else has begun since this one asked, and has come to the end: who goes away on the way has added nothing.
    if *ended > asked {
        return Ok(());
    }
    let turn = journal.begun.fetch_add(1, Ordering::AcqRel) + 1;
    match add_alone(store).await {
        Ok(()) => *ended = turn,
        Err(error) => {
            let error = error.inside();
            tracing::warn!(error, "counters are behind: what was stored last cannot be added to them");
        }
    }
    Ok(())
}

/// Puts texts that only this version counts into their dictionaries, before what is written down is taken: that needs transactions
/// of their own.
pub(in crate::store) async fn prepare(store: &Store) -> Result<()> {
    let others = format!("SELECT first_record, last_record FROM uncounted WHERE format <> {FORMAT}");
    for row in rows(store.reader(), &others).await? {
        let (first, last) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        recount::add_between(store, first, last, &mut Sums::default()).await?;
    }
    Ok(())
}

async fn add_alone(store: &Store) -> Result<()> {
    prepare(store).await?;
    let mut transaction = store.writer().get_sqlite_connection_pool().begin_with("BEGIN IMMEDIATE").await?;
    add(store, &mut transaction, Sums::default()).await?;
    transaction.commit().await?;
    store.inner.journal.committed(Done::Added);
    Ok(())
}
