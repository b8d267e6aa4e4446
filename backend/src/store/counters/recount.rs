//! Counters from the records themselves: to check those that are kept, and to make them from records that came
//! before there were counters.

mod compare;

use sea_orm::sqlx::{self, AssertSqlSafe};
use sea_orm::{ConnectionTrait, DatabaseTransaction, IsolationLevel};

use super::{Change, Sums, postgres, sqlite};
use crate::backtrace::crashing_thread;
use crate::error::Result;
use crate::store::connect::UNBOUNDED;
use crate::store::records::{by_ids, counted};
use crate::store::row::recounted;
use crate::store::sql::rows;
use crate::store::{Kind, Store, stacks};

pub use compare::Difference;

/// How many records are read at once.
const CHUNK: i64 = 2000;

/// The tables that hold nothing but counts.
const TABLES: [&str; 12] = [
    "record_day",
    "record_total",
    "tally_day",
    "tally_total",
    "machine_day",
    "population",
    "population_hour",
    "crash_day",
    "crash_machine",
    "crash_page",
    "mce_machine",
    "mce_machine_total",
];

/// Counts all records that are kept and compares the counters with them, as they are at one moment. What comes in
/// meanwhile is not looked at.
///
/// # Errors
/// The database's.
pub async fn check(store: &Store) -> Result<Vec<Difference>> {
    let snapshot = snapshot(store).await?;
    let mut sums = Sums::default();
    let mut after = 0;
    while let Some(last) = add_chunk(store, &snapshot, after, &mut sums).await? {
        after = last;
    }
    compare::all(&snapshot, &sums).await
}

async fn snapshot(store: &Store) -> Result<DatabaseTransaction> {
    let isolation = match store.kind() {
        // A transaction of SQLite sees the moment of its first read.
        Kind::Sqlite => None,
        Kind::Postgres => Some(IsolationLevel::RepeatableRead),
    };
    Ok(store.reader().begin_with_config(isolation, None).await?)
}

/// Marks the counters as not kept: whoever opens the database next counts all records.
pub(in crate::store) async fn forget(store: &Store) -> Result<()> {
    store.writer().execute_unprepared("UPDATE counter_version SET version = 0").await?;
    Ok(())
}

/// Makes the counters from the records where that has not been done yet.
pub(in crate::store) async fn build_once(store: &Store) -> Result<()> {
    const BUILT: &str = "UPDATE counter_version SET version = 1 WHERE version = 0";
    let clear: String = TABLES.iter().map(|table| format!("DELETE FROM {table};")).collect();
    if rows(store.reader(), "SELECT 1 FROM counter_version WHERE version = 0").await?.is_empty() {
        return Ok(());
    }
    find_stacks(store).await?;
    // Texts go into their dictionaries first: that takes transactions of their own.
    let (mut after, mut chunks) = (0, 0_u64);
    while let Some(last) = add_chunk(store, store.reader(), after, &mut Sums::default()).await? {
        after = last;
    }
    after = 0;
    match store.kind() {
        Kind::Sqlite => {
            let pool = store.writer().get_sqlite_connection_pool();
            let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
            if sqlx::query(BUILT).execute(&mut *transaction).await?.rows_affected() == 0 {
                return Ok(());
            }
            sqlx::raw_sql(AssertSqlSafe(clear.as_str())).execute(&mut *transaction).await?;
            loop {
                let mut sums = Sums::default();
                let Some(last) = add_chunk(store, store.reader(), after, &mut sums).await? else { break };
                sqlite::apply(&mut transaction, &sums).await?;
                (after, chunks) = (last, told(chunks));
            }
            transaction.commit().await?;
        }
        Kind::Postgres => {
            let mut transaction = store.writer().get_postgres_connection_pool().begin().await?;
            sqlx::raw_sql(UNBOUNDED).execute(&mut *transaction).await?;
            // The row is locked until the end: instances that start at once do it one after the other.
            if sqlx::query(BUILT).execute(&mut *transaction).await?.rows_affected() == 0 {
                return Ok(());
            }
            if !store.inner.distributed {
                sqlx::raw_sql("LOCK TABLE record_day IN EXCLUSIVE MODE").execute(&mut *transaction).await?;
            }
            sqlx::raw_sql(AssertSqlSafe(clear.as_str())).execute(&mut *transaction).await?;
            loop {
                let mut sums = Sums::default();
                let Some(last) = add_chunk(store, store.reader(), after, &mut sums).await? else { break };
                postgres::apply(&mut transaction, 0, &mut sums).await?;
                (after, chunks) = (last, told(chunks));
            }
            transaction.commit().await?;
        }
    }
    Ok(())
}

/// Tells how far the counting is, now and then.
fn told(chunks: u64) -> u64 {
    if chunks % 50 == 49 {
        tracing::info!(records = (chunks + 1) * CHUNK.unsigned_abs(), "counting the records that are there");
    }
    chunks + 1
}

/// Adds the records with the next ids; gives the last of them.
async fn add_chunk(store: &Store, db: &impl ConnectionTrait, after: i64, sums: &mut Sums) -> Result<Option<i64>> {
    let sql = format!("SELECT id FROM records WHERE id > {after} ORDER BY id LIMIT {CHUNK}");
    let ids: Vec<i64> = rows(db, &sql).await?.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    for one in counted(store, db, &ids).await? {
        sums.add(&recounted(store, &one).await?, Change::Stored);
    }
    Ok(ids.last().copied())
}

/// Gives records their stacks that came in before there were any.
async fn find_stacks(store: &Store) -> Result<()> {
    let mut classifications = Vec::new();
    for name in &store.inner.backtrace_classifications {
        let id = store.dictionaries().classification.known(store.reader(), &[name]).await?;
        classifications.extend(id.map(|id| id.to_string()));
    }
    if classifications.is_empty() {
        return Ok(());
    }
    let mut after = 0;
    loop {
        let sql = format!(
            "SELECT id FROM records WHERE id > {after} AND stack_id IS NULL AND classification_id IN ({}) \
             ORDER BY id LIMIT {CHUNK}",
            classifications.join(", ")
        );
        let ids: Vec<i64> =
            rows(store.reader(), &sql).await?.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
        let Some(&last) = ids.last() else { return Ok(()) };
        // New stacks take transactions of their own.
        let mut found = Vec::with_capacity(ids.len());
        let records = by_ids(store, &ids).await?;
        let frames: Vec<_> = records.iter().map(|stored| crashing_thread(&stored.record.payload)).collect();
        for (stored, stack_id) in records.iter().zip(stacks::ids(store, &frames).await?) {
            found.extend(stack_id.map(|stack_id| (stored.id, stack_id)));
        }
        let transaction = store.write_transaction().await?;
        for (id, stack_id) in found {
            let update = format!("UPDATE records SET stack_id = {stack_id} WHERE id = {id}");
            transaction.execute_unprepared(&update).await?;
        }
        transaction.commit().await?;
        after = last;
    }
}
