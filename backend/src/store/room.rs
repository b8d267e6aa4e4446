//! The room that the database takes, and how it is given back.

use sea_orm::ConnectionTrait;
use sea_orm::sqlx::{self, AssertSqlSafe};

use super::counters::catch_up;
use super::sql::rows;
use super::turn::Turn;
use super::{Kind, Store, purge};
use crate::error::Result;

/// Free pages of SQLite that are given back to the file system at once: it must not hold up what comes in.
const PAGES_BACK: i64 = 64;
/// About how many pages are written for each: what was at the end of the file goes to its place, and what leads there changes.
const PAGES_FOR_ONE_BACK: u64 = 3;
/// What part of the database's pages may stay free, for the records of the next days.
const MAY_STAY_FREE: i64 = 10;
/// When the database is above its bound, so many percent of that are aimed at.
const AIM_PERCENT: u64 = 95;
/// How many times pages are given back until the lease on doing so is renewed: that is a transaction, too.
const TURNS_OF_A_LEASE: u32 = 4;
/// How many ids a partition of PostgreSQL's `records` spans.
pub(super) const PARTITION_IDS: i64 = 1_000_000;

/// The database's size: what it takes of the disk.
///
/// # Errors
/// The database's.
pub async fn bytes(store: &Store) -> Result<u64> {
    let bytes = match store.kind() {
        Kind::Sqlite => number(store, "PRAGMA page_count").await? * number(store, "PRAGMA page_size").await?,
        // Nobody there can tell.
        Kind::Postgres if store.inner.distributed => 0,
        Kind::Postgres => number(store, "SELECT pg_database_size(current_database())").await?,
    };
    Ok(u64::try_from(bytes).unwrap_or(0))
}

/// What of that is free for new records. PostgreSQL does not tell.
///
/// # Errors
/// The database's.
pub async fn reusable(store: &Store) -> Result<u64> {
    let bytes = match store.kind() {
        Kind::Sqlite => number(store, "PRAGMA freelist_count").await? * number(store, "PRAGMA page_size").await?,
        Kind::Postgres => 0,
    };
    Ok(u64::try_from(bytes).unwrap_or(0))
}

/// How many records are kept.
pub(super) async fn kept(store: &Store) -> Result<u64> {
    catch_up(store).await?;
    let kept = number(store, "SELECT CAST(COALESCE(SUM(records - purged), 0) AS BIGINT) FROM record_total").await?;
    Ok(u64::try_from(kept).unwrap_or(0))
}

/// What is not free, in bytes. The two are read one after the other, so that what is free may just have grown.
async fn used(store: &Store) -> Result<u64> {
    Ok(bytes(store).await?.saturating_sub(reusable(store).await?))
}

/// About what a record takes, indexes and counters and all.
pub(super) async fn bytes_per_record(store: &Store) -> Result<u64> {
    Ok(used(store).await? / kept(store).await?.max(1))
}

/// Whether there are records that can go, since SQLite's database has become larger than it may.
///
/// # Errors
/// The database's.
pub async fn needs_purge(store: &Store, ceiling: Option<u64>) -> Result<bool> {
    Ok(is_above(store, ceiling).await? && kept(store).await? > 0)
}

/// Whether SQLite's database has become larger than it may.
///
/// # Errors
/// The database's.
pub async fn is_above(store: &Store, ceiling: Option<u64>) -> Result<bool> {
    let Some(ceiling) = ceiling.filter(|_| store.kind() == Kind::Sqlite) else { return Ok(false) };
    Ok(used(store).await? > ceiling)
}

/// Deletes some of the oldest records of the lowest severity while the database is larger than is aimed at. Gives how
/// many; nothing when there is room, or nothing left to delete.
pub(super) async fn make_room(store: &Store, ceiling: Option<u64>) -> Result<Option<u64>> {
    let aim = ceiling.map(|ceiling| ceiling / 100 * AIM_PERCENT);
    if !is_above(store, aim).await? {
        return Ok(None);
    }
    for severity in 1..=4 {
        let sql = format!(
            "SELECT id FROM records{} WHERE severity = {severity} ORDER BY id LIMIT {}",
            store.by_index("records_severity"),
            purge::SLICE
        );
        let ids = rows(store.reader(), &sql).await?;
        let ids: Vec<i64> = ids.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
        if !ids.is_empty() {
            let records = purge::records(store, &ids).await?;
            tracing::warn!(records, severity, "the database is larger than it may be: the oldest records go");
            return Ok(Some(records));
        }
    }
    tracing::error!("the database is larger than it may be, and there are no records left to delete");
    Ok(None)
}

/// Gives free room back to the file system: SQLite's pages, but for some that the next records will need, and
/// PostgreSQL's partitions without records. `renew` is called time and again, since there may be much to give back.
pub(super) async fn give_back<F: Future<Output = Result<()>>>(store: &Store, renew: impl Fn() -> F) -> Result<()> {
    match store.kind() {
        Kind::Sqlite => give_pages_back(store, renew).await,
        Kind::Postgres if store.inner.distributed => Ok(()),
        Kind::Postgres => drop_empty_partitions(store, renew).await,
    }
}

async fn give_pages_back<F: Future<Output = Result<()>>>(store: &Store, renew: impl Fn() -> F) -> Result<()> {
    let mut before = i64::MAX;
    for turns in 1_u32.. {
        let (free, pages) = (number(store, "PRAGMA freelist_count").await?, number(store, "PRAGMA page_count").await?);
        let too_many = free - pages / MAY_STAY_FREE;
        // A database that was made otherwise, as by `.dump`, may not be able to give any back.
        if too_many <= 0 || free >= before {
            return Ok(());
        }
        before = free;
        let (turn, mut connection) = Turn::take(store).await?;
        let vacuum = format!("PRAGMA incremental_vacuum({})", too_many.min(PAGES_BACK));
        sqlx::raw_sql(AssertSqlSafe(vacuum)).execute(&mut *connection).await?;
        drop(connection);
        store.wrote(PAGES_BACK.unsigned_abs() * PAGES_FOR_ONE_BACK);
        turn.end().await;
        if turns % TURNS_OF_A_LEASE == 0 {
            renew().await?;
        }
    }
    Ok(())
}

/// Only those well behind the ids that are given now: nothing is ever put into them again.
async fn drop_empty_partitions<F: Future<Output = Result<()>>>(store: &Store, renew: impl Fn() -> F) -> Result<()> {
    let present = number(store, "SELECT last_value FROM records_id_seq").await? / PARTITION_IDS;
    let sql = "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
               WHERE i.inhparent = 'records'::regclass ORDER BY c.relname";
    for row in rows(store.reader(), sql).await? {
        let name: String = row.try_get_by_index(0)?;
        let number = name.strip_prefix("records_p").and_then(|number| number.parse::<i64>().ok());
        if number.is_some_and(|number| number < present - 1) {
            drop_if_empty(store, &name).await?;
            renew().await?;
        }
    }
    Ok(())
}

async fn drop_if_empty(store: &Store, partition: &str) -> Result<()> {
    // By the index: it passes quickly over deleted records that somebody has found there before.
    let first = format!("SELECT id FROM {partition} ORDER BY id LIMIT 1");
    if !rows(store.reader(), &first).await?.is_empty() {
        return Ok(());
    }
    let transaction = store.writer().begin().await?;
    // Whoever is reading goes first; who wants to write must not wait behind that for long. The next purge tries again.
    transaction.execute_unprepared("SET LOCAL lock_timeout = '200ms'").await?;
    // Without ONLY all other partitions would be locked, too, and each waited for.
    let lock = format!("LOCK TABLE ONLY records, ONLY {partition} IN ACCESS EXCLUSIVE MODE");
    if let Err(error) = transaction.execute_unprepared(&lock).await {
        tracing::info!(%error, partition, "an empty partition is in use; it is dropped later");
        transaction.rollback().await?;
        return Ok(());
    }
    if rows(&transaction, &first).await?.is_empty() {
        transaction.execute_unprepared(&format!("DROP TABLE {partition}")).await?;
        tracing::info!(partition, "dropped a partition without records");
    }
    transaction.commit().await?;
    Ok(())
}

pub(super) async fn number(store: &Store, sql: &str) -> Result<i64> {
    let row = rows(store.reader(), sql).await?.pop();
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0))
}
