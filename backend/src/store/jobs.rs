//! Work in the background: what is to be done, who does it, and how far it is. One job of a kind at a time.

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use telemetrics_common::Timestamp;
use telemetrics_common::jobs::{Job, JobState};

use super::Store;
use super::sql::statement;
use crate::error::{Error, Result};

/// How long a job stays with one that does not renew its lease, in milliseconds.
const LEASE_MILLIS: i64 = 30_000;

/// Begins the names of those who take a job at once. If they leave it, nobody goes on with it: it was theirs alone.
const AT_ONCE: &str = "at-once-";

/// A name for somebody who takes jobs, that nobody else has.
pub fn new_owner() -> String {
    format!("{:016x}", fastrand::u64(..))
}

/// Asks for a job: a new one, or the one that is queued or running, which then begins again when it is through.
///
/// # Errors
/// The database's.
pub async fn ask(store: &Store, kind: &str) -> Result<i64> {
    let transaction = store.write_transaction().await?;
    let id = ask_in(&transaction, kind).await?;
    transaction.commit().await?;
    Ok(id)
}

/// The same within a transaction.
pub(super) async fn ask_in(transaction: &DatabaseTransaction, kind: &str) -> Result<i64> {
    wait_for_others(transaction).await?;
    match waiting(transaction, kind).await? {
        Some(id) => Ok(id),
        None => add(transaction, kind).await,
    }
}

/// Two that look at once would both find no unfinished job: the second one waits here until the first has committed.
async fn wait_for_others(transaction: &DatabaseTransaction) -> Result<()> {
    transaction.execute_unprepared("UPDATE rules_in_use SET active = active").await?;
    Ok(())
}

async fn add(transaction: &DatabaseTransaction, kind: &str) -> Result<i64> {
    let insert = "INSERT INTO job (kind, state, done, total, again, lease_until) \
                  VALUES (?, 'queued', 0, 0, FALSE, 0) RETURNING id";
    let row = transaction.query_one_raw(statement(transaction, insert, [kind.into()])).await?;
    Ok(row.ok_or_else(|| Error::internal("a job was not made"))?.try_get_by_index(0)?)
}

/// The job that is queued, or the one that is running, which then begins again when it is through.
async fn waiting(transaction: &DatabaseTransaction, kind: &str) -> Result<Option<i64>> {
    let Some((id, is_running)) = unfinished(transaction, kind).await? else { return Ok(None) };
    if !is_running {
        return Ok(Some(id));
    }
    // It may have ended meanwhile.
    let again = "UPDATE job SET again = TRUE WHERE id = ? AND state = 'running'";
    let told = transaction.execute_raw(statement(transaction, again, [id.into()])).await?;
    Ok((told.rows_affected() == 1).then_some(id))
}

/// The job of a kind that is not at its end, and whether it is running.
pub(super) async fn unfinished(db: &impl ConnectionTrait, kind: &str) -> Result<Option<(i64, bool)>> {
    let find = "SELECT id, state FROM job WHERE kind = ? AND state IN ('queued', 'running') ORDER BY id DESC LIMIT 1";
    let Some(row) = db.query_one_raw(statement(db, find, [kind.into()])).await? else { return Ok(None) };
    let state: String = row.try_get_by_index(1)?;
    Ok(Some((row.try_get_by_index(0)?, state == "running")))
}

/// How far a job is.
///
/// # Errors
/// `NotFound`, and the database's.
pub async fn get(store: &Store, id: i64) -> Result<Job> {
    let select = "SELECT state, done, total FROM job WHERE id = ?";
    let row = store.reader().query_one_raw(statement(store.reader(), select, [id.into()])).await?;
    let row = row.ok_or_else(|| Error::NotFound(format!("there is no job {id}")))?;
    let state: String = row.try_get_by_index(0)?;
    let (done, total): (i64, i64) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
    let state = match state.as_str() {
        "queued" => JobState::Queued,
        "running" => JobState::Running,
        "done" => JobState::Done,
        _ => JobState::Failed,
    };
    let number = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(Job { state, done: number(done), total: number(total) })
}

/// When somebody last worked on a job of a kind, about.
pub(super) async fn last_worked_on(store: &Store, kind: &str) -> Result<Option<Timestamp>> {
    let last = statement(store.reader(), "SELECT MAX(lease_until) FROM job WHERE kind = ?", [kind.into()]);
    let row = store.reader().query_one_raw(last).await?;
    let last: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
    Ok(last.map(|until| Timestamp::from_millis(until - LEASE_MILLIS)))
}

/// A job that somebody has taken.
pub(super) struct Held {
    id: i64,
    owner: String,
}

/// Takes a job that waits, or that its owner has left. One that was taken at once ends here instead, unless somebody has asked for
/// it meanwhile.
pub(super) async fn take(store: &Store, kind: &str, owner: &str, now: Timestamp) -> Result<Option<Held>> {
    let free = "SELECT id, state, COALESCE(owner, ''), again FROM job \
                WHERE kind = ? AND (state = 'queued' OR (state = 'running' AND lease_until < ?)) ORDER BY id LIMIT 1";
    let values = [kind.into(), now.millis().into()];
    let Some(row) = store.reader().query_one_raw(statement(store.reader(), free, values)).await? else {
        return Ok(None);
    };
    let (id, state, before): (i64, String, String) =
        (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
    if state == "running" && before.starts_with(AT_ONCE) && !row.try_get_by_index::<bool>(3)? {
        let fail = "UPDATE job SET state = 'failed', lease_until = 0 \
                    WHERE id = ? AND owner = ? AND state = 'running' AND NOT again";
        store.writer().execute_raw(statement(store.writer(), fail, [id.into(), before.into()])).await?;
        return Ok(None);
    }
    take_one(store.writer(), id, owner, now).await
}

/// Takes a job at once, whether somebody has asked for it or not; none while somebody else works on it. What others have
/// asked for is to be done after this, too: they may do it by other settings.
pub(super) async fn take_at_once(store: &Store, kind: &str, owner: &str, now: Timestamp) -> Result<Option<Held>> {
    let transaction = store.write_transaction().await?;
    wait_for_others(&transaction).await?;
    let (id, asked_for) = match unfinished(&transaction, kind).await? {
        Some((id, is_running)) => (id, !is_running || !left_at_once(&transaction, id).await?),
        None => (add(&transaction, kind).await?, false),
    };
    let held = take_one(&transaction, id, &format!("{AT_ONCE}{owner}"), now).await?;
    if held.is_some() && asked_for {
        let again = "UPDATE job SET again = TRUE WHERE id = ?";
        transaction.execute_raw(statement(&transaction, again, [id.into()])).await?;
    }
    transaction.commit().await?;
    Ok(held)
}

/// Whether the last one who had this job took it at once.
async fn left_at_once(db: &impl ConnectionTrait, id: i64) -> Result<bool> {
    let row = db.query_one_raw(statement(db, "SELECT owner FROM job WHERE id = ?", [id.into()])).await?;
    let owner: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
    Ok(owner.is_some_and(|owner| owner.starts_with(AT_ONCE)))
}

/// Takes this job, unless somebody else has it.
async fn take_one(db: &impl ConnectionTrait, id: i64, owner: &str, now: Timestamp) -> Result<Option<Held>> {
    let take = "UPDATE job SET state = 'running', owner = ?, lease_until = ? \
                WHERE id = ? AND (state = 'queued' OR (state = 'running' AND lease_until < ?))";
    let until = now.millis() + LEASE_MILLIS;
    let values = [owner.into(), until.into(), id.into(), now.millis().into()];
    let taken = db.execute_raw(statement(db, take, values)).await?;
    Ok((taken.rows_affected() == 1).then(|| Held { id, owner: owner.to_owned() }))
}

impl Held {
    /// Says how far it is, and keeps it.
    pub(super) async fn renew(&self, db: &impl ConnectionTrait, now: Timestamp, done: u64, total: u64) -> Result<()> {
        let renew =
            "UPDATE job SET done = ?, total = ?, lease_until = ? WHERE id = ? AND owner = ? AND state = 'running'";
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let until = now.millis() + LEASE_MILLIS;
        let values =
            [number(done).into(), number(total).into(), until.into(), self.id.into(), self.owner.as_str().into()];
        let renewed = db.execute_raw(statement(db, renew, values)).await?;
        match renewed.rows_affected() {
            1 => Ok(()),
            _ => Err(Error::unavailable("another instance has taken the job over")),
        }
    }

    /// Ends it, unless somebody has asked for it meanwhile: then it is queued again.
    pub(super) async fn end(self, db: &impl ConnectionTrait) -> Result<()> {
        self.leave(db, "done", "lease_until").await
    }

    /// The same without success.
    pub(super) async fn fail(self, db: &impl ConnectionTrait) -> Result<()> {
        self.leave(db, "failed", "lease_until").await
    }

    /// The same for one that was taken at once. That somebody has worked on it is forgotten: what servers do every day by
    /// their own settings is still to be done.
    pub(super) async fn give_back(self, db: &impl ConnectionTrait) -> Result<()> {
        self.leave(db, "done", "0").await
    }

    async fn leave(self, db: &impl ConnectionTrait, state: &str, lease_until: &str) -> Result<()> {
        let leave = format!(
            "UPDATE job SET state = CASE WHEN again THEN 'queued' ELSE '{state}' END, again = FALSE, \
             lease_until = {lease_until} WHERE id = ? AND owner = ?"
        );
        db.execute_raw(statement(db, &leave, [self.id.into(), self.owner.as_str().into()])).await?;
        Ok(())
    }
}
