//! `telemetrics bench`: measures this program on this machine, all in one run, and prints one table.
//!
//! Nothing here decides whether the program is good enough: a missed target is a word in the table, never
//! an exit code. What the rows mean is in `BENCHMARKS.md`.

mod charts;
mod client;
mod collector;
mod crashes;
mod disk;
mod empty;
mod floor;
mod http;
mod idle;
mod large;
mod lists;
mod load;
mod machine;
mod postgres;
mod reading;
mod report;
mod server;
mod stats;
mod turns;

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::{Args, value_parser};
use telemetrics_common::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use crate::demo::{DemoOptions, DemoRecord, fleet};
use crate::server::assets::Dashboard;
use load::Outcome;
use machine::Machine;
use postgres::Postgres;
use report::{Report, Row, Target};

/// What is measured, and where.
#[derive(Args, Debug)]
pub struct Options {
    /// How many records the reading part reads from; of several numbers each is measured, in turn with the others
    #[arg(long, value_name = "N", value_delimiter = ',', default_values = ["250000", "1000000"],
        value_parser = value_parser!(u64).range(1000..))]
    sizes: Vec<u64>,

    /// A PostgreSQL server to measure too, postgres://USER@HOST/NAME: databases are made there and dropped afterwards
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,

    /// How many crashes the Crashes view reads from; 0: it is not measured
    #[arg(long, value_name = "N", default_value = "1000000")]
    crash_records: u64,

    /// Of how many records of a fleet's day some are sent over and over, each time as new ones
    #[arg(long, value_name = "N", default_value = "32768", value_parser = value_parser!(u64).range(100..))]
    sample: u64,

    /// Of how many records some are stored to see what they take on the disk
    #[arg(long, value_name = "N", default_value = "400000", value_parser = value_parser!(u64).range(100..))]
    disk_records: u64,

    /// How many connections that say nothing are opened to see what they cost in memory
    #[arg(long, value_name = "N", default_value = "10000", value_parser = value_parser!(u64).range(1..))]
    idle_connections: u64,

    /// How often each call of the dashboard is measured
    #[arg(long, value_name = "N", default_value = "40", value_parser = value_parser!(u32).range(1..))]
    calls: u32,

    /// Seconds for each measurement of the collector, and for its floor
    #[arg(long, value_name = "S", default_value = "8", value_parser = seconds)]
    seconds: f64,

    /// Also write the result to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Folder on the disk to measure; the databases are made in a folder of their own in it and removed afterwards
    // Not the system's temporary folder: on many machines that is memory, where a commit costs nothing.
    #[arg(long, value_name = "DIR", default_value = "./data/bench")]
    dir: PathBuf,

    /// Only measure the collector, and its floors
    #[arg(long)]
    collector_only: bool,

    /// Only answers at this address, and does nothing: what a run measures HTTP alone by
    #[arg(long, value_name = "ADDRESS", hide = true)]
    empty_handler: Option<SocketAddr>,
}

/// Payloads shorter than this are heartbeats and the like; of those one in so many is sent.
const SHORT_BYTES: usize = 64;
const ONE_OF_SHORT: u32 = 5;
/// Chooses the fleet: the same in every run, so that runs can be compared.
const SEED: u64 = 1;

impl Options {
    fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

fn seconds(text: &str) -> Result<f64, &'static str> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.1..=3600.0).contains(seconds));
    seconds.ok_or("must be 0.1 to 3600")
}

/// Measures everything and prints the table.
///
/// # Errors
/// What kept it from measuring; never that something was slow.
pub async fn run(options: Options, dashboard: &Dashboard) -> anyhow::Result<()> {
    if let Some(address) = options.empty_handler {
        return empty::serve(address).await;
    }
    let folder = Folder::new(&options.dir)?;
    let machine = Machine::look(&folder.path);
    machine.warnings().for_each(|warning| tracing::warn!("{warning}"));
    let mut terminate = signal(SignalKind::terminate())?;
    let postgres = match &options.postgres {
        Some(url) => Some(Postgres::connect(url).await?),
        None => None,
    };
    // A run that is stopped leaves through here too, so that its servers end and its folder and databases go.
    let rows = tokio::select! {
        rows = measure(&options, &folder.path, postgres.as_ref(), dashboard) => rows,
        stopped = tokio::signal::ctrl_c() => Err(stopped.map_or_else(Into::into, |()| anyhow!("stopped"))),
        _ = terminate.recv() => Err(anyhow!("stopped")),
    };
    if let Some(postgres) = postgres {
        postgres.remove().await?;
    }
    let rows = rows?;
    let report = Report { version: env!("CARGO_PKG_VERSION"), machine, rows };
    write!(std::io::stdout(), "{report}")?;
    if let Some(file) = &options.json {
        let json = serde_json::to_string_pretty(&report)?;
        fs::write(file, json + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

async fn measure(
    options: &Options,
    folder: &Path,
    postgres: Option<&Postgres>,
    dashboard: &Dashboard,
) -> anyhow::Result<Vec<Row>> {
    let sample = sample(options.sample);
    let mut rows = payloads(&sample);
    let (collected, rates) = collector::measure(options, folder, &sample, postgres).await?;
    rows.extend(collected);
    if options.collector_only {
        return Ok(rows);
    }
    rows.push(idle::measure(folder, options.idle_connections).await?);
    rows.extend(disk::measure(folder, options.disk_records, postgres).await?);
    rows.extend(reading::measure(folder, options, SEED).await?);
    rows.extend(large::measure(folder, &options.sizes, &sample, rates).await?);
    rows.extend(crashes::measure(folder, options, &sample, rates.collector / 2.0).await?);
    rows.push(first_load(dashboard));
    Ok(rows)
}

/// The records that are sent, of a fleet's day.
fn sample(records: u64) -> Vec<DemoRecord> {
    mixed(records, 1, crate::now()).collect()
}

/// Of a fleet's records those that are in today's format, which all machines write, with so few of the heartbeats that
/// payloads have about a kilobyte in the mean.
fn mixed(records: u64, days: u32, until: Timestamp) -> impl Iterator<Item = DemoRecord> {
    let options = DemoOptions { records, days, seed: SEED, until, only_crashes: false };
    let mut short = 0_u32;
    fleet(&options).filter(move |demo| {
        let is_short = demo.record.payload.len() < SHORT_BYTES;
        short += u32::from(is_short);
        demo.record.record_format_version == 4 && (!is_short || short.is_multiple_of(ONE_OF_SHORT))
    })
}

fn payloads(sample: &[DemoRecord]) -> Vec<Row> {
    let sizes = || sample.iter().map(|demo| demo.record.payload.len());
    let mean = sizes().sum::<usize>() as f64 / sample.len() as f64;
    vec![
        Row::new("Payloads that are sent: mean size", mean, "bytes"),
        Row::new("Payloads that are sent: largest size", sizes().max().unwrap_or_default() as f64, "bytes"),
    ]
}

fn other_answers(what: &str, outcome: &Outcome) -> Row {
    let number = outcome.others.values().sum::<u64>();
    let which = if number == 0 { String::new() } else { format!(" ({})", outcome.others()) };
    Row::new(format!("{what}: answers other than 201{which}"), number as f64, "answers")
}

fn first_load(dashboard: &Dashboard) -> Row {
    let bytes = dashboard.first_load_bytes();
    let what = "Dashboard: first load over the wire";
    let row = match bytes {
        0 => Row::unmeasured(format!("{what} (built without it)"), "kB"),
        bytes => Row::new(what, bytes as f64 / 1000.0, "kB"),
    };
    row.target(Some(Target::AtMost(450.0)))
}

/// A folder of this run's own, which goes with it.
struct Folder {
    path: PathBuf,
    /// Folders above it that were not there before, deepest first.
    made: Vec<PathBuf>,
}

impl Folder {
    fn new(parent: &Path) -> anyhow::Result<Self> {
        let missing = parent.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let made = missing.map(Path::to_owned).collect();
        let make = || {
            fs::create_dir_all(parent)?;
            let path = fs::canonicalize(parent)?.join(format!("telemetrics-bench-{}", std::process::id()));
            fs::create_dir(&path)?;
            Ok::<_, std::io::Error>(Self { path, made })
        };
        make().with_context(|| format!("cannot make a folder in {}", parent.display()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(%error, folder = %self.path.display(), "cannot remove the folder");
        }
        // Those in which something else has been put by now stay.
        let _ = self.made.iter().try_for_each(fs::remove_dir);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_may_be_parts_of_one() {
        let check = |text: &str, expected: Result<f64, &'static str>| assert_eq!(seconds(text), expected, "{text}");
        check("8", Ok(8.0));
        check("0.1", Ok(0.1));
        for text in ["", "0", "0.05", "-1", "3601", "NaN", "inf", "soon"] {
            check(text, Err("must be 0.1 to 3600"));
        }
    }

    #[test]
    fn the_folder_goes_and_what_was_there_stays() {
        let there = tempfile::tempdir().unwrap();
        for parent in [there.path().to_owned(), there.path().join("data/bench")] {
            let folder = Folder::new(&parent).unwrap();
            fs::write(folder.path.join("floor.db"), "rows").unwrap();
            drop(folder);
            assert_eq!(fs::read_dir(there.path()).unwrap().count(), 0, "{}", parent.display());
        }
    }

    #[test]
    fn folders_that_others_use_stay() {
        let there = tempfile::tempdir().unwrap();
        let folder = Folder::new(&there.path().join("data/bench")).unwrap();
        fs::write(there.path().join("data/telemetrics.db"), "records").unwrap();
        drop(folder);
        assert!(there.path().join("data/telemetrics.db").exists() && !there.path().join("data/bench").exists());
    }
}
