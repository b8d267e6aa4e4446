//! Instances tell each other of new records, so that who listens to live records need not wait for the next look at the
//! database. It only makes that quick: whoever hears nothing finds the same by reading.
//!
//! Each notice is a transaction of its own beside the batches, since PostgreSQL commits those that notify one after the other.

use sea_orm::sqlx::postgres::PgListener;
use sea_orm::sqlx::{self, AssertSqlSafe, PgPool};

use super::Store;
use crate::error::Result;

const CHANNEL: &str = "telemetrics_records";

/// How instances tell each other. Not through a pooler that gives connections to others between two transactions, nor in
/// databases that only speak PostgreSQL's language.
pub(super) struct Notices {
    /// For the one connection that hears. It is made when somebody listens.
    hears: PgPool,
    /// What this instance calls itself.
    own: String,
}

impl Notices {
    pub(super) fn new(hears: PgPool) -> Self {
        Self { hears, own: format!("{:016x}", fastrand::u64(..)) }
    }

    pub(super) async fn close(&self) {
        self.hears.close().await;
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
    /// The database's.
    pub(crate) async fn tell_others(&self) -> Result<()> {
        let Some(Notices { own, .. }) = &self.inner.notices else { return Ok(()) };
        // One transaction, that nobody's disk is waited for: nothing is lost with it.
        let tell = format!("SET LOCAL synchronous_commit = off; SELECT pg_notify('{CHANNEL}', '{own}')");
        sqlx::raw_sql(AssertSqlSafe(tell)).execute(self.writer().get_postgres_connection_pool()).await?;
        Ok(())
    }

    /// Hears other instances from now on; none where instances do not tell each other.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn hear_others(&self) -> Result<Option<Hearing>> {
        let Some(Notices { hears, own }) = &self.inner.notices else { return Ok(None) };
        let mut listener = PgListener::connect_with(hears).await?;
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
        assert_eq!(hearing.next().await.unwrap(), name(&other));
        assert_eq!(hearing.next().await.unwrap(), name(&third));
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
