//! Everything that names a table or a column. Functions are free and take the [`Store`]; answers are
//! types of the `common` crate or of this one, never rows.

pub mod accounts;
pub mod audit;
pub mod backtraces;
pub mod backup;
pub mod builds;
mod checkpoint;
pub mod connect;
pub mod counters;
mod crash_counts;
mod crash_machines;
mod crash_pages;
pub mod crashes;
pub mod csv_rows;
mod days;
pub mod dictionary;
pub mod erase;
mod extensions;
pub mod facets;
pub mod guilties;
pub(crate) mod ids;
pub mod imports;
pub mod ingest;
pub mod insert;
mod insert_postgres;
mod insert_sqlite;
pub mod jobs;
mod kept;
mod ladder;
pub mod live;
pub mod mce;
mod minutes;
mod names;
pub mod never_guilty;
mod notices;
pub mod overview;
mod payload;
mod pool;
pub mod population;
pub mod purge;
pub mod quarantine;
mod range;
pub mod recompute;
pub mod records;
mod replica;
pub mod retention;
pub mod room;
mod row;
mod rules;
pub mod saved_views;
pub mod search;
pub mod select;
pub mod sessions;
pub mod settings;
pub(crate) mod sql;
mod stacks;
pub mod stats;
pub mod storage;
pub mod systems;
mod tally;
pub mod thermal;
mod turn;
pub mod updates;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, SqliteTransactionMode, TransactionOptions, Value};

pub use connect::{Options, open};
use telemetrics_common::classification::MCE;
use telemetrics_common::filter;

use crate::error::Result;
use crate::extension::Extension;
use dictionary::Dictionaries;
use insert_postgres::Partitions;
use notices::Notices;
use pool::Pool;
use replica::Replica;

/// The two databases that records can be kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file, opened by this process.
    Sqlite,
    /// A server.
    Postgres,
}

/// An open database with the right schema. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    /// Whether the replica is read, where there is one.
    aside: bool,
    /// Whether everything is read, once and in its order.
    in_bulk: bool,
}

struct Inner {
    kind: Kind,
    /// SQLite: the one connection that writes. PostgreSQL: some that nobody reads by for long.
    write: Pool,
    /// SQLite: connections that cannot write. PostgreSQL: the others.
    read: Pool,
    /// What is read in bulk. SQLite: connections that keep few pages. PostgreSQL: those that read.
    read_in_bulk: Pool,
    /// PostgreSQL: a copy for what may be some moments old.
    replica: Option<Replica>,
    /// PostgreSQL: how instances tell each other of new records.
    notices: Option<Notices>,
    /// SQLite: moves the write-ahead log into the database while others read and write.
    checkpointer: Option<checkpoint::Checkpointer>,
    dictionaries: Dictionaries,
    backtrace_classifications: BTreeSet<String>,
    counters: bool,
    /// SQLite: how long what comes in has to wait.
    waits: turn::Waits,
    /// SQLite: changes that are not yet added to the counters.
    journal: counters::journal::Journal,
    discards: bool,
    packs_payloads: bool,
    distributed: bool,
    rules: rules::Cache,
    stacks: stacks::Cache,
    crash_machines: crash_machines::Cache,
    days: days::Cache,
    minutes: minutes::Cache,
    /// The most stacks that are stored.
    stack_bound: usize,
    partitions: Partitions,
    shard: i16,
    /// SQLite: where its file lies.
    folder: Option<PathBuf>,
    /// What views bring of their own.
    extensions: Vec<Extension>,
}

impl Store {
    /// Which database this is.
    pub fn kind(&self) -> Kind {
        self.inner.kind
    }

    /// Where SQLite's file lies.
    pub fn folder(&self) -> Option<PathBuf> {
        self.inner.folder.clone()
    }

    /// Rows of a SELECT whose values stand as `?`, on either database: how a view reads tables of its own.
    ///
    /// # Errors
    /// The database's.
    pub async fn query(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<Vec<QueryResult>> {
        let statement = sql::with_values(self.reader(), sql, values.into_iter().collect());
        Ok(self.reader().query_all_raw(statement).await?)
    }

    /// The same database for lists, exports and charts: they are read from its replica, where there is one, and so may miss
    /// what was stored some moments ago.
    #[must_use]
    pub fn aside(&self) -> Self {
        Self { aside: true, ..self.clone() }
    }

    /// The same database for reading much of it once: pages that others read again and again are not driven out of their
    /// connections' memory, nor is memory taken for pages that nobody reads again.
    #[must_use]
    pub(crate) fn in_bulk(&self) -> Self {
        Self { in_bulk: true, ..self.clone() }
    }

    /// Whether there should be a replica, and whether it is read: it is there, and not far behind.
    pub fn has_replica(&self) -> Option<bool> {
        self.inner.replica.as_ref().map(|replica| replica.pool().is_some())
    }

    fn reader(&self) -> &Pool {
        let replica = self.inner.replica.as_ref().filter(|_| self.aside);
        let own = if self.in_bulk { &self.inner.read_in_bulk } else { &self.inner.read };
        replica.and_then(Replica::pool).unwrap_or(own)
    }

    /// The views whose hooks have lost batches, with how many since the start of this process.
    pub fn lost_by_hooks(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let of = |extension: &Extension| (extension.slug, extension.lost());
        self.inner.extensions.iter().map(of).filter(|(_, lost)| *lost > 0)
    }

    fn writer(&self) -> &Pool {
        &self.inner.write
    }

    fn dictionaries(&self) -> &Dictionaries {
        &self.inner.dictionaries
    }

    /// Sorts a text before it by its bytes, so that ties are cut off in the same order whatever language the database speaks.
    fn by_bytes(&self) -> &'static str {
        match self.kind() {
            Kind::Sqlite => "",
            Kind::Postgres => " COLLATE \"C\"",
        }
    }

    /// Behind a table, makes SQLite use an index that it would not choose, since it knows nothing of how many rows there are.
    fn by_index(&self, index: &str) -> String {
        match self.kind() {
            Kind::Sqlite => format!(" INDEXED BY {index}"),
            Kind::Postgres => String::new(),
        }
    }

    /// The function that makes one text of a group's texts.
    fn joining_texts(&self) -> &'static str {
        match self.kind() {
            Kind::Sqlite => "group_concat",
            Kind::Postgres => "string_agg",
        }
    }

    /// A transaction that may write from its beginning: in SQLite one that has read first could find that another
    /// process has written since.
    async fn write_transaction(&self) -> Result<DatabaseTransaction> {
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.writer().begin_with_options(immediate).await?)
    }

    /// Whether records of a classification carry a backtrace.
    fn has_backtraces(&self, classification: &str) -> bool {
        self.inner.backtrace_classifications.contains(classification)
    }

    /// Whether records of a classification are of a kind.
    pub fn is_of(&self, kind: filter::Kind, classification: &str) -> bool {
        match kind {
            filter::Kind::Crash => self.has_backtraces(classification),
            filter::Kind::Mce => MCE.contains(&classification),
        }
    }

    /// The classifications of a kind.
    fn classifications_of(&self, kind: filter::Kind) -> Vec<&str> {
        match kind {
            filter::Kind::Crash => self.inner.backtrace_classifications.iter().map(String::as_str).collect(),
            filter::Kind::Mce => MCE.to_vec(),
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// The reason why it does not.
    pub async fn ping(&self) -> Result<()> {
        let connections = match self.kind() {
            Kind::Sqlite => self.reader(),
            // While all that read are busy, records are stored all the same.
            Kind::Postgres => self.writer(),
        };
        connections.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Brings the counters up to date and ends all connections.
    ///
    /// # Errors
    /// The database's.
    pub async fn close(&self) -> Result<()> {
        let counted = counters::catch_up(self).await;
        self.inner.read.close().await?;
        self.inner.read_in_bulk.close().await?;
        if let Some(replica) = &self.inner.replica {
            replica.close().await?;
        }
        if let Some(notices) = &self.inner.notices {
            notices.close().await;
        }
        if let Some(checkpointer) = &self.inner.checkpointer {
            checkpointer.close().await?;
        }
        self.inner.write.close().await?;
        counted
    }
}
