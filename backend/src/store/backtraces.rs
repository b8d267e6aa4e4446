//! Backtraces of a guilty: one by one, and grouped by identical crashing stack.

use std::cmp::Reverse;
use std::collections::HashMap;

use telemetrics_common::guilties::{Backtrace, BacktracePage, Frame, ListStacks, OfGuilty, Stack, StackPage, Thread};
use telemetrics_common::{RecordFilter, Timestamp};

use super::counters::{Dimension, catch_up};
use super::names::count;
use super::records::{StoredRecord, by_ids};
use super::sql::{joined, rows};
use super::{Store, guilties, rules, select};
use crate::backtrace::judge::{NeverGuilty, guilty};
use crate::backtrace::{self, Names, parse_with};
use crate::error::{Error, Result};

/// The most stacks of a page.
const MAX_STACKS: u32 = 100;
/// How many stacks a page has when it is not told.
const DEFAULT_STACKS: u32 = 10;

/// A page of backtraces, newest first.
///
/// # Errors
/// `NotFound`, and the database's.
pub async fn page(
    store: &Store,
    of: OfGuilty,
    before: Option<i64>,
    limit: u64,
    now: Timestamp,
) -> Result<BacktracePage> {
    guilties::entry(store.reader(), of.id).await?;
    let filter =
        RecordFilter { guilty: Some(of.id), build: of.build, machine_id: of.machine_id, ..RecordFilter::default() };
    let Some(plan) = select::plan(store, &filter, now).await? else { return Ok(BacktracePage::default()) };
    let mut ids = plan.ids(store, before, limit + 1).await?;
    let more = ids.len() as u64 > limit;
    ids.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let never = in_use(store).await?;
    let records = by_ids(store, &ids).await?;
    let mut names = Names::default();
    let backtraces = records.iter().map(|stored| read(stored, &never, &mut names)).collect();
    Ok(BacktracePage { backtraces, next_before: ids.last().copied().filter(|_| more) })
}

/// The backtrace of one record; without frames where its payload has none.
///
/// # Errors
/// `NotFound`, and the database's.
pub async fn of_record(store: &Store, id: i64) -> Result<Backtrace> {
    let stored = by_ids(store, &[id]).await?.pop();
    let stored = stored.ok_or_else(|| Error::NotFound(format!("there is no record {id}")))?;
    Ok(read(&stored, in_use(store).await?.as_ref(), &mut Names::default()))
}

/// A page of identical stacks, the one that was hit last first.
///
/// # Errors
/// `BadRequest` for a limit out of bounds, `NotFound`, and the database's.
pub async fn stacks(store: &Store, call: ListStacks) -> Result<StackPage> {
    catch_up(store).await?;
    let limit = call.limit.unwrap_or(DEFAULT_STACKS);
    if !(1..=MAX_STACKS).contains(&limit) {
        return Err(Error::BadRequest(format!("limit: must be 1 to {MAX_STACKS}")));
    }
    guilties::entry(store.reader(), call.id).await?;
    let ids = guilties::stack_ids(store, i32::try_from(call.id).unwrap_or(-1)).await?;
    let mut newest = Vec::with_capacity(ids.len());
    for ids in ids.chunks(500) {
        let sql = format!(
            "SELECT s.id, (SELECT r.id FROM records r WHERE r.stack_id = s.id ORDER BY r.id DESC LIMIT 1), \
             (SELECT CAST(SUM(t.records - t.purged) AS BIGINT) FROM tally_total t \
              WHERE t.dimension = {} AND t.key = s.id) FROM stack s WHERE s.id IN ({})",
            Dimension::Crash.number(),
            joined(ids)
        );
        for row in rows(store.reader(), &sql).await? {
            let (record, kept): (Option<i64>, Option<i64>) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            let id: i32 = row.try_get_by_index(0)?;
            newest.extend(record.map(|record| (record, id, count(kept.unwrap_or(0)))));
        }
    }
    newest.sort_by_key(|(record, ..)| Reverse(*record));
    let total = newest.len() as u64;
    let skip = usize::try_from(call.offset.unwrap_or(0)).unwrap_or(usize::MAX);
    let shown: Vec<(i64, i32, u64)> = newest.into_iter().skip(skip).take(limit as usize).collect();
    let ids: Vec<i64> = shown.iter().map(|(record, ..)| *record).collect();
    let records: HashMap<i64, StoredRecord> =
        by_ids(store, &ids).await?.into_iter().map(|stored| (stored.id, stored)).collect();
    let never = in_use(store).await?;
    let mut names = Names::default();
    let stack = |(record, id, records_kept): (i64, i32, u64)| {
        let newest = read(records.get(&record)?, &never, &mut names);
        Some(Stack { id: i64::from(id), records: records_kept, newest })
    };
    Ok(StackPage { stacks: shown.into_iter().filter_map(stack).collect(), total })
}

async fn in_use(store: &Store) -> Result<std::sync::Arc<NeverGuilty>> {
    let active = rules::versions(store.reader()).await?.active;
    rules::never_guilty(store, store.reader(), active).await
}

/// The backtrace in a record's payload.
fn read<'a>(stored: &'a StoredRecord, never: &NeverGuilty, names: &mut Names<'a>) -> Backtrace {
    let parsed = parse_with(&stored.record.payload, names);
    let judged = guilty(parsed.crashing_frames(), never);
    let mut notes: Vec<String> = parsed.errors;
    notes.extend(parsed.truncated.then(|| "The backtrace was cut off: it had too many frames.".to_owned()));
    notes.extend(parsed.notes);
    notes.extend(parsed.threads.iter().flat_map(|thread| &thread.notes).map(|note| note.text.clone()));
    let frames = |frames: Vec<backtrace::Frame>| frames.into_iter().map(|frame| shown(frame, never)).collect();
    let mut threads = parsed.threads.into_iter();
    Backtrace {
        record_id: stored.id,
        captured_at: stored.record.captured_at,
        build: stored.record.build.clone(),
        machine_id: stored.record.machine_id.clone(),
        program: parsed.program,
        pid: parsed.pid,
        signal: parsed.signal,
        reason: parsed.reason,
        tainted: parsed.tainted,
        frames: threads.next().map(|thread| frames(thread.frames)).unwrap_or_default(),
        guilty_frame: judged.and_then(|judged| u32::try_from(judged.frame).ok()),
        threads: threads.map(|thread| Thread { id: thread.id, frames: frames(thread.frames) }).collect(),
        notes,
    }
}

fn shown(frame: backtrace::Frame, never: &NeverGuilty) -> Frame {
    let never_guilty = never.contains(&frame.function, &frame.module);
    Frame { function: frame.function, module: frame.module, location: frame.location, never_guilty }
}
