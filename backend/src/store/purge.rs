//! The one way records go: out of the table, and counted as purged, or no longer counted, in one transaction.

use sea_orm::sqlx::{self, AssertSqlSafe};
use telemetrics_common::Timestamp;

use super::counters::journal::{self, Done};
use super::counters::{self, Change, ERASES, Sums};
use super::records::{Counted, counted};
use super::row::{Row, recounted};
use super::sql::joined;
use super::turn::Turn;
use super::{Kind, Store};
use crate::error::Result;
use crate::ingest::record::NewRecord;
use crate::key::Key;

/// How many records are looked at at once.
pub const SLICE: usize = 500;
/// How many go in one transaction: it must not hold up what comes in.
const AT_ONCE: usize = 125;
/// About how many of SQLite's pages a record is in: of its own, of its indexes, and of counters.
const PAGES_OF_A_RECORD: u64 = 4;

/// Deletes records; their counts stay. Gives how many there were.
///
/// # Errors
/// The database's; the slices before the failure are gone.
pub async fn records(store: &Store, ids: &[i64]) -> Result<u64> {
    records_that(store, ids, |_, _| true).await
}

/// Deletes records, and their counts. Gives how many there were.
pub(super) async fn erase(store: &Store, ids: &[i64]) -> Result<u64> {
    go(store, ids, Change::Erased, |_, _| true).await
}

/// How many of some records fit, by what they say and when they were received.
pub(super) async fn count_that(
    store: &Store,
    ids: &[i64],
    fits: impl Fn(&NewRecord, Timestamp) -> bool,
) -> Result<u64> {
    let stored = counted(store, store.reader(), ids).await?;
    Ok(stored.iter().filter(|Counted { stored, .. }| fits(&stored.record, stored.received_at)).count() as u64)
}

/// Deletes those records that fit.
pub(super) async fn records_that(
    store: &Store,
    ids: &[i64],
    fits: impl Fn(&NewRecord, Timestamp) -> bool,
) -> Result<u64> {
    go(store, ids, Change::Purged, fits).await
}

async fn go(store: &Store, ids: &[i64], change: Change, fits: impl Fn(&NewRecord, Timestamp) -> bool) -> Result<u64> {
    let mut gone = 0;
    for ids in ids.chunks(SLICE) {
        let mut stored = counted(store, store.reader(), ids).await?;
        stored.retain(|Counted { stored, .. }| fits(&stored.record, stored.received_at));
        if stored.is_empty() {
            continue;
        }
        let mut rows = Vec::with_capacity(stored.len());
        for one in &stored {
            rows.push((one.stored.id, recounted(store, one).await?));
        }
        for rows in rows.chunks(AT_ONCE) {
            let deleted = match store.kind() {
                Kind::Sqlite => sqlite(store, rows, change).await,
                Kind::Postgres => postgres(store, rows, change).await,
            };
            gone += deleted.map_err(|error| error.while_doing("deleting records"))?;
        }
    }
    Ok(gone)
}

/// Sums over those that were still there to be deleted.
fn sums(rows: &[(i64, Row<'_>)], deleted: &[i64], change: Change) -> Sums {
    let mut sums = Sums::default();
    let gone = rows.iter().filter(|(id, _)| deleted.contains(id));
    gone.for_each(|(_, row)| sums.add(row, change));
    sums
}

async fn sqlite(store: &Store, rows: &[(i64, Row<'_>)], change: Change) -> Result<u64> {
    journal::prepare(store).await?;
    let (turn, mut transaction) = Turn::begin(store).await?;
    let mut changes = journal::take(store, &mut transaction).await?;
    let ids = joined(rows.iter().map(|(id, _)| id));
    // No two of these are alike, so none is kept prepared.
    let there = format!("SELECT id FROM records WHERE id IN ({ids})");
    let there: Vec<i64> =
        sqlx::query_scalar(AssertSqlSafe(there)).persistent(false).fetch_all(&mut *transaction).await?;
    let delete = format!("DELETE FROM records WHERE id IN ({ids})");
    sqlx::query(AssertSqlSafe(delete)).persistent(false).execute(&mut *transaction).await?;
    changes.merge(sums(rows, &there, change));
    counters::sqlite::apply(&mut transaction, &changes).await?;
    if change == Change::Erased {
        sqlx::query(ERASES).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    store.inner.journal.committed(Done::Added);
    store.wrote(there.len() as u64 * PAGES_OF_A_RECORD);
    turn.end().await;
    Ok(there.len() as u64)
}

async fn postgres(store: &Store, rows: &[(i64, Row<'_>)], change: Change) -> Result<u64> {
    let mut transaction = store.writer().get_postgres_connection_pool().begin().await?;
    let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
    let deleted: Vec<i64> = sqlx::query_scalar("DELETE FROM records WHERE id = ANY($1) RETURNING id")
        .bind(&ids)
        .fetch_all(&mut *transaction)
        .await?;
    let mut keys: Vec<(i64, &Key, i64)> =
        rows.iter().filter_map(|(id, row)| Some((row.record.captured_at.seconds(), row.hash.as_ref()?, *id))).collect();
    // In the order in which new records claim theirs: of those who want the same ones, each waits for the one before.
    keys.sort_unstable();
    sqlx::query(
        "DELETE FROM record_key k USING UNNEST($1::bigint[], $2::bytea[], $3::bigint[]) AS t (c, h, i) \
         WHERE k.captured_at = t.c AND k.hash = t.h AND k.record_id = t.i",
    )
    .bind(keys.iter().map(|(captured_at, ..)| *captured_at).collect::<Vec<_>>())
    .bind(keys.iter().map(|(_, hash, _)| hash.as_slice()).collect::<Vec<_>>())
    .bind(keys.iter().map(|(.., id)| *id).collect::<Vec<_>>())
    .execute(&mut *transaction)
    .await?;
    counters::postgres::apply(&mut transaction, store.inner.shard, &mut sums(rows, &deleted, change)).await?;
    if change == Change::Erased {
        sqlx::query(ERASES).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(deleted.len() as u64)
}
