//! A copy of the database that is only read: lists, exports and charts ask it, and the database itself while it is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sea_orm::ConnectionTrait;
use telemetrics_migration::{Migrator, MigratorTrait};
use tokio::time::{sleep, timeout};

use super::pool::Pool;
use super::sql::rows;
use crate::error::{Error, Result};

/// How often it is asked whether it is there.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// One that answers later than this is not there.
const ANSWER_TIME: Duration = Duration::from_secs(2);

/// The copy, and whether it can be asked.
pub(super) struct Replica {
    pool: Pool,
    is_well: Arc<AtomicBool>,
}

impl Replica {
    /// Looks after it from now on, for as long as anybody has it.
    pub(super) async fn watch(pool: Pool) -> Self {
        let is_well = Arc::new(AtomicBool::new(false));
        note(&is_well, look(&pool).await);
        let (watched, noted) = (pool.clone(), Arc::downgrade(&is_well));
        tokio::spawn(async move {
            loop {
                sleep(LOOK_AGAIN).await;
                let outcome = look(&watched).await;
                let Some(is_well) = noted.upgrade() else { return };
                note(&is_well, outcome);
            }
        });
        Self { pool, is_well }
    }

    /// Its connections, while it is there.
    pub(super) fn pool(&self) -> Option<&Pool> {
        self.is_well.load(Ordering::Relaxed).then_some(&self.pool)
    }

    pub(super) async fn close(&self) -> Result<()> {
        Ok(self.pool.close().await?)
    }
}

fn note(is_well: &AtomicBool, outcome: Result<()>) {
    let is_now = outcome.is_ok();
    match (is_well.swap(is_now, Ordering::Relaxed), outcome) {
        (true, Err(error)) => tracing::warn!(?error, "the read database is away: the database itself is read"),
        (false, Ok(())) => tracing::info!("the read database is there"),
        _ => {}
    }
}

/// Whether it answers, and has the tables that this program knows.
async fn look(pool: &Pool) -> Result<()> {
    let late = |_| Error::unavailable("the read database does not answer");
    let answer = timeout(ANSWER_TIME, applied(pool)).await.map_err(late)?;
    let known = Migrator::migrations().last().map(|step| step.name().to_owned());
    match answer? == known {
        true => Ok(()),
        false => Err(Error::unavailable("the read database has not got all tables yet")),
    }
}

async fn applied(db: &impl ConnectionTrait) -> Result<Option<String>> {
    let newest = rows(db, "SELECT MAX(version) FROM seaql_migrations").await?.pop();
    Ok(newest.map(|row| row.try_get_by_index(0)).transpose()?.flatten())
}
