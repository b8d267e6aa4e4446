//! `telemetrics bench`: measures this program on this machine, all in one run, and prints one table.
//!
//! Nothing here decides whether the program is good enough: a missed target is a word in the table, never
//! an exit code. What the rows mean is in `BENCHMARKS.md`.

mod charts;
mod client;
mod crashes;
mod floor;
mod http;
mod idle;
mod load;
mod machine;
mod reading;
mod report;
mod server;
mod stats;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, value_parser};
use tokio::signal::unix::{SignalKind, signal};

use crate::demo::{DemoOptions, DemoRecord, fleet};
use crate::server::assets::Dashboard;
use load::{Load, Outcome, Plan};
use machine::Machine;
use report::{Report, Row, Target};
use server::Server;

/// What is measured, and where.
#[derive(Args, Debug)]
pub struct Options {
    /// How many records the reading part reads from
    #[arg(long, value_name = "N", default_value = "1000000", value_parser = value_parser!(u64).range(1000..))]
    records: u64,

    /// Grow that database to so many records, over the same days, and read the charts again; 0: do not
    #[arg(long, value_name = "N", default_value = "0")]
    grown_records: u64,

    /// How many crashes the Crashes view reads from; 0: it is not measured
    #[arg(long, value_name = "N", default_value = "1000000")]
    crash_records: u64,

    /// Seconds for each measurement of the collector, and for its floor
    #[arg(long, value_name = "S", default_value = "8", value_parser = value_parser!(u64).range(1..=3600))]
    seconds: u64,

    /// How many connections send records at once
    #[arg(long, value_name = "N", default_value = "64", value_parser = value_parser!(u64).range(1..=4096))]
    connections: u64,

    /// Also write the result to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Folder on the disk to measure; the databases are made in a folder of their own in it and removed afterwards
    // Not the system's temporary folder: on many machines that is memory, where a commit costs nothing.
    #[arg(long, value_name = "DIR", default_value = "./data/bench")]
    dir: PathBuf,
}

/// How many records are sent over and over, each time as new ones. One day of a fleet.
const SAMPLE: u64 = 16_384;
/// Chooses the fleet: the same in every run, so that runs can be compared.
const SEED: u64 = 1;

/// Measures everything and prints the table.
///
/// # Errors
/// What kept it from measuring; never that something was slow.
pub async fn run(options: Options, dashboard: &Dashboard) -> anyhow::Result<()> {
    let folder = Folder::new(&options.dir)?;
    let machine = Machine::look(&folder.path);
    machine.warnings().for_each(|warning| tracing::warn!("{warning}"));
    let mut terminate = signal(SignalKind::terminate())?;
    // A run that is stopped leaves through here too, so that its servers end and its folder goes.
    let rows = tokio::select! {
        rows = measure(&options, &folder.path, dashboard) => rows?,
        stopped = tokio::signal::ctrl_c() => {
            stopped?;
            bail!("stopped");
        }
        _ = terminate.recv() => bail!("stopped"),
    };
    let report = Report { version: env!("CARGO_PKG_VERSION"), machine, rows };
    write!(std::io::stdout(), "{report}")?;
    if let Some(file) = &options.json {
        let json = serde_json::to_string_pretty(&report)?;
        fs::write(file, json + "\n").with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

async fn measure(options: &Options, folder: &Path, dashboard: &Dashboard) -> anyhow::Result<Vec<Row>> {
    let duration = Duration::from_secs(options.seconds);
    let sample = sample();
    tracing::info!(seconds = options.seconds, "measuring: rows straight into SQLite");
    let floor = floor::rows_per_second(&folder.join("floor.db"), &sample, duration).await?;
    let mut rows = vec![Row::new("SQLite alone: rows in transactions of 64", floor, "rows/s")];
    let (collector, rate) = collect(options, folder, &sample, floor).await?;
    rows.extend(collector);
    rows.push(idle::measure(folder).await?);
    let sizes = reading::Sizes { records: options.records, grown: options.grown_records };
    rows.extend(reading::measure(&folder.join("reading.db"), sizes, SEED).await?);
    rows.extend(crashes::measure(folder, options, &sample, rate / 2.0).await?);
    rows.push(first_load(dashboard));
    Ok(rows)
}

/// The records that are sent: those of the demo fleet that are in today's format, which all machines write.
fn sample() -> Vec<DemoRecord> {
    let options = DemoOptions { records: SAMPLE, days: 1, seed: SEED, until: crate::now(), only_crashes: false };
    fleet(&options).filter(|demo| demo.record.record_format_version == 4).collect()
}

/// Gives the rows, and how many records a second were committed.
async fn collect(
    options: &Options,
    folder: &Path,
    sample: &[DemoRecord],
    floor: f64,
) -> anyhow::Result<(Vec<Row>, f64)> {
    let duration = Duration::from_secs(options.seconds);
    let connections = options.connections;
    let server = Server::start(&folder.join("collector.db")).await?;
    let load = Arc::new(Load::new(server.address(), sample));
    // Afterwards the texts that repeat are known, as they are on a server that has run for a while.
    load.run(Plan::Count(sample.len() as u64), connections).await?;
    tracing::info!(seconds = options.seconds, connections, "measuring: records over HTTP, as many as go");
    let full = load.run(Plan::For(duration), connections).await?;
    if full.committed == 0 {
        bail!("the collector stored nothing: {}", full.others());
    }
    let rate = full.committed_per_second();
    let per_second = rate / 2.0;
    tracing::info!(seconds = options.seconds, per_second, "measuring: records over HTTP at half of that");
    let half = load.run(Plan::Paced { per_second, duration }, connections).await?;
    server.stop().await?;
    let without = rate_with(options, folder, sample, &["--without-counters"]).await?;
    let limited = rate_with(options, folder, sample, &UNREACHED_LIMITS).await?;
    let latency = |share: &str, percent, target| {
        let what = format!("Collector at half that load: {share} latency");
        Row::new(what, stats::millis(stats::percentile(&half.latencies, percent)), "ms").target(target)
    };
    let rows = vec![
        Row::new(format!("Collector: records committed over HTTP, {connections} connections"), rate, "records/s"),
        Row::new("Collector: share of SQLite alone", rate / floor, "ratio").target(Some(Target::AtLeast(0.5))),
        other_answers("Collector", &full),
        Row::new("Collector without counters: records committed over HTTP", without, "records/s"),
        Row::new("Collector: share of the collector without counters", rate / without, "ratio")
            .target(Some(Target::AtLeast(0.7))),
        Row::new("Collector with limits that are not reached: records committed over HTTP", limited, "records/s"),
        Row::new("Collector: share of the collector without limits", limited / rate, "ratio")
            .target(Some(Target::AtLeast(0.97))),
        Row::new("Collector at half that load: records committed", half.committed_per_second(), "records/s"),
        latency("median", 50, None),
        latency("p99", 99, Some(Target::Under(50.0))),
        latency("largest", 100, None),
        other_answers("Collector at half that load", &half),
    ];
    Ok((rows, rate))
}

/// Limits of every kind, beyond what comes.
const UNREACHED_LIMITS: [&str; 6] =
    ["--rate-limit-address", "1000000/s", "--rate-limit-machine", "1000000/s", "--rate-limit-total", "1000000/s"];

/// What the collector takes with some options.
async fn rate_with(options: &Options, folder: &Path, sample: &[DemoRecord], with: &[&str]) -> anyhow::Result<f64> {
    let name = with.first().map_or("plain", |option| option.trim_start_matches('-'));
    let server = Server::start_with(&folder.join(format!("{name}.db")), with).await?;
    let load = Arc::new(Load::new(server.address(), sample));
    load.run(Plan::Count(sample.len() as u64), options.connections).await?;
    tracing::info!(seconds = options.seconds, ?with, "measuring: records over HTTP");
    let full = load.run(Plan::For(Duration::from_secs(options.seconds)), options.connections).await?;
    server.stop().await?;
    Ok(full.committed_per_second())
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
