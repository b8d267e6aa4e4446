//! What a person at the dashboard waits for, on databases of several sizes that are asked in turn.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use telemetrics_common::Timestamp;

use super::client::{Client, time_in_turn};
use super::report::{Row, Target};
use super::server::{self, Server};
use super::stats::{figure, millis, percentile};
use super::{Options, charts, crashes, lists};

pub(super) const DAYS: u32 = 30;
const MEMORY_TARGET: Target = Target::Under(150.0);
/// How much longer the calls together may take when there are more records of the same days.
const GROWTH_TARGET: Target = Target::AtMost(1.3);

/// The database of one size, among those of this run.
pub(super) fn database(folder: &Path, records: u64) -> PathBuf {
    folder.join(format!("reading-{records}.db"))
}

/// Fills a database for each size and makes all calls of each.
pub(super) async fn measure(folder: &Path, options: &Options, seed: u64) -> anyhow::Result<Vec<Row>> {
    let (sizes, calls, until) = (options.sizes.as_slice(), options.calls, crate::now());
    let mut rows = fill_all(folder, sizes, seed, until).await?;
    let mut servers = Vec::new();
    for size in sizes {
        servers.push(Server::start(&database(folder, *size)).await?);
    }
    let mut clients = Vec::new();
    for server in &servers {
        clients.push(Client::open(server).await?);
    }
    tracing::info!("measuring: the Records page");
    let (client, size) = clients.first_mut().zip(sizes.first()).context("there is no size to measure")?;
    let (mut lists, mut others) = (Group::new("Lists", sizes), Group::new("Other calls", sizes));
    for case in lists::cases(client, *size, until).await? {
        let group = if case.is_usual { &mut lists } else { &mut others };
        group.add(&case.what, case.target, time_in_turn(&mut clients, &case.path, calls).await?);
    }
    rows.extend(lists.rows());
    rows.extend(others.times());
    for (server, size) in servers.iter().zip(sizes) {
        let what = format!("Resident memory after reading {} records", figure(*size as f64));
        rows.push(Row::new(what, server.resident_mib()?, "MiB").target(Some(MEMORY_TARGET)));
    }
    tracing::info!("measuring: the charts");
    let client = clients.first_mut().context("there is no size to measure")?;
    let mut views = Group::new("Charts", sizes);
    for (what, path) in charts::paths(client, until).await? {
        views.add(what, Some(charts::TARGET), time_in_turn(&mut clients, &path, calls).await?);
    }
    rows.extend(views.rows());
    let mut tables = Group::new("Crashes", sizes);
    for (what, path) in charts::crashes() {
        tables.add(what, Some(crashes::TABLE_TARGET), time_in_turn(&mut clients, &path, calls).await?);
    }
    rows.extend(tables.rows());
    let client = clients.last_mut().context("there is no size to measure")?;
    let what = "Search of payloads that finds nothing: records looked at";
    rows.push(Row::new(what, lists::searched_per_second(client).await?, "records/s"));
    drop(clients);
    for server in servers {
        server.stop().await?;
    }
    Ok(rows)
}

/// Each larger database is a smaller one with more records of the same machines, with the same faults.
async fn fill_all(folder: &Path, sizes: &[u64], seed: u64, until: Timestamp) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut smaller: Option<(PathBuf, u64)> = None;
    for size in sizes {
        let database = database(folder, *size);
        let there = smaller.as_ref().map_or(0, |(_, records)| *records);
        if let Some((file, _)) = &smaller {
            // No server runs, so that all is in the one file.
            std::fs::copy(file, &database)?;
        }
        let records = size.checked_sub(there).filter(|records| *records > 0).context("--sizes: must grow")?;
        tracing::info!(records, days = DAYS, "filling a database with the demo fleet");
        let took = fill(&server::url(&database), records, seed, until, &[]).await?;
        let bytes = std::fs::metadata(&database)?.len() as f64 / *size as f64;
        let of = figure(*size as f64);
        rows.extend([
            Row::new(format!("Fill of {of} records: rate"), records as f64 / took.as_secs_f64(), "records/s"),
            Row::new(format!("Fill of {of} records: database on disk"), bytes, "bytes/record"),
        ]);
        smaller = Some((database, *size));
    }
    Ok(rows)
}

/// Calls of one kind, each with its times on every database.
struct Group<'a> {
    what: &'static str,
    sizes: &'a [u64],
    calls: Vec<(String, Option<Target>, Vec<Vec<Duration>>)>,
}

impl<'a> Group<'a> {
    fn new(what: &'static str, sizes: &'a [u64]) -> Self {
        Self { what, sizes, calls: Vec::new() }
    }

    fn add(&mut self, what: &str, target: Option<Target>, times: Vec<Vec<Duration>>) {
        self.calls.push((what.to_owned(), target, times));
    }

    /// One row a call and size.
    fn times(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (place, size) in self.sizes.iter().enumerate() {
            let of = figure(*size as f64);
            for (what, target, times) in &self.calls {
                let times = times.get(place).map(Vec::as_slice).unwrap_or_default();
                let row = |share: &str, percent| {
                    Row::new(format!("{what}, {of} records: {share}"), millis(percentile(times, percent)), "ms")
                };
                rows.extend([row("median", 50).target(*target), row("p99", 99)]);
            }
        }
        rows
    }

    /// The same, and how the largest database compares with the smallest.
    fn rows(&self) -> Vec<Row> {
        let mut rows = self.times();
        if let (Some(first), Some(last)) = (self.sizes.first(), self.sizes.last().filter(|_| self.sizes.len() > 1)) {
            let ratio = self.sum(self.sizes.len() - 1) / self.sum(0);
            let (first, last) = (figure(*first as f64), figure(*last as f64));
            let what = format!("{}: all medians of {last} records against those of {first}", self.what);
            rows.push(Row::new(what, ratio, "ratio").target(Some(GROWTH_TARGET)));
        }
        rows
    }

    /// Of the medians on one database, in seconds.
    fn sum(&self, place: usize) -> f64 {
        let of = |times: &Vec<Vec<Duration>>| times.get(place).map(|times| percentile(times, 50)).unwrap_or_default();
        self.calls.iter().map(|(.., times)| of(times)).sum::<Duration>().as_secs_f64()
    }
}

/// Fills a database with a fleet's records, told further options; gives the time that it took.
pub(super) async fn fill(
    database: &str,
    records: u64,
    seed: u64,
    until: Timestamp,
    further: &[&str],
) -> anyhow::Result<Duration> {
    let (records, days, seed) = (records.to_string(), DAYS.to_string(), seed.to_string());
    let until = until.to_string();
    let begin = Instant::now();
    let options = ["--records", &records, "--days", &days, "--seed", &seed, "--until", &until, "--database", database];
    server::run(&[&["demo"], options.as_slice(), further].concat()).await?;
    Ok(begin.elapsed())
}

pub(super) fn hours_before(time: Timestamp, hours: i64) -> Timestamp {
    Timestamp::from_seconds(time.seconds() - hours * 3600)
}
