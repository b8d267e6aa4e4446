//! Reading the older server's tables. Everything is asked for as text, so that it matters little which type a column has.

use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sea_orm::sqlx::{self, FromRow, Row};

use super::record::OlderRecord;

/// Its columns under the names of the JSON form, in the order of [`OlderRecord::FIELDS`]. Times are whole seconds and
/// milliseconds. No value may make the statement fail, since the walk would never come past it: a machine's time is left to
/// the rules of records, and one of the server that no clock shows, up to the year 9999, is none. The last id is found by
/// the sizes of payloads, which are asked for without reading them. Sorted by the column itself, and not by its cast, which
/// no index knows.
const RECORDS: &str = "SELECT id::bigint, \
     CASE WHEN timestamp_server::numeric BETWEEN 0 AND 253402300799 \
     THEN floor(timestamp_server::numeric * 1000)::bigint END, \
     COALESCE(external, FALSE)::boolean, \
     record_version::text, classification::text, severity::text, machine_id::text, \
     floor(timestamp_client::numeric)::text, architecture::text, host_type::text, build::text, kernel_version::text, \
     payload_version::text, system_name::text, board_name::text, cpu_model::text, bios_version::text, event_id::text, \
     payload::text \
     FROM records WHERE id > $1 AND id <= (\
     SELECT COALESCE(MAX(id) FILTER (WHERE bytes <= $4), MIN(id)) FROM (\
     SELECT id, SUM(bytes) OVER (ORDER BY id) AS bytes FROM (\
     SELECT id, COALESCE(octet_length(payload::text), 0) AS bytes FROM records \
     WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3) AS next) AS added) \
     ORDER BY records.id";

/// Which database of which cluster this is, whatever name its host goes by.
const IDENTITY: &str = "SELECT format('postgres:%s/%s', system_identifier, oid) FROM pg_control_system(), pg_database \
     WHERE datname = current_database()";

/// The transactions that write to `records`. Each has this lock from before it takes its first id until others see its rows.
const WRITING: &str = "SELECT virtualtransaction FROM pg_locks \
     WHERE locktype = 'relation' AND relation = 'records'::regclass AND mode = 'RowExclusiveLock' AND granted \
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

const UNREADABLE: &str = "the older server's table `records` cannot be read";

/// How long transactions are waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether they have ended.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The older server's database.
pub struct Source {
    pool: PgPool,
    name: String,
    identity: String,
}

/// How much is read at once; one record in any case.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// Records.
    pub records: i64,
    /// Bytes of their payloads.
    pub bytes: i64,
}

/// What people said about a guilty there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OlderGuilty {
    /// As its frames have it.
    pub function: String,
    /// As its frames have it.
    pub module: String,
    /// May be empty.
    pub comment: String,
    /// Whether it was left out of the list of crashes.
    pub hidden: bool,
}

impl Source {
    /// Connects, for reading only.
    ///
    /// # Errors
    /// When the URL cannot be read, or the database not be reached.
    pub async fn open(url: &str) -> anyhow::Result<Self> {
        let options = PgConnectOptions::from_str(url)
            .context("the older database's URL cannot be read")?
            .application_name("telemetrics import")
            .options([("default_transaction_read_only", "on")]);
        let name = format!(
            "postgres://{}:{}/{}",
            options.get_host(),
            options.get_port(),
            options.get_database().unwrap_or_else(|| options.get_username())
        );
        let pool = PgPoolOptions::new().max_connections(2).connect_with(options).await;
        let pool = pool.with_context(|| format!("cannot connect to the older database {name}"))?;
        let identity = identity(&pool).await?.unwrap_or_else(|| name.clone());
        Ok(Self { pool, name, identity })
    }

    /// Where it is, without names and passwords of users.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is known by: the same by whatever name of its host it is reached; copies of its files have the same one. Where the
    /// server does not tell it, its name.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// The last id up to which all records can be seen. Ids are not given in the order in which records become visible, so
    /// transactions that may have a smaller one are waited for.
    ///
    /// # Errors
    /// The database's, that it is none of the older server's, that it does not know who writes, or that a transaction does
    /// not end.
    pub async fn horizon(&self) -> anyhow::Result<i64> {
        let last = "SELECT COALESCE(MAX(id), 0)::bigint, pg_is_in_recovery() FROM records";
        let (last, is_standby): (i64, bool) = sqlx::query_as(last).fetch_one(&self.pool).await.context(UNREADABLE)?;
        ensure!(!is_standby, "{} is a standby, which does not know who writes: import from its primary", self.name);
        let mut under_way = self.writing().await?;
        if !under_way.is_empty() {
            tracing::info!("waiting for transactions that are writing to the older server's table `records`");
        }
        let begin = Instant::now();
        while !under_way.is_empty() {
            ensure!(
                begin.elapsed() < PATIENCE,
                "a transaction has been writing to the older server's table `records` for more than {} seconds: import \
                 again when it has ended",
                PATIENCE.as_secs()
            );
            tokio::time::sleep(LOOK_AGAIN).await;
            let writing = self.writing().await?;
            under_way.retain(|transaction| writing.contains(transaction));
        }
        Ok(last)
    }

    async fn writing(&self) -> anyhow::Result<Vec<String>> {
        let writing = sqlx::query_scalar(WRITING).fetch_all(&self.pool).await;
        writing.context("the older database does not tell its locks")
    }

    /// How many records it has with ids above `after` and up to `last`.
    ///
    /// # Errors
    /// The database's.
    pub async fn count(&self, after: i64, last: i64) -> anyhow::Result<u64> {
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM records WHERE id > $1 AND id <= $2");
        let count: i64 = count.bind(after).bind(last).fetch_one(&self.pool).await.context(UNREADABLE)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The next of these records, ascending by id.
    ///
    /// # Errors
    /// The database's.
    pub async fn records(&self, after: i64, last: i64, most: Most) -> anyhow::Result<Vec<OlderRecord>> {
        let records =
            sqlx::query_as::<_, OlderRecord>(RECORDS).bind(after).bind(last).bind(most.records).bind(most.bytes);
        records.fetch_all(&self.pool).await.context(UNREADABLE)
    }

    /// The guilties that somebody has commented on or hidden.
    ///
    /// # Errors
    /// The database's.
    pub async fn guilties(&self) -> anyhow::Result<Vec<OlderGuilty>> {
        let sql = "SELECT COALESCE(function, '')::text, COALESCE(module, '')::text, COALESCE(comment, '')::text, \
                   COALESCE(hide, FALSE)::boolean FROM guilty \
                   WHERE COALESCE(comment, '') <> '' OR COALESCE(hide, FALSE) ORDER BY id";
        let rows: Vec<(String, String, String, bool)> = sqlx::query_as(sql)
            .fetch_all(&self.pool)
            .await
            .context("the older server's table `guilty` cannot be read")?;
        let guilty = |(function, module, comment, hidden)| OlderGuilty { function, module, comment, hidden };
        Ok(rows.into_iter().map(guilty).collect())
    }

    /// Its list of functions that are never guilty, with their modules.
    ///
    /// # Errors
    /// The database's.
    pub async fn never_guilty(&self) -> anyhow::Result<Vec<(String, String)>> {
        let sql = "SELECT COALESCE(function, '')::text, COALESCE(module, '')::text FROM guilty_blacklisted ORDER BY id";
        let rows = sqlx::query_as(sql).fetch_all(&self.pool).await;
        rows.context("the older server's table `guilty_blacklisted` cannot be read")
    }

    /// Closes the connections.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

/// None where the server tells it to nobody.
async fn identity(pool: &PgPool) -> anyhow::Result<Option<String>> {
    match sqlx::query_scalar(IDENTITY).fetch_one(pool).await {
        Ok(identity) => Ok(Some(identity)),
        // Insufficient privilege, undefined function, feature not supported.
        Err(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("42501" | "42883" | "0A000")) => {
            tracing::info!(%error, "the older database does not tell its identity: it is known by its name");
            Ok(None)
        }
        Err(error) => Err(error).context("the older database does not answer"),
    }
}

impl FromRow<'_, PgRow> for OlderRecord {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let mut fields: [Option<String>; OlderRecord::FIELDS.len()] = Default::default();
        for (place, field) in fields.iter_mut().enumerate() {
            *field = row.try_get(place + 3)?;
        }
        Ok(Self { id: row.try_get(0)?, received_at_millis: row.try_get(1)?, external: row.try_get(2)?, fields })
    }
}
