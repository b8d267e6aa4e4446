//! Instances tell each other of new records, so that who listens to live records need not wait for the next look at the
//! database. It only makes that quick: whoever hears nothing finds the same by reading.
//!
//! Each notice is a transaction of its own beside the batches, since PostgreSQL commits those that notify one after the other.

use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgListener};
use sea_orm::sqlx::{self, AssertSqlSafe, PgPool};
use tokio::time::timeout;

use super::Store;
use super::connect::postgres_pool;
use crate::error::{Error, Result};

const CHANNEL: &str = "telemetrics_records";
/// What the database is told of a session when it begins.
const SESSION: &str = "telemetrics.instance";
/// One that tells and one that hears: neither may hold up what is stored.
const CONNECTIONS: u32 = 2;
/// How long connections are kept that nobody needs.
const IDLE: Duration = Duration::from_secs(60);
/// How long is waited for a database that does not answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How instances tell each other. Not through a pooler that gives connections to others between two transactions, nor in
/// databases that only speak PostgreSQL's language.
pub(super) struct Notices {
    connections: PgPool,
    /// What this instance calls itself.
    own: String,
}

impl Notices {
    pub(super) fn new(connect: PgConnectOptions) -> Self {
        let own = format!("{:016x}", fastrand::u64(..));
        let pool = postgres_pool(CONNECTIONS).idle_timeout(IDLE);
        Self { connections: pool.connect_lazy_with(connect.options([(SESSION, &own)])), own }
    }

    /// Ends its connections, or leaves them to a database that has vanished.
    pub(super) async fn close(&self) {
        let _ = timeout(PATIENCE, self.connections.close()).await;
    }
}

impl Store {
    /// Whether instances tell each other of new records.
    pub(crate) fn tells_others(&self) -> bool {
        self.inner.notices.is_some()
    }

    /// Tells other instances that there are new records.
    ///
    /// # Errors
    /// The database's, or that it does not answer.
    pub(crate) async fn tell_others(&self) -> Result<()> {
        let Some(Notices { connections, own }) = &self.inner.notices else { return Ok(()) };
        // One transaction, that nobody's disk is waited for: nothing is lost with it.
        let tell = format!("SET LOCAL synchronous_commit = off; SELECT pg_notify('{CHANNEL}', '{own}')");
        let told = timeout(PATIENCE, sqlx::raw_sql(AssertSqlSafe(tell)).execute(connections)).await;
        told.map_err(|_| Error::unavailable("the database does not answer"))??;
        Ok(())
    }

    /// Hears other instances from now on; none where instances do not tell each other.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn hear_others(&self) -> Result<Option<Hearing>> {
        let Some(Notices { connections, own }) = &self.inner.notices else { return Ok(None) };
        let mut session = connections.acquire().await?;
        let told = format!("SELECT current_setting('{SESSION}', true)");
        let told: Option<String> = sqlx::query_scalar(AssertSqlSafe(told)).fetch_one(&mut *session).await?;
        if told.as_ref() != Some(own) {
            // A pooler that nobody has told us of: it has not passed that on, and would give what is heard to others.
            return Ok(None);
        }
        drop(session);
        let mut listener = PgListener::connect_with(connections).await?;
        listener.listen(CHANNEL).await?;
        Ok(Some(Hearing { listener, own: own.clone() }))
    }
}

/// Hears other instances.
pub(crate) struct Hearing {
    listener: PgListener,
    own: String,
}

impl Hearing {
    /// Waits until another instance tells of new records, and gives its name.
    ///
    /// # Errors
    /// The database's: nothing is heard any more.
    pub(crate) async fn next(&mut self) -> Result<String> {
        loop {
            let notice = self.listener.recv().await?;
            if notice.payload() != self.own {
                return Ok(notice.payload().to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Options, open};
    use super::*;
    use crate::testing::{Database, Kind};

    async fn told_within_time(hearing: &mut Hearing) -> String {
        timeout(Duration::from_secs(30), hearing.next()).await.expect("a notice").unwrap()
    }

    fn name(store: &Store) -> &str {
        store.inner.notices.as_ref().map_or("", |notices| &notices.own)
    }

    #[tokio::test]
    async fn instances_hear_each_other_and_not_themselves() {
        let database = Database::new(Kind::Postgres).await;
        let options = Options::new(&database.url);
        let (one, other, third) =
            (open(&options).await.unwrap(), open(&options).await.unwrap(), open(&options).await.unwrap());
        let mut hearing = one.hear_others().await.unwrap().unwrap();
        for teller in [&one, &other, &one, &third] {
            teller.tell_others().await.unwrap();
        }
        assert_eq!(told_within_time(&mut hearing).await, name(&other));
        assert_eq!(told_within_time(&mut hearing).await, name(&third));
        drop(hearing);
        for store in [one, other, third] {
            store.close().await.unwrap();
        }
        database.remove().await;
    }

    #[tokio::test]
    async fn what_not_every_database_has_is_left_out() {
        let check = async |kind: Kind, change: fn(&mut Options)| {
            let database = Database::new(kind).await;
            let mut options = Options::new(&database.url);
            change(&mut options);
            let store = open(&options).await.unwrap();
            assert!(!store.tells_others());
            store.tell_others().await.unwrap();
            assert!(store.hear_others().await.unwrap().is_none());
            store.close().await.unwrap();
            database.remove().await;
        };
        check(Kind::Sqlite, |_| ()).await;
        check(Kind::Postgres, |options| options.pooled = true).await;
        check(Kind::Postgres, |options| options.distributed = true).await;
    }
}
