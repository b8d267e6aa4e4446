//! How the server is told to be: one struct, filled from the command line, the environment
//! (`TELEMETRICS_…`), a TOML file, and defaults, in this order.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use telemetrics_common::classification::BACKTRACES;
use telemetrics_common::collector::DEFAULT_TELEMETRY_ID;

use crate::access;
use crate::ingest::limits;
use crate::ingest::privacy::MachineKey;
use crate::retention::{Retention, Rule, days_of};
use crate::server::tls;
use crate::store;

/// The most records in quarantine, where nothing else is said.
pub(crate) const MAX_QUARANTINE: &str = "10000";

/// Settings of `serve`. Each option `--some-name` is also `TELEMETRICS_SOME_NAME` and, in the TOML file, `some-name`.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Address and port to listen on
    #[arg(long, env = "TELEMETRICS_LISTEN", default_value = "127.0.0.1:8080", value_parser = address)]
    pub listen: SocketAddr,

    /// Whether it is https
    #[command(flatten)]
    pub tls: tls::Settings,

    /// Who may do what
    #[command(flatten)]
    pub access: access::Settings,

    /// Where records are kept, and how
    #[command(flatten)]
    pub database: Database,

    /// Telemetry ids that machines may send (X-Telemetry-TID); separate several by commas
    #[arg(long = "telemetry-id", env = "TELEMETRICS_TELEMETRY_ID", value_delimiter = ',', default_value = DEFAULT_TELEMETRY_ID)]
    pub telemetry_ids: Vec<String>,

    /// Largest body of a record in bytes, after it is unpacked
    #[arg(long, env = "TELEMETRICS_MAX_BODY_BYTES", default_value = "524288", value_parser = body_bytes)]
    pub max_body_bytes: usize,

    /// Whether machines may send bodies packed by gzip or zstd
    #[arg(long, env = "TELEMETRICS_CONTENT_ENCODINGS", default_value = "true", action = clap::ArgAction::Set)]
    pub content_encodings: bool,

    /// What happens to a record in header form that breaks a rule
    #[arg(long, env = "TELEMETRICS_INVALID_HEADER_RECORDS", value_enum, default_value = "reject")]
    pub invalid_header_records: InvalidRecords,

    /// What happens to a record in JSON form that breaks a rule
    #[arg(long, env = "TELEMETRICS_INVALID_JSON_RECORDS", value_enum, default_value = "quarantine")]
    pub invalid_json_records: InvalidRecords,

    /// The most records that are kept in quarantine
    #[arg(long, env = "TELEMETRICS_MAX_QUARANTINE", default_value = MAX_QUARANTINE)]
    pub max_quarantine: u64,

    /// The most records that wait to be stored; further ones are told to come again
    #[arg(long, env = "TELEMETRICS_QUEUE_CAPACITY", default_value = "4096", value_parser = queue_capacity)]
    pub queue_capacity: usize,

    /// How much is taken from whom
    #[command(flatten)]
    pub limits: limits::Settings,

    /// The most connections at once
    #[arg(long, env = "TELEMETRICS_MAX_CONNECTIONS", default_value = "16384", value_parser = max_connections)]
    pub max_connections: usize,

    /// How long one request may search payloads, in milliseconds
    #[arg(long, env = "TELEMETRICS_SEARCH_BUDGET_MS", default_value = "1000")]
    pub search_budget_ms: u64,

    /// How long records are kept
    #[command(flatten)]
    pub retention: Keep,

    /// SQLite: how much of the disk must stay free; below that the collector takes no records. Bytes, or 500MB, 2GB, …
    #[arg(long, env = "TELEMETRICS_MIN_FREE_DISK", default_value = "100MB", value_parser = bytes)]
    pub min_free_disk: u64,

    /// What is taken out of records before they are stored
    #[command(flatten)]
    pub privacy: Privacy,

    /// Further host names that dashboard and API answer to; separate several by commas
    #[arg(long = "allowed-host", env = "TELEMETRICS_ALLOWED_HOST", value_delimiter = ',')]
    pub allowed_hosts: Vec<String>,
}

/// Where records are kept.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct Database {
    /// Database: sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME
    #[arg(
        long = "database",
        env = "TELEMETRICS_DATABASE",
        hide_env_values = true,
        default_value = "sqlite://./data/telemetrics.db"
    )]
    pub url: DatabaseUrl,

    /// The most different classifications, builds, platforms, … that are stored apart; later ones stay in their records
    #[arg(long, env = "TELEMETRICS_DICTIONARY_BOUND", default_value = "100000")]
    pub dictionary_bound: usize,

    /// Classifications whose records carry a backtrace; separate several by commas
    #[arg(
        long = "backtrace-classification",
        env = "TELEMETRICS_BACKTRACE_CLASSIFICATION",
        value_delimiter = ',',
        default_values = BACKTRACES
    )]
    pub backtrace_classifications: Vec<String>,

    /// For measurements only: no counters are kept until the database is opened without this, which counts all records
    #[arg(long, hide = true)]
    pub without_counters: bool,

    /// For measurements only: records are read, checked and answered, and not stored
    #[arg(long, hide = true)]
    pub discard_records: bool,

    /// Pack payloads on the disk where that makes them smaller; those that are packed can be read in any case
    #[arg(
        long, env = "TELEMETRICS_PACK_PAYLOADS", value_name = "true|false", value_parser = BoolishValueParser::new(),
        num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true",
        action = clap::ArgAction::Set
    )]
    pub pack_payloads: bool,

    /// PostgreSQL: the most connections
    #[arg(long, env = "TELEMETRICS_DATABASE_CONNECTIONS", default_value = "10", value_parser = clap::value_parser!(u32).range(2..))]
    pub database_connections: u32,

    /// PostgreSQL: a pooler on the way gives connections to others between two transactions and knows nothing of prepared
    /// statements, as PgBouncer before 1.21 in transaction mode
    #[arg(
        long, env = "TELEMETRICS_DATABASE_POOLER", value_name = "true|false", value_parser = BoolishValueParser::new(),
        num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
        action = clap::ArgAction::Set
    )]
    pub database_pooler: bool,

    /// The database is distributed SQL that speaks PostgreSQL's language: partitions, table locks and advisory locks are not
    /// used. To be chosen before the first start
    #[arg(
        long, env = "TELEMETRICS_DISTRIBUTED_SQL", value_name = "true|false", value_parser = BoolishValueParser::new(),
        num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
        action = clap::ArgAction::Set
    )]
    pub distributed_sql: bool,

    /// PostgreSQL: a replica of the database, from which lists, exports and charts are read
    #[arg(long, env = "TELEMETRICS_READ_DATABASE", hide_env_values = true)]
    pub read_database: Option<DatabaseUrl>,
}

impl Database {
    /// For the store.
    #[doc(hidden)]
    pub fn options(&self) -> store::Options {
        store::Options {
            dictionary_bound: self.dictionary_bound,
            backtrace_classifications: self.backtrace_classifications.iter().cloned().collect(),
            counters: !self.without_counters,
            discards: self.discard_records,
            packs_payloads: self.pack_payloads,
            postgres_connections: self.database_connections,
            pooled: self.database_pooler,
            distributed: self.distributed_sql,
            read_url: self.read_database.as_ref().map(|url| url.0.clone()),
            ..store::Options::new(self.url.0.clone())
        }
    }
}

/// How long records are kept.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct Keep {
    /// Days that records are kept, by their reception; 0 keeps them for ever. Their counts stay
    #[arg(long, env = "TELEMETRICS_RETENTION_DAYS", default_value = "35", value_parser = days_of)]
    pub retention_days: u32,

    /// Rules before that, the first that fits decides: CLASSIFICATION=DAYS (or DOMAIN/*, DOMAIN/PROBE/*), severity:1=DAYS,
    /// system:NAME=DAYS; separate several by commas
    #[arg(
        long = "retention-rule",
        env = "TELEMETRICS_RETENTION_RULE",
        value_delimiter = ',',
        default_values = ["org.clearlinux/hello/world=1", "test/discard/*=1"]
    )]
    pub retention_rules: Vec<Rule>,

    /// The largest that a SQLite database may become; the oldest records of the lowest severity go first. Bytes, or
    /// 500MB, 20GB, …
    #[arg(long, env = "TELEMETRICS_MAX_DATABASE_SIZE", value_parser = bytes)]
    pub max_database_size: Option<u64>,
}

/// What is taken out of records before they are stored, and of counts before they are told.
#[derive(Args, Clone, Debug, Default)]
#[non_exhaustive]
pub struct Privacy {
    /// What machines' ids are stored as
    #[command(flatten)]
    pub machine_ids: MachineIds,

    /// Counts of population and stats are rounded down to multiples of this for everyone below a maintainer; 0 tells all
    #[arg(long, env = "TELEMETRICS_MIN_CELL", default_value = "0")]
    pub min_cell: u32,
}

/// What machines' ids are stored as.
#[derive(Args, Clone, Debug, Default)]
#[non_exhaustive]
pub struct MachineIds {
    /// File with a secret of at least 16 bytes: machines' ids are stored as keyed hashes of themselves
    #[arg(long, env = "TELEMETRICS_MACHINE_ID_KEY_FILE", value_name = "FILE")]
    pub machine_id_key_file: Option<PathBuf>,
}

impl MachineIds {
    /// The key that they are hashed with, if they are.
    ///
    /// # Errors
    /// When the file cannot be read, or holds too little.
    #[doc(hidden)]
    pub fn key(&self) -> anyhow::Result<Option<MachineKey>> {
        let file = self.machine_id_key_file.as_deref();
        file.map(MachineKey::read).transpose().map_err(anyhow::Error::msg)
    }
}

impl Keep {
    /// For the store.
    #[doc(hidden)]
    pub fn rules(&self) -> Retention {
        Retention { rules: self.retention_rules.clone(), days: self.retention_days }
    }
}

/// A database's URL; its password does not show in logs.
#[derive(Clone)]
pub struct DatabaseUrl(pub String);

impl DatabaseUrl {
    /// As it may be shown: without its password, and without its query, which may have one, too.
    pub fn shown(&self) -> String {
        let url = self.0.split_once('?').map_or(self.0.as_str(), |(url, _)| url);
        match (url.split_once("://"), url.rsplit_once('@')) {
            (Some((scheme, rest)), Some((_, host))) => {
                let user = rest.split([':', '@']).next().unwrap_or_default();
                format!("{scheme}://{user}@{host}")
            }
            _ => url.to_owned(),
        }
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

impl std::str::FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if known.iter().any(|scheme| url.starts_with(scheme)) {
            Ok(Self(url.to_owned()))
        } else {
            Err("must be sqlite://PATH or postgres://USER@HOST/NAME")
        }
    }
}

/// What happens to a record that breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum InvalidRecords {
    /// It is answered 400 and not kept.
    Reject,
    /// It is kept in quarantine and answered 200.
    Quarantine,
}

/// How the program logs.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct Logging {
    /// What is logged: error, warn, info, debug, trace, or a filter by module
    #[arg(long, env = "TELEMETRICS_LOG", default_value = "info", global = true)]
    pub log: String,

    /// How lines are written
    #[arg(long, env = "TELEMETRICS_LOG_FORMAT", value_enum, default_value = "text", global = true)]
    pub log_format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A TOML file with settings, found before the command line is read as a whole.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct File {
    /// TOML file with the same options, without their dashes in front
    #[arg(long, env = "TELEMETRICS_CONFIG", global = true)]
    pub config: Option<PathBuf>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "must be an address and a port, such as 127.0.0.1:8080".to_owned())
}

/// A number of bytes, with a unit or without.
fn bytes(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 7] = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
    ];
    let unit = UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
    let (number, unit) = unit.unwrap_or((text, 1));
    let parsed = number.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    parsed.ok_or_else(|| "must be a number of bytes, such as 500MB, 20GB or 1048576".to_owned())
}

fn within(text: &str, least: usize, most: usize) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("must be a whole number from {least} to {most}"))
}

fn body_bytes(text: &str) -> Result<usize, String> {
    within(text, 1024, 64 << 20)
}

fn queue_capacity(text: &str) -> Result<usize, String> {
    within(text, 1, 1 << 20)
}

fn max_connections(text: &str) -> Result<usize, String> {
    within(text, 1, 1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_port() {
        for text in ["127.0.0.1:8080", "[::1]:0", "0.0.0.0:80"] {
            assert!(address(text).is_ok(), "{text}");
        }
        for text in ["localhost:80", "8080", "127.0.0.1"] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, expected) in [("0", 0), ("1048576", 1 << 20), ("500MB", 500_000_000), ("2 GiB", 2 << 30)] {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        for text in ["", "MB", "-1", "1.5GB", "20 parsecs", "99999999999999TB"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn passwords_do_not_show() {
        let check = |url: &str, shown: &str| {
            let url: DatabaseUrl = url.parse().unwrap();
            assert_eq!((url.shown(), format!("{url:?}")), (shown.to_owned(), shown.to_owned()));
        };
        check("postgres://ada:secret@db.example/t", "postgres://ada@db.example/t");
        check("postgres://ada:sec@ret@db.example/t", "postgres://ada@db.example/t");
        check("postgres://ada@db.example:5433/t", "postgres://ada@db.example:5433/t");
        check("postgres://db.example/t?user=ada&password=sec@ret", "postgres://db.example/t");
        check("postgresql://ada:secret@/t?host=/run/postgresql", "postgresql://ada@/t");
        check("sqlite://./data/t.db?mode=rwc", "sqlite://./data/t.db");
    }
}
