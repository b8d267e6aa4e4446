//! Records whose time is over go, in slices that do not hold up what comes in.

use sea_orm::{ConnectionTrait, QueryResult, Statement};
use telemetrics_common::Timestamp;

use super::dictionary::OTHER;
use super::jobs::{self, Held};
use super::{Kind, Store, purge, select};
use crate::error::{Error, Result};
use crate::retention::{Of, Part, Retention};

const KIND: &str = "purge";
/// How often it is done by itself, in milliseconds.
const EVERY_MILLIS: i64 = 86_400_000;
/// Free pages of SQLite that are given back to the file system at once: 4 MiB.
const PAGES_BACK: i64 = 1024;
/// What part of the database's pages may stay free, for the records of the next days.
const MAY_STAY_FREE: i64 = 10;

/// What a purge has done, or would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// How many records.
    pub records: u64,
    /// About how many bytes of the database, indexes and all.
    pub bytes: u64,
}

/// Whether records go, or are only counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They go.
    Delete,
    /// They stay.
    DryRun,
}

/// Deletes what is over, or says what would be.
///
/// # Errors
/// The database's; what is gone by then stays gone.
pub async fn purge(store: &Store, retention: &Retention, now: Timestamp, mode: Mode) -> Result<Purged> {
    let bytes_per_record = bytes(store).await? / kept(store).await?.max(1);
    let mut records = 0;
    let mut slices = Slices::of(store, retention, now).await?;
    while let Some((part, ids)) = slices.next(store).await? {
        records += slice(store, retention, part, &ids, mode).await?;
    }
    if mode == Mode::Delete {
        give_back(store).await?;
    }
    Ok(Purged { records, bytes: records * bytes_per_record })
}

/// Asks for a purge if the last one is a day ago.
///
/// # Errors
/// The database's.
pub async fn ask_daily(store: &Store, now: Timestamp) -> Result<()> {
    match jobs::last_worked_on(store, KIND).await? {
        Some(last) if last.millis() > now.millis() - EVERY_MILLIS => Ok(()),
        _ => jobs::ask(store, KIND).await.map(|_| ()),
    }
}

/// Works on a purge that was asked for. Says whether there was one.
///
/// # Errors
/// The database's.
pub async fn work(store: &Store, retention: &Retention, owner: &str, now: fn() -> Timestamp) -> Result<bool> {
    let Some(held) = jobs::take(store, KIND, owner, now()).await? else { return Ok(false) };
    match run(store, retention, &held, now).await {
        Ok(records) => {
            held.end(store.writer()).await?;
            tracing::info!(records, "purged");
            Ok(true)
        }
        // Another try later may succeed, here or elsewhere: the lease runs out.
        Err(error @ Error::Unavailable { .. }) => Err(error),
        Err(error) => {
            held.fail(store.writer()).await?;
            Err(error.while_doing("purging records"))
        }
    }
}

async fn run(store: &Store, retention: &Retention, held: &Held, now: fn() -> Timestamp) -> Result<u64> {
    let mut records = 0;
    let mut slices = Slices::of(store, retention, now()).await?;
    held.renew(store.writer(), now(), 0, 0).await?;
    while let Some((part, ids)) = slices.next(store).await? {
        records += slice(store, retention, part, &ids, Mode::Delete).await?;
        held.renew(store.writer(), now(), records, records).await?;
        tokio::task::yield_now().await;
    }
    give_back(store).await?;
    Ok(records)
}

async fn slice(store: &Store, retention: &Retention, part: Part<'_>, ids: &[i64], mode: Mode) -> Result<u64> {
    let goes = |record: &_, received_at| retention.goes_with(part, record, received_at);
    match mode {
        Mode::Delete => purge::records_that(store, ids, goes).await,
        Mode::DryRun => purge::count_that(store, ids, goes).await,
    }
}

/// The records among which are those that go: for each rule all that may fit it and were received early enough, in the
/// order of their ids.
struct Slices<'a> {
    /// Conditions that an index answers, with the last id to look at, the last one first.
    parts: Vec<(Part<'a>, String, i64)>,
    after: i64,
}

impl<'a> Slices<'a> {
    async fn of(store: &Store, retention: &'a Retention, now: Timestamp) -> Result<Self> {
        let mut parts = Vec::new();
        for part in retention.parts(now) {
            // Ids are given in the order of reception, or nearly so: who is missed has its turn next time.
            let sql = format!(
                "SELECT id FROM records WHERE received_at < {} ORDER BY received_at DESC, id DESC LIMIT 1",
                part.cutoff.millis()
            );
            let Some(row) = rows(store, &sql).await?.pop() else { continue };
            let last: i64 = row.try_get_by_index(0)?;
            let (index, column, values) = match part.of {
                None => {
                    parts.push((part, " WHERE 1 = 1".to_owned(), last));
                    continue;
                }
                Some(Of::Classification(pattern)) => {
                    let ids = select::classification_ids(store, pattern).await?;
                    ("records_classification", "classification_id", [ids, vec![OTHER]].concat())
                }
                Some(Of::System(name)) => {
                    let ids = select::with_texts(store, "build", [("system_name", Some(name.as_str()))]).await?;
                    ("records_build", "build_id", [ids, vec![OTHER]].concat())
                }
                Some(Of::Severity(severity)) => ("records_severity", "severity", vec![i32::from(*severity)]),
            };
            let index = store.by_index(index);
            parts.extend(values.into_iter().map(|value| (part, format!("{index} WHERE {column} = {value}"), last)));
        }
        parts.reverse();
        Ok(Self { parts, after: 0 })
    }

    async fn next(&mut self, store: &Store) -> Result<Option<(Part<'a>, Vec<i64>)>> {
        while let Some((part, condition, last)) = self.parts.last() {
            let sql = format!(
                "SELECT id FROM records{condition} AND id > {} AND id <= {last} ORDER BY id LIMIT {}",
                self.after,
                purge::SLICE
            );
            let found = rows(store, &sql).await?;
            let ids: Vec<i64> = found.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
            if let Some(after) = ids.last() {
                self.after = *after;
                return Ok(Some((*part, ids)));
            }
            self.parts.pop();
            self.after = 0;
        }
        Ok(None)
    }
}

/// Gives SQLite's free pages back to the file system, but for some that the next records will need.
async fn give_back(store: &Store) -> Result<()> {
    if store.kind() != Kind::Sqlite {
        return Ok(());
    }
    loop {
        let (free, pages) = (number(store, "PRAGMA freelist_count").await?, number(store, "PRAGMA page_count").await?);
        let too_many = free - pages / MAY_STAY_FREE;
        if too_many <= 0 {
            return Ok(());
        }
        let vacuum = format!("PRAGMA incremental_vacuum({})", too_many.min(PAGES_BACK));
        store.writer().query_all_raw(Statement::from_string(store.writer().get_database_backend(), vacuum)).await?;
        tokio::task::yield_now().await;
    }
}

/// The database's size.
async fn bytes(store: &Store) -> Result<u64> {
    let bytes = match store.kind() {
        Kind::Sqlite => number(store, "PRAGMA page_count").await? * number(store, "PRAGMA page_size").await?,
        Kind::Postgres => number(store, "SELECT pg_database_size(current_database())").await?,
    };
    Ok(u64::try_from(bytes).unwrap_or(0))
}

async fn kept(store: &Store) -> Result<u64> {
    let kept = number(store, "SELECT CAST(COALESCE(SUM(records - purged), 0) AS BIGINT) FROM record_total").await?;
    Ok(u64::try_from(kept).unwrap_or(0))
}

async fn number(store: &Store, sql: &str) -> Result<i64> {
    let row = rows(store, sql).await?.pop();
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0))
}

async fn rows(store: &Store, sql: &str) -> Result<Vec<QueryResult>> {
    let statement = Statement::from_string(store.reader().get_database_backend(), sql);
    Ok(store.reader().query_all_raw(statement).await?)
}
