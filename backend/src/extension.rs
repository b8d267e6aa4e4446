//! What a view may bring besides its routes: tables of its own, and a hook that sees records in the transaction that
//! stores them.
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::http::StatusCode;
//! use telemetrics_backend::api::Routes;
//! use telemetrics_backend::extension::{Arrival, HookTransaction, IngestHook, Step, async_trait};
//! use telemetrics_backend::testing::request::Record;
//! use telemetrics_backend::testing::{Database, Kind, NOW, TestApp};
//! use telemetrics_backend::{App, Result, View};
//! use telemetrics_common::classification::Pattern;
//! use telemetrics_common::{Timestamp, ViewInfo};
//!
//! const TABLE: &str = "CREATE TABLE seen_build (build TEXT PRIMARY KEY, records BIGINT NOT NULL)";
//!
//! struct Seen;
//!
//! impl View for Seen {
//!     fn info(&self) -> ViewInfo {
//!         ViewInfo::new("seen", "Seen builds")
//!     }
//!
//!     fn routes(&self) -> Routes {
//!         Routes::new()
//!     }
//!
//!     fn schema(&self) -> Vec<Step> {
//!         // For SQLite and for PostgreSQL.
//!         vec![Step::new("m20261128_000001_seen", TABLE, TABLE)]
//!     }
//!
//!     fn hook(&self) -> Option<Arc<dyn IngestHook>> {
//!         Some(Arc::new(CountBuilds))
//!     }
//! }
//!
//! struct CountBuilds;
//!
//! #[async_trait]
//! impl IngestHook for CountBuilds {
//!     fn classifications(&self) -> Pattern {
//!         Pattern::Below("org.example/".to_owned())
//!     }
//!
//!     async fn stored(&self, transaction: &mut HookTransaction<'_>, arrivals: &[Arrival<'_>]) -> Result<()> {
//!         let sql = "INSERT INTO seen_build (build, records) VALUES (?, 1) \
//!                    ON CONFLICT (build) DO UPDATE SET records = seen_build.records + 1";
//!         for Arrival { record, .. } in arrivals {
//!             transaction.execute(sql, [record.build.as_str().into()]).await?;
//!         }
//!         Ok(())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let database = Database::new(Kind::Sqlite).await;
//! let app = App::new().with_view(Seen);
//! let server = TestApp::start_app(app, &database.url, &[], || Timestamp::from_seconds(NOW)).await;
//! server.send(Record::new().with("build", "41150").in_json()).await.expect(StatusCode::CREATED);
//! let sql = "SELECT records FROM seen_build WHERE build = ?";
//! let rows = server.state.store.query(sql, ["41150".into()]).await.unwrap();
//! assert_eq!(rows[0].try_get_by_index::<i64>(0).unwrap(), 1);
//! # server.stop().await;
//! # database.remove().await;
//! # }
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::sqlx::{self, AssertSqlSafe, PgConnection, SqliteConnection};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Values};
use sea_query_sqlx::SqlxValues;
use telemetrics_common::Timestamp;
use telemetrics_common::classification::Pattern;

pub use sea_orm::{QueryResult, Value};
pub use telemetrics_migration::{Step, async_trait};

pub use crate::ingest::record::NewRecord;

use crate::error::Result;
use crate::store::sql::{numbered, with_values};

/// A record that has just got its id. It is on the disk as soon as the hook's transaction is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Arrival<'a> {
    /// Its id.
    pub id: i64,
    /// When the server got it.
    pub received_at: Timestamp,
    /// Everything else.
    pub record: &'a NewRecord,
}

impl<'a> Arrival<'a> {
    pub(crate) fn new(id: i64, received_at: Timestamp, record: &'a NewRecord) -> Self {
        Self { id, received_at, record }
    }
}

/// Keeps what a view counts, in the same transaction as the records: both are there after a crash, or neither.
///
/// A hook must be quick, since the collector waits for it, and it must not care for the order of records: those that were
/// there before it are shown to it newest first, when it is first started. A hook that fails, panics or takes more than a
/// second for a batch loses that batch, never the records; the *Ingest* page warns of it.
#[async_trait]
pub trait IngestHook: Send + Sync + 'static {
    /// The records that it is shown.
    fn classifications(&self) -> Pattern;

    /// Counts records, each once: a record that a machine sends again does not come here.
    ///
    /// # Errors
    /// What keeps it from counting them; what it has written for this batch is taken back.
    async fn stored(&self, transaction: &mut HookTransaction<'_>, arrivals: &[Arrival<'_>]) -> Result<()>;

    /// Forgets a machine whose data is erased on request. Only a hook that keeps ids of machines has something to do.
    ///
    /// # Errors
    /// What keeps it from forgetting; the machine is not erased then.
    async fn erase(&self, _transaction: &mut HookTransaction<'_>, _machine_id: &str) -> Result<()> {
        Ok(())
    }
}

/// The transaction in which a hook writes.
pub struct HookTransaction<'c>(Connection<'c>);

enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
    Either(&'c DatabaseTransaction),
}

impl<'c> HookTransaction<'c> {
    pub(crate) fn sqlite(connection: &'c mut SqliteConnection) -> Self {
        Self(Connection::Sqlite(connection))
    }

    pub(crate) fn postgres(connection: &'c mut PgConnection) -> Self {
        Self(Connection::Postgres(connection))
    }

    pub(crate) fn of(transaction: &'c DatabaseTransaction) -> Self {
        Self(Connection::Either(transaction))
    }

    /// Runs a statement whose values stand as `?`, on either database, and gives the number of rows that it changed.
    ///
    /// # Errors
    /// The database's.
    pub async fn execute(&mut self, sql: &str, values: impl IntoIterator<Item = Value> + Send) -> Result<u64> {
        let values: Vec<Value> = values.into_iter().collect();
        Ok(match &mut self.0 {
            Connection::Sqlite(connection) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), SqlxValues(Values(values)));
                query.execute(&mut **connection).await?.rows_affected()
            }
            Connection::Postgres(connection) => {
                let query = sqlx::query_with(AssertSqlSafe(numbered(sql)), SqlxValues(Values(values)));
                query.execute(&mut **connection).await?.rows_affected()
            }
            Connection::Either(transaction) => {
                transaction.execute_raw(with_values(*transaction, sql, values)).await?.rows_affected()
            }
        })
    }

    /// Several statements without values.
    pub(crate) async fn execute_all(&mut self, sql: &'static str) -> Result<()> {
        match &mut self.0 {
            Connection::Sqlite(connection) => _ = sqlx::raw_sql(sql).execute(&mut **connection).await?,
            Connection::Postgres(connection) => _ = sqlx::raw_sql(sql).execute(&mut **connection).await?,
            Connection::Either(transaction) => _ = transaction.execute_unprepared(sql).await?,
        }
        Ok(())
    }
}

/// What one view brings.
#[derive(Clone)]
pub struct Extension {
    /// The view's.
    pub(crate) slug: &'static str,
    pub(crate) schema: Vec<Step>,
    pub(crate) hook: Option<Arc<dyn IngestHook>>,
    /// Batches that the hook has lost since the start of this process.
    lost: Arc<AtomicU64>,
}

impl Extension {
    pub(crate) fn new(slug: &'static str, schema: Vec<Step>, hook: Option<Arc<dyn IngestHook>>) -> Self {
        Self { slug, schema, hook, lost: Arc::default() }
    }

    pub(crate) fn has_lost_one(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Extension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extension").field("slug", &self.slug).field("schema", &self.schema).finish_non_exhaustive()
    }
}
