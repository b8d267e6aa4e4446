//! Counters from the records themselves: to check those that are kept, and to make them from records that came
//! before there were counters.

mod compare;

use sea_orm::sqlx::{self, AssertSqlSafe};
use sea_orm::{ConnectionTrait, DatabaseTransaction, IsolationLevel};

use super::{Change, Dimension, Sums, catch_up, postgres, sqlite};
use crate::backtrace::crashing_thread;
use crate::error::{Error, Result};
use crate::store::connect::UNBOUNDED;
use crate::store::records::{by_ids, counted};
use crate::store::row::recounted;
use crate::store::sql::{joined, rows};
use crate::store::{Kind, Store, stacks};

pub use compare::Difference;

/// How many records are read at once.
const CHUNK: i64 = 2000;

/// Raised when a counter is added, which then says so by [`Dimension::since`].
const VERSION: i32 = 1;

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
    catch_up(store).await?;
    let snapshot = snapshot(store).await?;
    let uncounted = first_uncounted(store, &snapshot).await?;
    let mut sums = Sums::default();
    let mut after = 0;
    while let Some(last) = add_chunk(store, &snapshot, after, uncounted, &mut sums).await? {
        after = last;
    }
    compare::all(&snapshot, &sums).await
}

/// The id from which on changes are only written down. Nothing is deleted before all of it has been added.
async fn first_uncounted(store: &Store, snapshot: &DatabaseTransaction) -> Result<Option<i64>> {
    if store.kind() == Kind::Postgres {
        return Ok(None);
    }
    match rows(snapshot, "SELECT MIN(first_record) FROM uncounted").await?.first() {
        Some(row) => Ok(row.try_get_by_index(0)?),
        None => Ok(None),
    }
}

/// Adds the records that are kept, from one id to another.
pub(super) async fn add_between(store: &Store, first: i64, last: i64, sums: &mut Sums) -> Result<()> {
    let mut after = first - 1;
    while let Some(last) = add_chunk(store, store.reader(), after, Some(last + 1), sums).await? {
        after = last;
    }
    Ok(())
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

/// Makes the counters from the records that are kept: all of them where there are none yet, else those that have been
/// added since the database was last opened, so that what the others know of purged records stays.
pub(in crate::store) async fn build_once(store: &Store) -> Result<()> {
    let found = rows(store.reader(), "SELECT version FROM counter_version").await?;
    let version: i32 = found.first().map_or(Ok(0), |row| row.try_get_by_index(0))?;
    match version {
        VERSION => Ok(()),
        0 => {
            find_stacks(store).await?;
            build(store, Build { from: 0, to: VERSION, only: None }).await
        }
        newer if newer > VERSION => Err(Error::internal(format!(
            "the database has the counters of a newer telemetrics ({newer}); this one knows those up to {VERSION}"
        ))),
        older => {
            let newer = Dimension::ALL.into_iter().filter(|dimension| dimension.since() > older);
            build(store, Build { from: older, to: VERSION, only: Some(newer.collect()) }).await
        }
    }
}

/// Which counters are made, from one version of them to another.
struct Build {
    from: i32,
    to: i32,
    /// All of them if none are named.
    only: Option<Vec<Dimension>>,
}

impl Build {
    /// True for the first one of several who begin at once. Its row is locked until the end.
    fn begin(&self) -> String {
        format!("UPDATE counter_version SET version = {}, erased = erased + 1 WHERE version = {}", self.to, self.from)
    }

    fn clear(&self, kind: Kind) -> String {
        let tables: String = match &self.only {
            Some(only) => {
                let only = joined(only.iter().map(|dimension| dimension.number()));
                let of = |table| format!("DELETE FROM {table} WHERE dimension IN ({only});");
                return ["tally_day", "tally_total"].map(of).concat();
            }
            None => TABLES.iter().map(|table| format!("DELETE FROM {table};")).collect(),
        };
        match kind {
            Kind::Sqlite => format!("{tables} DELETE FROM uncounted"),
            Kind::Postgres => tables,
        }
    }

    /// What the next records add to these counters, and the last of them.
    async fn chunk(&self, store: &Store, after: i64) -> Result<Option<(i64, Sums)>> {
        let mut sums = Sums::default();
        let last = add_chunk(store, store.reader(), after, None, &mut sums).await?;
        if let Some(only) = &self.only {
            sums = sums.only(only);
        }
        Ok(last.map(|last| (last, sums)))
    }
}

async fn build(store: &Store, build: Build) -> Result<()> {
    // What has been written down says nothing of the new ones, whose records are counted here.
    catch_up(store).await?;
    // Texts go into their dictionaries first: that takes transactions of their own.
    let (mut after, mut chunks) = (0, 0_u64);
    while let Some((last, _)) = build.chunk(store, after).await? {
        after = last;
    }
    after = 0;
    let (begin, clear) = (build.begin(), build.clear(store.kind()));
    match store.kind() {
        Kind::Sqlite => {
            let pool = store.writer().get_sqlite_connection_pool();
            let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
            if sqlx::query(AssertSqlSafe(begin)).execute(&mut *transaction).await?.rows_affected() == 0 {
                return Ok(());
            }
            sqlx::raw_sql(AssertSqlSafe(clear)).execute(&mut *transaction).await?;
            while let Some((last, sums)) = build.chunk(store, after).await? {
                sqlite::apply(&mut transaction, &sums).await?;
                (after, chunks) = (last, told(chunks));
            }
            transaction.commit().await?;
        }
        Kind::Postgres => {
            let mut transaction = store.writer().get_postgres_connection_pool().begin().await?;
            sqlx::raw_sql(UNBOUNDED).execute(&mut *transaction).await?;
            if sqlx::query(AssertSqlSafe(begin)).execute(&mut *transaction).await?.rows_affected() == 0 {
                return Ok(());
            }
            if !store.inner.distributed {
                sqlx::raw_sql("LOCK TABLE record_day IN EXCLUSIVE MODE").execute(&mut *transaction).await?;
            }
            sqlx::raw_sql(AssertSqlSafe(clear)).execute(&mut *transaction).await?;
            while let Some((last, mut sums)) = build.chunk(store, after).await? {
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

/// Adds the records with the next ids, before an end if there is one; gives the last of them.
async fn add_chunk(
    store: &Store,
    db: &impl ConnectionTrait,
    after: i64,
    end: Option<i64>,
    sums: &mut Sums,
) -> Result<Option<i64>> {
    let end = end.unwrap_or(i64::MAX);
    let sql = format!("SELECT id FROM records WHERE id > {after} AND id < {end} ORDER BY id LIMIT {CHUNK}");
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

#[cfg(test)]
mod tests {
    use telemetrics_common::Timestamp;
    use telemetrics_common::stats::GetStats;

    use super::*;
    use crate::demo::{DemoOptions, fleet};
    use crate::store::insert::{Incoming, batch};
    use crate::store::{self, Options, purge, stats};
    use crate::testing::{self, Database, NOW};

    /// A counter is added to a database whose oldest records are gone.
    async fn a_counter_that_is_added_leaves_the_others(kind: testing::Kind) {
        let database = Database::new(kind).await;
        let store = store::open(&Options::new(&database.url)).await.unwrap();
        let until = Timestamp::from_seconds(NOW);
        let options = DemoOptions { records: 300, days: 20, seed: 31, until, only_crashes: false };
        let all: Vec<_> = fleet(&options).map(|demo| Incoming::new(demo.record, demo.received_at)).collect();
        let stored = batch(&store, &all, &[]).await.unwrap();
        let gone: Vec<i64> = stored[..100].iter().map(|stored| stored.id).collect();
        purge::records(&store, &gone).await.unwrap();
        let new = [Dimension::Kernel, Dimension::CrashProgram];
        for table in ["tally_day", "tally_total"] {
            let numbers = joined(new.map(Dimension::number));
            let sql = format!("DELETE FROM {table} WHERE dimension IN ({numbers})");
            store.writer().execute_unprepared(&sql).await.unwrap();
        }
        assert!(!check(&store).await.unwrap().is_empty());

        let add = || Build { from: VERSION, to: VERSION + 1, only: Some(new.to_vec()) };
        build(&store, add()).await.unwrap();
        // Another instance has begun at the same time.
        build(&store, add()).await.unwrap();
        assert_eq!(check(&store).await.unwrap(), []);
        let counted = stats::stats(&store, GetStats::default()).await.unwrap();
        assert_eq!((counted.records, counted.purged), (300, 100));
        let kernels: u64 = counted.kernels.iter().map(|count| count.records).sum();
        assert_eq!(kernels, 200);

        // A program that does not know them would not go on counting them.
        let Err(error) = store::open(&Options::new(&database.url)).await else { panic!("it was opened") };
        let known = format!("counters of a newer telemetrics ({}); this one knows those up to {VERSION}", VERSION + 1);
        assert!(format!("{error:#}").contains(&known), "{error:#}");
        store.close().await.unwrap();
        database.remove().await;
    }

    #[tokio::test]
    async fn sqlite_adds_a_counter() {
        a_counter_that_is_added_leaves_the_others(testing::Kind::Sqlite).await;
    }

    #[tokio::test]
    async fn postgres_adds_a_counter() {
        a_counter_that_is_added_leaves_the_others(testing::Kind::Postgres).await;
    }
}
