//! What SQLite alone does with the same rows: no HTTP, no parsing, no counters, one connection. The
//! collector is measured against it, since figures of two disks cannot be compared.
//!
//! Outside the store only this names a table: it measures the table itself.

use std::collections::HashMap;
use std::iter::Cycle;
use std::path::{Path, PathBuf};
use std::slice::Iter;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::sqlx::sqlite::{
    SqliteArguments, SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous,
};
use sea_orm::sqlx::{self, AssertSqlSafe, ConnectOptions, Sqlite, SqliteConnection, query::Query};
use telemetrics_common::Timestamp;

use super::load::Outcome;
use super::postgres::write_fields;
use super::server::url;
use crate::demo::DemoRecord;
use crate::ingest::record::NewRecord;
use crate::store::{self, ids};

const COLUMNS: usize = 16;

/// Whether payloads are made ready for being searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// They are not, and read one by one.
    None,
    /// By an index of all that is three characters long in them (SQLite's FTS5), which keeps no copy of the text.
    Trigram,
}

const TRIGRAM_INDEX: &str = "
    CREATE VIRTUAL TABLE payload_trigrams USING fts5(payload, tokenize = 'trigram', content = 'records', content_rowid = 'id',
        detail = 'none');
    CREATE TRIGGER payload_trigrams_add AFTER INSERT ON records BEGIN
        INSERT INTO payload_trigrams (rowid, payload) VALUES (new.id, new.payload);
    END";

/// A database that gets the sample again and again, always as new records, so many rows a transaction.
pub(super) struct Floor<'a> {
    connection: SqliteConnection,
    sql: String,
    batch: usize,
    rows: Cycle<Iter<'a, Row>>,
}

impl<'a> Floor<'a> {
    /// Makes it, and stores the sample in it.
    pub(super) async fn new(path: PathBuf, rows: &'a [Row], batch: usize, search: Search) -> anyhow::Result<Self> {
        store::open(&store::Options::new(url(&path))).await?.close().await?;
        let mut connection = connect(&path).await?;
        if search == Search::Trigram {
            sqlx::raw_sql(TRIGRAM_INDEX).execute(&mut connection).await?;
        }
        let mut floor = Self { connection, sql: insert_sql(batch), batch, rows: rows.iter().cycle() };
        // The collector gets the sample once before it is measured, too; that much in transactions of one would take minutes.
        for _ in 0..rows.len().div_ceil(batch).min(rows.len() / 64) {
            floor.insert().await?;
        }
        Ok(floor)
    }

    /// Stores for a while.
    pub(super) async fn run(&mut self, duration: Duration) -> anyhow::Result<Outcome> {
        let begin = Instant::now();
        let mut stored = 0;
        while begin.elapsed() < duration {
            stored += self.insert().await?;
        }
        Ok(Outcome::of_rows(stored, begin.elapsed()))
    }

    async fn insert(&mut self) -> sqlx::Result<u64> {
        let now = crate::now();
        // The statement is built from constants only; text travels in bound values.
        let query = sqlx::query(AssertSqlSafe(self.sql.clone()));
        let query = self.rows.by_ref().take(self.batch).fold(query, |query, row| row.bind(query, now));
        Ok(query.execute(&mut self.connection).await?.rows_affected())
    }
}

/// The settings of the store's own connection that writes, but SQLite's own checkpoints: there is nobody else to make them.
async fn connect(path: &Path) -> sqlx::Result<SqliteConnection> {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(false)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-32768")
        .disable_statement_logging()
        .connect()
        .await
}

/// One statement is one transaction.
fn insert_sql(batch: usize) -> String {
    let row = format!("({})", vec!["?"; COLUMNS].join(","));
    format!(
        "INSERT INTO records (received_at, captured_at, hash, classification_id, build_id, platform_id, kernel_id, \
         hardware_id, severity, external, record_format_version, payload_format_version, machine_id, event_id, \
         overflow, payload) VALUES {}",
        vec![row.as_str(); batch].join(",")
    )
}

/// A record's values as the table takes them.
pub(super) struct Row {
    /// How long before its reception a record was captured, in seconds.
    lag: i64,
    /// Classification, build, platform, kernel, hardware.
    text_ids: [i32; 5],
    severity: i16,
    external: bool,
    payload_format_version: u32,
    machine_id: Vec<u8>,
    payload: Arc<str>,
}

impl Row {
    fn bind(
        &self,
        query: Query<'static, Sqlite, SqliteArguments>,
        now: Timestamp,
    ) -> Query<'static, Sqlite, SqliteArguments> {
        // As random as real ones, since that decides where in the index they go.
        let (hash, event_id) = (fastrand::u128(..), fastrand::u128(..));
        let query = query.bind(now.millis()).bind(now.seconds() - self.lag).bind(hash.to_le_bytes().to_vec());
        let query = self.text_ids.iter().fold(query, |query, id| query.bind(*id));
        query
            .bind(self.severity)
            .bind(self.external)
            .bind(4)
            .bind(self.payload_format_version)
            .bind(self.machine_id.clone())
            .bind(event_id.to_be_bytes().to_vec())
            .bind(None::<String>)
            .bind(Arc::clone(&self.payload))
    }

    /// In the text format of COPY.
    pub(super) fn write_line(&self, text: &mut String, id: i64, now: Timestamp) {
        let numbers = [id, now.millis(), now.seconds() - self.lag].into_iter().chain(self.text_ids.map(i64::from));
        let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
        let (severity, version) = (self.severity.to_string(), self.payload_format_version.to_string());
        let (external, event_id) = (self.external.to_string(), bytea(&fastrand::u128(..).to_be_bytes()));
        let machine_id = bytea(&self.machine_id);
        let rest = [&severity, external.as_str(), "4", &version, &machine_id, &event_id, &self.payload];
        write_fields(text, numbers.iter().map(String::as_str).chain(rest));
    }
}

/// Bytes as PostgreSQL writes them.
fn bytea(bytes: &[u8]) -> String {
    format!(r"\x{}", hex::encode(bytes))
}

/// The same rows into PostgreSQL: those that [`Row::write_line`] writes.
pub(super) const COPY: &str = "COPY records (id, received_at, captured_at, classification_id, build_id, platform_id, kernel_id, \
    hardware_id, severity, external, record_format_version, payload_format_version, machine_id, event_id, payload) FROM STDIN";

/// Everything is looked up beforehand: only storing is measured.
pub(super) fn rows(sample: &[DemoRecord]) -> Vec<Row> {
    let mut known: [HashMap<Vec<&str>, i32>; 5] = std::array::from_fn(|_| HashMap::new());
    let rows = sample.iter().map(|DemoRecord { record, received_at }| {
        let texts = texts(record).into_iter().zip(&mut known);
        let mut ids = texts.map(|(texts, known)| {
            let next = i32::try_from(known.len() + 1).unwrap_or(i32::MAX);
            *known.entry(texts).or_insert(next)
        });
        Row {
            lag: received_at.seconds() - record.captured_at.seconds(),
            text_ids: std::array::from_fn(|_| ids.next().unwrap_or_default()),
            severity: i16::from(record.severity),
            external: record.external,
            payload_format_version: record.payload_format_version,
            machine_id: ids::bytes(&record.machine_id),
            payload: record.payload.as_str().into(),
        }
    });
    rows.collect()
}

fn texts(record: &NewRecord) -> [Vec<&str>; 5] {
    [
        vec![&record.classification],
        vec![&record.system_name, &record.build],
        vec![&record.host_type],
        vec![&record.kernel_version, &record.arch],
        vec![&record.board_name, &record.cpu_model, &record.bios_version],
    ]
}
