//! A copy of the database that is only read: lists, exports and charts ask it, and the database itself while the copy
//! is away or far behind.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{DbErr, RuntimeErr, TryGetable, sqlx};
use telemetrics_migration::{Migrator, MigratorTrait};
use tokio::time::{sleep, timeout};

use super::pool::Pool;
use super::sql::rows;
use crate::error::{Error, Result};

/// How often it is asked whether it is there.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// One that answers later than this is not there.
const ANSWER_TIME: Duration = Duration::from_secs(2);
/// One that is further behind is not read. By default a standby lets queries hold it up for half a minute, and then has
/// to catch up.
const MOST_BEHIND: Duration = Duration::from_secs(60);

const NEWEST_STEP: &str = "SELECT MAX(version) FROM seaql_migrations";
/// Where a primary is in its log, in bytes.
const WRITTEN: &str = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::BIGINT";
/// Where a standby is in the same log; nothing of what is none.
const REPLAYED: &str = "SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::BIGINT WHERE pg_is_in_recovery()";

/// The copy, and whether it can be asked.
pub(super) struct Replica {
    pool: Pool,
    health: Arc<Health>,
}

impl Replica {
    /// Looks after it from now on, for as long as anybody has it. How far it is behind is seen if a primary is given.
    pub(super) async fn watch(pool: Pool, primary: Option<Pool>) -> Self {
        let health = Arc::new(Health::default());
        let mut watcher = Watcher { copy: pool.clone(), primary, positions: Positions::default() };
        health.note(watcher.look().await);
        let noted = Arc::downgrade(&health);
        tokio::spawn(async move {
            loop {
                sleep(LOOK_AGAIN).await;
                let outcome = watcher.look().await;
                let Some(health) = noted.upgrade() else { return };
                health.note(outcome);
            }
        });
        Self { pool: pool.telling(Arc::clone(&health)), health }
    }

    /// Its connections, while it is there.
    pub(super) fn pool(&self) -> Option<&Pool> {
        self.health.is_good().then_some(&self.pool)
    }

    pub(super) async fn close(&self) -> Result<()> {
        Ok(self.pool.close().await?)
    }
}

/// Whether the copy can be asked, as it was seen last.
#[derive(Default)]
pub(super) struct Health(AtomicBool);

impl Health {
    /// Hears of a statement that failed: where there was no way to the copy, the next one need not wait for it.
    pub(super) fn failed(&self, error: &DbErr) {
        if is_away(error) {
            self.note(Err(error));
        }
    }

    fn is_good(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn note(&self, outcome: Result<(), impl Debug>) {
        match (self.0.swap(outcome.is_ok(), Ordering::Relaxed), outcome) {
            (true, Err(error)) => {
                tracing::warn!(?error, "the read database cannot be used: the database itself is read");
            }
            (false, Ok(())) => tracing::info!("the read database is there"),
            _ => {}
        }
    }
}

fn is_away(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => {
            matches!(**inner, sqlx::Error::Io(_))
        }
        _ => false,
    }
}

/// Looks at the copy, and at the primary to compare the two.
struct Watcher {
    copy: Pool,
    primary: Option<Pool>,
    positions: Positions,
}

impl Watcher {
    /// Whether the copy answers, has the tables that this program knows, and is not far behind.
    async fn look(&mut self) -> Result<()> {
        self.look_at_primary().await;
        let late = |_| Error::unavailable("the read database does not answer");
        timeout(ANSWER_TIME, self.check()).await.map_err(late)?
    }

    /// While the primary does not answer, the copy need not be further than where that was.
    async fn look_at_primary(&mut self) {
        let Some(primary) = &self.primary else { return };
        if let Ok(Ok(Some(position))) = timeout(ANSWER_TIME, value::<i64>(primary, WRITTEN)).await {
            self.positions.note(Instant::now(), position);
        }
    }

    async fn check(&self) -> Result<()> {
        let known = Migrator::migrations().last().map(|step| step.name().to_owned());
        if value::<String>(&self.copy, NEWEST_STEP).await? != known {
            return Err(Error::unavailable("the read database has not got all tables yet"));
        }
        let Some(goal) = self.positions.goal() else { return Ok(()) };
        match value::<i64>(&self.copy, REPLAYED).await {
            Ok(Some(replayed)) if replayed < goal => Err(Error::unavailable("the read database is far behind")),
            Err(error @ Error::Unavailable { .. }) => Err(error),
            // It copies in a way of its own, or has become a primary: nobody can tell where it is.
            _ => Ok(()),
        }
    }
}

/// The one value of a SELECT, if it has any.
async fn value<T: TryGetable>(db: &Pool, sql: &str) -> Result<Option<T>> {
    let row = rows(db, sql).await?.pop();
    Ok(row.map(|row| row.try_get_by_index::<Option<T>>(0)).transpose()?.flatten())
}

/// Where the primary was: at the last look that is at least [`MOST_BEHIND`] ago, and at those since.
#[derive(Default)]
struct Positions(VecDeque<(Instant, i64)>);

impl Positions {
    fn note(&mut self, now: Instant, position: i64) {
        // What was never copied is lost with its primary: another one goes on from before it.
        self.0.retain(|(_, earlier)| *earlier <= position);
        self.0.push_back((now, position));
        while self.0.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= MOST_BEHIND) {
            self.0.pop_front();
        }
    }

    /// What a copy must have reached, or it is far behind. It may be so when the looks begin, and first has to reach
    /// where the primary was then; while the primary writes nothing, there is no more to reach.
    fn goal(&self) -> Option<i64> {
        self.0.front().map(|(_, position)| *position)
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnAcquireErr;

    use super::*;

    #[test]
    fn a_copy_must_reach_where_the_primary_was_a_while_ago() {
        let begin = Instant::now();
        let mut positions = Positions::default();
        assert_eq!(positions.goal(), None, "nobody knows where the primary is");
        let mut check = |second: u64, position: i64, goal: i64| {
            positions.note(begin + Duration::from_secs(second), position);
            assert_eq!(positions.goal(), Some(goal), "in second {second}");
        };
        check(0, 100, 100);
        check(2, 200, 100);
        check(61, 300, 100);
        check(62, 400, 200);
        // It is quiet, and then goes on: the copy has time again.
        check(64, 400, 200);
        check(200, 400, 400);
        check(202, 500, 400);
        check(261, 600, 400);
        check(262, 700, 500);
        // Another one has taken over.
        check(264, 450, 450);
        check(266, 470, 450);
    }

    #[test]
    fn a_statement_that_fails_does_not_mean_that_the_copy_is_away() {
        let check = |error: &DbErr, away: bool| assert_eq!(is_away(error), away, "{error}");
        let query = |inner| DbErr::Query(RuntimeErr::SqlxError(Arc::new(inner)));
        check(&DbErr::ConnectionAcquire(ConnAcquireErr::Timeout), true);
        check(&query(sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into())), true);
        check(&query(sqlx::Error::RowNotFound), false);
    }
}
