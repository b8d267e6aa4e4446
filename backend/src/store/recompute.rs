//! Judging all stacks anew, in slices, and taking the judgements into use all at once.

use sea_orm::{ConnectionTrait, QueryResult};
use telemetrics_common::Timestamp;

use super::audit::{self, Author};
use super::jobs::{self, Held};
use super::never_guilty;
use super::sql::{rows, statement};
use super::stacks::{judge, read_frames};
use super::{Store, rules};
use crate::backtrace::judge::{NeverGuilty, Pair, guilty};
use crate::error::{Error, Result};

pub(super) const KIND: &str = "recompute";
/// How many stacks are judged in one transaction: it must not hold up what comes in.
const SLICE: i64 = 250;

/// Asks for it; gives the job.
///
/// # Errors
/// The database's.
pub async fn ask(store: &Store, author: &Author) -> Result<i64> {
    let told = audit::Change { action: "guilty.recompute", target: "all crashes", before: None, after: None };
    let transaction = store.write_transaction().await?;
    audit::tell(&transaction, author, told).await?;
    let job = jobs::ask_in(&transaction, KIND).await?;
    transaction.commit().await?;
    Ok(job)
}

/// Works on the job, if it waits. Says whether there was something to do.
///
/// # Errors
/// The database's; the job then stays with this owner until its lease is over.
pub async fn work(store: &Store, owner: &str, now: fn() -> Timestamp) -> Result<bool> {
    let Some(held) = jobs::take(store, KIND, owner, now()).await? else { return Ok(false) };
    match run(store, &held, now).await {
        Ok(()) => held.end(store.writer()).await?,
        // Another try later may succeed, here or elsewhere: the lease runs out.
        Err(error @ Error::Unavailable { .. }) => return Err(error),
        Err(error) => {
            held.fail(store.writer()).await?;
            return Err(error.while_doing("recomputing guilties"));
        }
    }
    Ok(true)
}

/// Takes the job and does nothing, as a server does that ends in the middle of it. For tests.
///
/// # Errors
/// The database's.
#[doc(hidden)]
pub async fn take_and_leave(store: &Store, owner: &str, now: fn() -> Timestamp) -> Result<bool> {
    let held = jobs::take(store, KIND, owner, now()).await?;
    next_version(store).await?;
    Ok(held.is_some())
}

async fn run(store: &Store, held: &Held, now: fn() -> Timestamp) -> Result<()> {
    let before = rules::versions(store.reader()).await?.active;
    let version = next_version(store).await?;
    let never = rules::never_guilty(store, store.reader(), version).await?;
    let total = count(store, "SELECT COUNT(*) FROM stack WHERE id <> 0").await?;
    let (mut after, mut done) = (0, 0);
    loop {
        let slice = format!("SELECT id, frames FROM stack WHERE id > {after} ORDER BY id LIMIT {SLICE}");
        let stacks = rows(store.reader(), &slice).await?;
        // All that takes time comes before the transaction.
        let judged = judged(&stacks, &never, version)?;
        let transaction = store.write_transaction().await?;
        judge(&transaction, judged).await?;
        done += stacks.len() as u64;
        held.renew(&transaction, now(), done, total.max(done)).await?;
        transaction.commit().await?;
        store.wrote(stacks.len() as u64);
        match stacks.last() {
            Some(last) => after = last.try_get_by_index::<i32>(0)?,
            None => break,
        }
        tokio::task::yield_now().await;
    }
    take_into_use(store, held, version, (now(), done)).await?;
    forget_others(store, [before, version]).await
}

fn judged(stacks: &[QueryResult], never: &NeverGuilty, version: i32) -> Result<Vec<(Pair, i32, i32)>> {
    let mut all = Vec::with_capacity(stacks.len());
    for row in stacks {
        let (id, frames): (i32, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        all.extend(guilty(&read_frames(&frames)?, never).map(|judged| (judged.pair, version, id)));
    }
    Ok(all)
}

/// The version that a broken-off run had begun, or a new one with the list of now.
async fn next_version(store: &Store) -> Result<i32> {
    let transaction = store.write_transaction().await?;
    transaction.execute_unprepared("UPDATE rules_in_use SET active = active").await?;
    let versions = rules::versions(&transaction).await?;
    let list = never_guilty::in_force(&transaction).await?;
    let next = match versions.next {
        Some(next) if rules::list(&transaction, next).await? == list => next,
        begun => {
            let next = begun.unwrap_or(versions.active) + 1;
            rules::add_version(&transaction, next, &list).await?;
            let begin = "UPDATE rules_in_use SET next = ?";
            transaction.execute_raw(statement(&transaction, begin, [next.into()])).await?;
            next
        }
    };
    transaction.commit().await?;
    Ok(next)
}

/// One short transaction: from then on every table shows the new judgements.
async fn take_into_use(store: &Store, held: &Held, version: i32, (now, done): (Timestamp, u64)) -> Result<()> {
    let transaction = store.write_transaction().await?;
    // Who is storing a stack holds the versions: this waits for them, and they for this.
    let switch = "UPDATE rules_in_use SET active = ?, next = NULL WHERE next = ?";
    let switched = transaction.execute_raw(statement(&transaction, switch, [version.into(), version.into()])).await?;
    // Another instance may have taken the job over, and ended it.
    held.renew(&transaction, now, done, done).await?;
    if switched.rows_affected() != 1 {
        return Err(Error::unavailable("another instance has judged by other rules"));
    }
    let missed = format!(
        "SELECT s.id, s.frames FROM stack s WHERE s.id <> 0 AND NOT EXISTS \
         (SELECT 1 FROM judgement j WHERE j.rules = {version} AND j.stack_id = s.id)"
    );
    let never = rules::never_guilty(store, &transaction, version).await?;
    let judged = judged(&rows(&transaction, &missed).await?, &never, version)?;
    judge(&transaction, judged).await?;
    transaction.commit().await?;
    Ok(())
}

/// Who is reading may still be looking at the judgements before; those before them go.
async fn forget_others(store: &Store, [before, version]: [i32; 2]) -> Result<()> {
    let slice = format!(
        "DELETE FROM judgement WHERE rules < {version} AND rules <> {before} AND stack_id IN \
         (SELECT stack_id FROM judgement WHERE rules < {version} AND rules <> {before} ORDER BY rules, stack_id LIMIT 500)"
    );
    while store.writer().execute_unprepared(&slice).await?.rows_affected() > 0 {
        tokio::task::yield_now().await;
    }
    let lists = format!("DELETE FROM rules WHERE version < {version} AND version <> {before}");
    store.writer().execute_unprepared(&lists).await?;
    Ok(())
}

async fn count(store: &Store, sql: &str) -> Result<u64> {
    let number: i64 = match rows(store.reader(), sql).await?.first() {
        Some(row) => row.try_get_by_index(0)?,
        None => 0,
    };
    Ok(u64::try_from(number).unwrap_or(0))
}
