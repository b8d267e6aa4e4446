//! Opening a database: settings, schema, and the refusal of what this program does not know.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::sqlx::{ConnectOptions, Connection, PgPool};
use sea_orm::{ConnectionTrait, DbBackend, SqlxPostgresConnector, SqlxSqliteConnector, TransactionOptions};
use telemetrics_common::classification::BACKTRACES;
use telemetrics_migration::{Migrator, MigratorTrait, OneTableMigrator};

use super::checkpoint::Checkpointer;
use super::counters::journal::{self, Journal};
use super::counters::recount;
use super::dictionary::Dictionaries;
use super::insert_postgres::Partitions;
use super::notices::Notices;
use super::pool::Pool;
use super::replica::Replica;
use super::{Inner, Kind, Store, extensions, rules, stacks};
use crate::extension::Extension;

/// How long a SQLite statement waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long it waits for one of the replica's: the database itself can answer, too.
const REPLICA_ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long PostgreSQL lets a statement take.
const STATEMENT_TIME: Duration = Duration::from_secs(60);
/// How long PostgreSQL is waited for to store a batch: somewhat longer, since a host that has vanished never says so.
pub(crate) const BATCH_TIME: Duration = Duration::from_secs(70);
/// How many of PostgreSQL's connections are kept for what is written: for the one batch at a time, and for purges and what
/// people change beside it.
const POSTGRES_WRITERS: u32 = 3;
/// Fewer are shared: who compares counters with records takes two that read, who makes them anew two that write.
const LEAST_APART: u32 = 4;
/// Each record touches random pages of two indexes, and each of those goes whole into the log. Set before the first
/// table: later it needs a full VACUUM.
const PAGE_BYTES: u32 = 4096;
const SQLITE_READERS: u32 = 4;
/// How many connections read in bulk, in chunks that are short reads of their own.
const SQLITE_BULK_READERS: u32 = 2;
/// Pages that a connection keeps in memory, in KiB.
const READER_CACHE_KIB: u32 = 8192;
const BULK_READER_CACHE_KIB: u32 = 512;
/// How many statements of the writer stay prepared: those for many rows come in several sizes.
const WRITER_STATEMENTS: usize = 512;
/// How many rows SQLite's thread may be ahead of who reads them: each time that one waits for the other costs more than
/// many rows.
const ROWS_AHEAD: usize = 4096;
/// Instances that add up the same counters write rows of their own; more than this many share some.
const SHARDS: u32 = 16;
/// Guards the schema while it is built ("tele" in ASCII).
const SCHEMA_LOCK: i64 = 0x7465_6c65;

/// Lets a transaction take as long as it takes, and wait as long for another instance: for those at the start.
pub(super) const UNBOUNDED: &str = "SET LOCAL statement_timeout = 0";

/// What can be chosen about a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// `sqlite://PATH` or `postgres://…`.
    pub url: String,
    /// The most texts that each dictionary may hold; later ones are kept in the record itself.
    pub dictionary_bound: usize,
    /// The classifications whose records carry a backtrace.
    pub backtrace_classifications: BTreeSet<String>,
    /// Whether counters are kept; what they cost can only be measured against a store without them.
    pub counters: bool,
    /// Whether new records are not stored; what storing costs can only be measured against a store that does not.
    pub discards: bool,
    /// Whether payloads of new records are packed where that makes them smaller. Packed ones can be read in any case.
    pub packs_payloads: bool,
    /// PostgreSQL: the most connections. Of four or more, some only write.
    pub postgres_connections: u32,
    /// PostgreSQL: whether a pooler on the way gives connections to others between two transactions, and knows nothing of
    /// prepared statements.
    pub pooled: bool,
    /// Whether the database only speaks PostgreSQL's language: records are one table, and no table and nothing by advice is
    /// locked.
    pub distributed: bool,
    /// PostgreSQL: a replica for lists, exports and charts.
    pub read_url: Option<String>,
    /// What views bring of their own.
    pub extensions: Vec<Extension>,
}

impl Options {
    /// The defaults for a database.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            dictionary_bound: 100_000,
            backtrace_classifications: BACKTRACES.into_iter().map(str::to_owned).collect(),
            counters: true,
            discards: false,
            packs_payloads: true,
            postgres_connections: 10,
            pooled: false,
            distributed: false,
            read_url: None,
            extensions: Vec::new(),
        }
    }
}

/// Opens a database, makes it if there is none (SQLite), and brings its schema up to date.
///
/// # Errors
/// One line that says what is wrong: the URL, the connection, or a schema newer than this program.
pub async fn open(options: &Options) -> anyhow::Result<Store> {
    if let Some(path) = sqlite_path(&options.url) {
        if options.read_url.is_some() {
            bail!("only PostgreSQL has a read database");
        }
        open_sqlite(Path::new(path), options).await
    } else if options.url.starts_with("postgres://") || options.url.starts_with("postgresql://") {
        open_postgres(options).await
    } else {
        bail!("the database must be sqlite://PATH or postgres://USER@HOST/NAME")
    }
}

/// Where a file lies.
fn folder_of(path: &Path) -> PathBuf {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => folder.to_owned(),
        None => PathBuf::from("."),
    }
}

/// The file that a URL of SQLite names.
pub fn sqlite_path(url: &str) -> Option<&str> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
    Some(path.split_once('?').map_or(path, |(path, _)| path))
}

async fn open_sqlite(path: &Path, options: &Options) -> anyhow::Result<Store> {
    if path.as_os_str().is_empty() || path == Path::new(":memory:") {
        bail!("the database must be a file: sqlite://PATH");
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let write = sqlite_pool(1).connect_with(sqlite_writer(path)).await;
    let write = write.with_context(|| format!("cannot open {}", path.display()))?;
    let write = Pool::new(SqlxSqliteConnector::from_sqlx_sqlite_pool(write), false);
    migrate(&write, options).await?;
    let aside = sqlite_pool(1).connect_with(sqlite(path)).await.context("cannot open a second connection")?;
    let read = sqlite_readers(path, SQLITE_READERS, READER_CACHE_KIB).await?;
    let read_in_bulk = sqlite_readers(path, SQLITE_BULK_READERS, BULK_READER_CACHE_KIB).await?;
    let aside = SqlxSqliteConnector::from_sqlx_sqlite_pool(aside);
    let checkpointer = Checkpointer::start(aside, write.clone(), path)?;
    store(Kind::Sqlite, Pools { write, read, read_in_bulk, replica: None, notices: None }, Some(checkpointer), options)
        .await
}

/// For connections that may write.
fn sqlite(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(false)
        .page_size(PAGE_BYTES)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging()
}

fn sqlite_writer(path: &Path) -> SqliteConnectOptions {
    sqlite(path)
        .create_if_missing(true)
        // Checkpoints run beside the writer, not inside its commits.
        .pragma("wal_autocheckpoint", "0")
        .pragma("cache_size", "-32768")
        // What a statement would have to undo is kept for each; in files that would cost more than the log itself.
        .pragma("temp_store", "MEMORY")
        .statement_cache_capacity(WRITER_STATEMENTS)
}

/// Without `journal_mode` and the like: they would write.
async fn sqlite_readers(path: &Path, connections: u32, cache_kib: u32) -> anyhow::Result<Pool> {
    let reader = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .row_buffer_size(ROWS_AHEAD)
        .read_only(true)
        .pragma("cache_size", format!("-{cache_kib}"))
        .disable_statement_logging();
    let pool = sqlite_pool(connections).connect_with(reader).await.context("cannot open the database for reading")?;
    Ok(Pool::new(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool), false))
}

fn sqlite_pool(connections: u32) -> SqlitePoolOptions {
    // A connection to a file does not break: testing it would only cost a round trip.
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .test_before_acquire(false)
        // On a full disk SQLite ends a transaction by itself, which the driver does not see: it would take every
        // further one for a part of that. Such a connection is closed, and there is a new one.
        .before_acquire(|connection, _| {
            let is_whole = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_whole) })
        })
}

async fn open_postgres(options: &Options) -> anyhow::Result<Store> {
    let connect = postgres(&options.url, options).context("the database's URL cannot be read")?;
    let writers = postgres_writers(options.postgres_connections);
    let write = postgres_pool(writers).connect_with(connect.clone()).await.context("cannot connect to the database")?;
    let write = pool_of(write, options);
    migrate(&write, options).await?;
    let read = match options.postgres_connections - writers {
        0 => write.clone(),
        readers => pool_of(postgres_pool(readers).connect_lazy_with(connect.clone()), options),
    };
    let replica = match &options.read_url {
        Some(url) => Some(open_replica(url, &read, options).await?),
        None => None,
    };
    let notices = (!options.pooled && !options.distributed).then(|| Notices::new(connect));
    let pools = Pools { write, read: read.clone(), read_in_bulk: read, replica, notices };
    store(Kind::Postgres, pools, None, options).await
}

/// How many of so many connections write: those who read for long must not hold up what machines send.
fn postgres_writers(connections: u32) -> u32 {
    if connections < LEAST_APART { connections } else { POSTGRES_WRITERS.min(connections / 2) }
}

async fn open_replica(url: &str, primary: &Pool, options: &Options) -> anyhow::Result<Replica> {
    let connect = postgres(url, options).context("the read database's URL cannot be read")?;
    // It may be away now and come later.
    let connections = postgres_pool(options.postgres_connections).acquire_timeout(REPLICA_ACQUIRE_TIMEOUT);
    let copy = pool_of(connections.connect_lazy_with(connect), options);
    // Distributed SQL need not have PostgreSQL's log, by which one sees how far each of the two is.
    let primary = (!options.distributed).then(|| primary.clone());
    Ok(Replica::watch(copy, primary).await)
}

fn postgres(url: &str, options: &Options) -> anyhow::Result<PgConnectOptions> {
    let connect = PgConnectOptions::from_str(url)?.application_name("telemetrics").disable_statement_logging();
    let limits = ["statement_timeout", "idle_in_transaction_session_timeout"];
    Ok(match options.pooled {
        // A pooler sets neither for one of those who share a connection, and the next one knows of no statement.
        true => connect.statement_cache_capacity(0),
        false => connect.options(limits.map(|limit| (limit, STATEMENT_TIME.as_millis()))),
    })
}

pub(super) fn postgres_pool(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT)
}

fn pool_of(connections: PgPool, options: &Options) -> Pool {
    Pool::new(SqlxPostgresConnector::from_sqlx_postgres_pool(connections), options.pooled)
}

/// The connections of a store.
struct Pools {
    write: Pool,
    read: Pool,
    read_in_bulk: Pool,
    replica: Option<Replica>,
    notices: Option<Notices>,
}

async fn store(
    kind: Kind,
    Pools { write, read, read_in_bulk, replica, notices }: Pools,
    checkpointer: Option<Checkpointer>,
    options: &Options,
) -> anyhow::Result<Store> {
    let shard = match kind {
        Kind::Sqlite => 0,
        // By chance, since every instance in a container has the same process id.
        Kind::Postgres => i16::try_from(fastrand::u32(..SHARDS))?,
    };
    let inner = Inner {
        kind,
        write,
        read,
        read_in_bulk,
        replica,
        notices,
        checkpointer,
        dictionaries: Dictionaries::new(options.dictionary_bound),
        backtrace_classifications: options.backtrace_classifications.clone(),
        counters: options.counters,
        waits: <_>::default(),
        journal: Journal::default(),
        discards: options.discards,
        packs_payloads: options.packs_payloads,
        distributed: options.distributed,
        rules: rules::Cache::default(),
        stacks: stacks::Cache::default(),
        crash_machines: <_>::default(),
        days: <_>::default(),
        minutes: <_>::default(),
        stack_bound: options.dictionary_bound,
        partitions: Partitions::default(),
        shard,
        folder: sqlite_path(&options.url).map(|path| folder_of(Path::new(path))),
        extensions: options.extensions.clone(),
    };
    let store = Store { inner: Arc::new(inner), aside: false, in_bulk: false };
    if options.discards {
        tracing::warn!("new records are not stored: this is for measurements only");
    }
    rules::begin(&store).await.context("cannot read the never-guilty list")?;
    if options.counters {
        recount::build_once(&store).await.context("cannot count the records that are there")?;
        // A process that was killed may have left some.
        journal::catch_up(&store).await?;
    } else {
        recount::forget(&store).await?;
    }
    extensions::catch_up(&store).await.context("a view cannot count the records that are there")?;
    Ok(store)
}

/// Applies missing steps in one transaction, under a lock, so that several instances may start at once.
async fn migrate(connection: &Pool, options: &Options) -> anyhow::Result<()> {
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(sea_orm::SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = connection.begin_with_options(immediate).await.context("cannot lock the database's schema")?;
    if connection.get_database_backend() == DbBackend::Postgres {
        transaction.execute_unprepared(UNBOUNDED).await?;
        if !options.distributed {
            transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({SCHEMA_LOCK})")).await?;
        }
    }
    let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let applied = Migrator::get_migration_models(&transaction).await?;
    if let Some(newer) = applied.iter().find(|step| !known.contains(&step.version)) {
        bail!(
            "the database has the schema of a newer telemetrics (step {}); this one knows steps up to {}",
            newer.version,
            known.last().map_or("none", String::as_str)
        );
    }
    let built = match options.distributed {
        true => OneTableMigrator::up(&transaction, None).await,
        false => Migrator::up(&transaction, None).await,
    };
    built.context("cannot build the database's schema")?;
    let built = extensions::migrate(&transaction, &options.extensions).await;
    built.context("cannot build the tables of the views")?;
    transaction.commit().await.context("cannot build the database's schema")
}

#[cfg(test)]
mod tests;
