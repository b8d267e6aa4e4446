//! Records whose time is over go, in slices that do not hold up what comes in.

use std::time::{Duration, Instant};

use telemetrics_common::Timestamp;

use super::dictionary::OTHER;
use super::jobs::{self, Held};
use super::room::{self, bytes_per_record, give_back};
use super::sql::rows;
use super::{Store, purge, select};
use crate::error::{Error, Result};
use crate::retention::{Of, Part, Retention};

const KIND: &str = "purge";
/// How often it is done by itself, in milliseconds.
const EVERY_MILLIS: i64 = 86_400_000;

/// What a purge has done, or would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// How many records.
    pub records: u64,
    /// About how many bytes of the database, indexes and all.
    pub bytes: u64,
}

/// Deletes what is over, at once.
///
/// # Errors
/// `Conflict` while another purge is under way, and the database's; what is gone by then stays gone.
pub async fn purge(store: &Store, retention: &Retention, now: fn() -> Timestamp) -> Result<Purged> {
    let bytes = bytes_per_record(store).await?;
    let held = jobs::take_at_once(store, KIND, &jobs::new_owner(), now()).await?.ok_or_else(under_way)?;
    let purged = run(store, retention, None, &held, now).await;
    let given_back = held.give_back(store.writer()).await;
    let records = purged?;
    given_back?;
    Ok(Purged { records, bytes: records * bytes })
}

fn under_way() -> Error {
    let message = "another purge is under way, or broke off less than half a minute ago; try again later";
    Error::Conflict(message.to_owned())
}

/// Says what [`purge()`] would do, and whether it has looked at all records before its time was over.
///
/// # Errors
/// The database's.
pub async fn preview(store: &Store, retention: &Retention, now: Timestamp, budget: Duration) -> Result<(Purged, bool)> {
    let bytes = bytes_per_record(store).await?;
    let begin = Instant::now();
    let mut records = 0;
    let mut slices = Slices::of(store, retention, now).await?;
    while let Some((part, ids)) = slices.next(store).await? {
        if begin.elapsed() > budget {
            return Ok((Purged { records, bytes: records * bytes }, false));
        }
        let goes = |record: &_, received_at| retention.goes_with(part, record, received_at);
        records += purge::count_that(store, &ids, goes).await?;
    }
    Ok((Purged { records, bytes: records * bytes }, true))
}

async fn delete(store: &Store, retention: &Retention, part: Part<'_>, ids: &[i64]) -> Result<u64> {
    purge::records_that(store, ids, |record, received_at| retention.goes_with(part, record, received_at)).await
}

/// Asks for a purge.
///
/// # Errors
/// The database's.
pub async fn ask(store: &Store) -> Result<i64> {
    jobs::ask(store, KIND).await
}

/// Asks for a purge if the last one is a day ago.
///
/// # Errors
/// The database's.
pub async fn ask_daily(store: &Store, now: Timestamp) -> Result<()> {
    match jobs::last_worked_on(store, KIND).await? {
        Some(last) if last.millis() > now.millis() - EVERY_MILLIS => Ok(()),
        _ => ask(store).await.map(|_| ()),
    }
}

/// Works on a purge that was asked for. Gives how many records went, if there was one.
///
/// # Errors
/// The database's.
pub async fn work(
    store: &Store,
    retention: &Retention,
    ceiling: Option<u64>,
    owner: &str,
    now: fn() -> Timestamp,
) -> Result<Option<u64>> {
    let Some(held) = jobs::take(store, KIND, owner, now()).await? else { return Ok(None) };
    match run(store, retention, ceiling, &held, now).await {
        Ok(records) => {
            held.end(store.writer()).await?;
            tracing::info!(records, "purged");
            Ok(Some(records))
        }
        // Another try later may succeed, here or elsewhere: the lease runs out.
        Err(error @ Error::Unavailable { .. }) => Err(error),
        Err(error) => {
            held.fail(store.writer()).await?;
            Err(error.while_doing("purging records"))
        }
    }
}

/// Takes the job and does nothing, as a server does that ends in the middle of it. For tests.
///
/// # Errors
/// The database's.
#[doc(hidden)]
pub async fn take_and_leave(store: &Store, owner: &str, now: fn() -> Timestamp) -> Result<bool> {
    Ok(jobs::take(store, KIND, owner, now()).await?.is_some())
}

async fn run(
    store: &Store,
    retention: &Retention,
    ceiling: Option<u64>,
    held: &Held,
    now: fn() -> Timestamp,
) -> Result<u64> {
    let mut records = 0;
    let mut slices = Slices::of(store, retention, now()).await?;
    held.renew(store.writer(), now(), 0, 0).await?;
    while let Some((part, ids)) = slices.next(store).await? {
        records += delete(store, retention, part, &ids).await?;
        held.renew(store.writer(), now(), records, records).await?;
        tokio::task::yield_now().await;
    }
    while let Some(gone) = room::make_room(store, ceiling).await? {
        records += gone;
        held.renew(store.writer(), now(), records, records).await?;
        tokio::task::yield_now().await;
    }
    give_back(store, || held.renew(store.writer(), now(), records, records)).await?;
    Ok(records)
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
            let Some(row) = rows(store.reader(), &sql).await?.pop() else { continue };
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
            let found = rows(store.reader(), &sql).await?;
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
