//! A PostgreSQL server that somebody has named: databases of this run's own, and what COPY alone does there.
//!
//! With [`super::floor`], only this names tables outside the store: it measures the tables themselves.

use std::str::FromStr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Context;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection};

use super::floor;
use crate::demo::DemoRecord;
use crate::store;

/// Rows of one COPY: enough that its beginning and its end do not show.
const COPIED_AT_ONCE: usize = 10_000;
/// How many records may be copied in all: so many partitions of a million are made beforehand.
const PARTITIONS: i64 = 16;

/// The server, and the databases that were made there.
pub(super) struct Postgres {
    options: PgConnectOptions,
    url: String,
    made: Mutex<Vec<String>>,
}

impl Postgres {
    /// Looks whether it answers.
    pub(super) async fn connect(url: &str) -> anyhow::Result<Self> {
        let options =
            PgConnectOptions::from_str(url).context("--postgres: cannot be read")?.disable_statement_logging();
        options.connect().await.context("--postgres: cannot connect")?.close().await?;
        Ok(Self { options, url: url.to_owned(), made: Mutex::default() })
    }

    /// Makes a database and gives its URL.
    pub(super) async fn database(&self) -> anyhow::Result<String> {
        let name = format!("telemetrics_bench_{:016x}", fastrand::u64(..));
        let mut connection = self.options.connect().await?;
        // The name is made here, and of nothing that would have to be quoted.
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await?;
        connection.close().await?;
        if let Ok(mut made) = self.made.lock() {
            made.push(name.clone());
        }
        let (server, parameters) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (server, _) = server.rsplit_once('/').context("--postgres: must end with the name of a database")?;
        Ok(format!("{server}/{name}?{parameters}").trim_end_matches('?').to_owned())
    }

    /// Drops all databases that were made.
    pub(super) async fn remove(self) -> anyhow::Result<()> {
        let mut connection = self.options.connect().await?;
        for name in self.made.into_inner().unwrap_or_default() {
            sqlx::query(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).execute(&mut connection).await?;
        }
        Ok(connection.close().await?)
    }

    /// The sample as rows of the table of records, with its indexes, by COPY, again and again; gives rows a second.
    pub(super) async fn copied_per_second(&self, sample: &[DemoRecord], duration: Duration) -> anyhow::Result<f64> {
        let url = self.database().await?;
        store::open(&store::Options::new(&url)).await?.close().await?;
        let mut connection = PgConnectOptions::from_str(&url)?.disable_statement_logging().connect().await?;
        for number in 0..PARTITIONS {
            let sql = format!(
                "CREATE TABLE IF NOT EXISTS records_p{number} PARTITION OF records FOR VALUES FROM ({number}000000) TO ({}000000)",
                number + 1
            );
            sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await?;
        }
        let rows = floor::rows(sample);
        let (mut next, mut all) = (1_i64, rows.iter().cycle());
        let (begin, mut copied) = (Instant::now(), 0);
        let mut text = String::new();
        while begin.elapsed() < duration && next < PARTITIONS * 1_000_000 {
            text.clear();
            let now = crate::now();
            for row in all.by_ref().take(COPIED_AT_ONCE) {
                row.write_line(&mut text, next, now);
                next += 1;
            }
            let mut copy = connection.copy_in_raw(floor::COPY).await?;
            copy.send(text.as_bytes()).await?;
            copied += copy.finish().await?;
        }
        let rate = copied as f64 / begin.elapsed().as_secs_f64();
        connection.close().await?;
        Ok(rate)
    }

    /// What the older server's table takes for some records, in bytes: a column of text for each field, a primary
    /// key and nothing else.
    pub(super) async fn older_bytes(&self, records: impl Iterator<Item = DemoRecord>) -> anyhow::Result<i64> {
        let url = self.database().await?;
        let mut connection = PgConnectOptions::from_str(&url)?.disable_statement_logging().connect().await?;
        sqlx::raw_sql(OLDER_TABLE).execute(&mut connection).await?;
        let mut copy = connection.copy_in_raw(OLDER_COPY).await?;
        let mut text = String::new();
        for (id, demo) in (1..).zip(records) {
            write_older(&mut text, id, &demo);
            if text.len() > 1 << 20 {
                copy.send(text.as_bytes()).await?;
                text.clear();
            }
        }
        copy.send(text.as_bytes()).await?;
        copy.finish().await?;
        let bytes = sqlx::query_scalar("SELECT pg_total_relation_size('records')").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(bytes)
    }
}

/// What all tables and indexes of a database take, in bytes.
pub(super) async fn table_bytes(url: &str) -> anyhow::Result<i64> {
    let mut connection = PgConnectOptions::from_str(url)?.disable_statement_logging().connect().await?;
    // What changed rows have left is used again; a server that runs for a while does this by itself.
    sqlx::raw_sql("VACUUM").execute(&mut connection).await?;
    let sql = "SELECT SUM(pg_total_relation_size(c.oid))::bigint FROM pg_class c \
               JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')";
    let bytes = sqlx::query_scalar(sql).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(bytes)
}

/// The columns of clearlinux/telemetrics-backend, `collector/model.py`.
const OLDER_TABLE: &str = "CREATE TABLE records (
    id serial PRIMARY KEY, architecture text, bios_version text, board_name text, build text, classification text,
    cpu_model text, event_id text, external boolean, host_type text, kernel_version text, machine_id text,
    payload_version integer, record_version integer, severity integer, system_name text, timestamp_client numeric,
    timestamp_server numeric, payload text, processed boolean, guilty_id integer)";
const OLDER_COPY: &str = "COPY records (id, architecture, bios_version, board_name, build, classification, cpu_model, event_id, \
    external, host_type, kernel_version, machine_id, payload_version, record_version, severity, system_name, \
    timestamp_client, timestamp_server, payload, processed) FROM STDIN";

fn write_older(text: &mut String, id: i64, DemoRecord { record, received_at }: &DemoRecord) {
    let (id, external) = (id.to_string(), record.external.to_string());
    let (payload_version, record_version) =
        (record.payload_format_version.to_string(), record.record_format_version.to_string());
    let (severity, captured, received) =
        (record.severity.to_string(), record.captured_at.seconds().to_string(), received_at.seconds().to_string());
    let fields: [&str; 20] = [
        &id,
        &record.arch,
        &record.bios_version,
        &record.board_name,
        &record.build,
        &record.classification,
        &record.cpu_model,
        &record.event_id,
        &external,
        &record.host_type,
        &record.kernel_version,
        &record.machine_id,
        &payload_version,
        &record_version,
        &severity,
        &record.system_name,
        &captured,
        &received,
        &record.payload,
        "true",
    ];
    write_fields(text, fields);
}

/// A row in the text format of COPY: fields between tabs, with those characters escaped that mean something.
pub(super) fn write_fields<'a>(text: &mut String, fields: impl IntoIterator<Item = &'a str>) {
    for (number, field) in fields.into_iter().enumerate() {
        if number > 0 {
            text.push('\t');
        }
        for character in field.chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                other => text.push(other),
            }
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_written_as_copy_reads_them() {
        let mut text = String::new();
        write_fields(&mut text, ["1", "a\tb", "C:\\x\r\n", ""]);
        assert_eq!(text, "1\ta\\tb\tC:\\\\x\\r\\n\t\n");
    }
}
