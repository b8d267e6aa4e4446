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

/// The same as the command does that purges at once. For tests.
///
/// # Errors
/// The database's.
#[doc(hidden)]
pub async fn begin_and_leave(store: &Store, now: fn() -> Timestamp) -> Result<bool> {
    Ok(jobs::take_at_once(store, KIND, &jobs::new_owner(), now()).await?.is_some())
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

/// The records among which are those that go: all that were received early enough, in the order of their reception, for the
/// default; for each rule all that may fit it, in the order of their ids.
struct Slices<'a> {
    /// The last one first.
    walks: Vec<Walk<'a>>,
}

/// A way to the records of one part, and where it goes on.
struct Walk<'a> {
    part: Part<'a>,
    way: Way,
}

enum Way {
    /// Behind this reception and id.
    ByReception(Option<(i64, i64)>),
    /// Those that an index finds by a condition, behind an id and up to another one.
    ById { condition: String, after: i64, last: i64 },
}

impl<'a> Slices<'a> {
    async fn of(store: &Store, retention: &'a Retention, now: Timestamp) -> Result<Self> {
        let mut walks = Vec::new();
        for part in retention.parts(now) {
            let (index, column, values) = match part.of {
                None => {
                    walks.push(Walk { part, way: Way::ByReception(None) });
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
            let Some(last) = last_id(store, part.cutoff).await? else { continue };
            let index = store.by_index(index);
            let way = |value| Way::ById { condition: format!("{index} WHERE {column} = {value}"), after: 0, last };
            walks.extend(values.into_iter().map(|value| Walk { part, way: way(value) }));
        }
        walks.reverse();
        Ok(Self { walks })
    }

    async fn next(&mut self, store: &Store) -> Result<Option<(Part<'a>, Vec<i64>)>> {
        while let Some(Walk { part, way }) = self.walks.last_mut() {
            let found = rows(store.reader(), &way.sql(part.cutoff)).await?;
            let ids: Vec<i64> = found.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
            if let Some(last) = found.last() {
                way.go_on(last.try_get_by_index(1)?, last.try_get_by_index(0)?);
                return Ok(Some((*part, ids)));
            }
            self.walks.pop();
        }
        Ok(None)
    }
}

impl Way {
    fn sql(&self, cutoff: Timestamp) -> String {
        let cutoff = cutoff.millis();
        let (from, order) = match self {
            Self::ByReception(None) => (format!(" WHERE received_at < {cutoff}"), "received_at, id"),
            Self::ByReception(Some((received_at, id))) => (
                format!(
                    " WHERE received_at < {cutoff} AND received_at >= {received_at} \
                     AND (received_at > {received_at} OR id > {id})"
                ),
                "received_at, id",
            ),
            Self::ById { condition, after, last } => (format!("{condition} AND id > {after} AND id <= {last}"), "id"),
        };
        format!("SELECT id, received_at FROM records{from} ORDER BY {order} LIMIT {}", purge::SLICE)
    }

    fn go_on(&mut self, received_at: i64, id: i64) {
        match self {
            Self::ByReception(after) => *after = Some((received_at, id)),
            Self::ById { after, .. } => *after = id,
        }
    }
}

/// The greatest id of the records that were received before. Imports bring records that were received long ago.
async fn last_id(store: &Store, cutoff: Timestamp) -> Result<Option<i64>> {
    // A sum, so that the databases look through these records, not backwards through all.
    let sql = format!("SELECT MAX(id + 0) FROM records WHERE received_at < {}", cutoff.millis());
    match rows(store.reader(), &sql).await?.first() {
        Some(row) => Ok(row.try_get_by_index(0)?),
        None => Ok(None),
    }
}
