//! The collector under load, against what the database alone does with the same rows.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;

use super::load::{Load, Outcome, Plan};
use super::postgres::Postgres;
use super::report::{Row, Target};
use super::server::{self, Server};
use super::{Options, floor, other_answers, stats};
use crate::demo::DemoRecord;

/// How many connections send at once, from a quiet fleet to a loud one.
const CONNECTIONS: [u64; 4] = [1, 16, 64, 256];
/// Limits of every kind, beyond what comes.
const UNREACHED_LIMITS: [&str; 6] =
    ["--rate-limit-address", "1000000/s", "--rate-limit-machine", "1000000/s", "--rate-limit-total", "1000000/s"];

/// What other measurements begin with, on SQLite.
#[derive(Clone, Copy)]
pub(super) struct Rates {
    /// Records a second that the collector took over [`USUAL`] connections.
    pub(super) collector: f64,
    /// Rows a second of SQLite alone in transactions of a thousand.
    pub(super) floor_1000: f64,
}

/// How many connections send at once where nothing else is said.
pub(super) const USUAL: u64 = 64;

/// Measures floors and collector on SQLite, and on PostgreSQL where there is one.
pub(super) async fn measure(
    options: &Options,
    folder: &Path,
    sample: &[DemoRecord],
    postgres: Option<&Postgres>,
) -> anyhow::Result<(Vec<Row>, Rates)> {
    let (mut rows, floors) = alone(options, folder, sample).await?;
    rows.extend(storing_nothing(options, folder, sample).await?);
    let (on_sqlite, rates) = on_sqlite(options, folder, sample, floors).await?;
    rows.extend(on_sqlite);
    rows.extend(on_postgres(options, folder, sample, postgres).await?);
    Ok((rows, rates))
}

/// Rows a second of SQLite alone, by the size of its transactions.
type Floors = [f64; floor::BATCHES.len()];

async fn alone(options: &Options, folder: &Path, sample: &[DemoRecord]) -> anyhow::Result<(Vec<Row>, Floors)> {
    let duration = options.duration();
    let mut rows = Vec::new();
    let mut floors = Floors::default();
    for (floor, batch) in floors.iter_mut().zip(floor::BATCHES) {
        tracing::info!(seconds = options.seconds, batch, "measuring: rows straight into SQLite");
        let database = folder.join(format!("floor-{batch}.db"));
        *floor = floor::rows_per_second(&database, sample, batch, floor::Search::None, duration).await?;
        rows.push(Row::new(format!("SQLite alone: rows in transactions of {batch}"), *floor, "rows/s"));
    }
    let [_, floor_64, _] = floors;
    tracing::info!(
        seconds = options.seconds,
        "measuring: rows straight into SQLite, with an index for searching payloads"
    );
    let trigram = folder.join("floor-trigram.db");
    let trigram = floor::rows_per_second(&trigram, sample, 64, floor::Search::Trigram, duration).await?;
    let what = "SQLite alone with a trigram index of payloads: share of the one without";
    rows.push(Row::new(what, trigram / floor_64, "ratio"));
    Ok((rows, floors))
}

/// How often two are measured in turn: where the machine is slower for a while, it is so for both.
const ROUNDS: u32 = 5;

async fn storing_nothing(options: &Options, folder: &Path, sample: &[DemoRecord]) -> anyhow::Result<Vec<Row>> {
    let connections = 256;
    let database = folder.join("discard-records.db");
    let log = database.with_extension("log");
    let empty = Server::start_empty(&folder.join("empty.log")).await?;
    let discarding = Server::start_with(&server::url(&database), &log, &["--discard-records"]).await?;
    let loads = [&empty, &discarding].map(|server| Arc::new(Load::new(server.address(), sample)));
    for load in &loads {
        load.run(Plan::Count(sample.len() as u64), connections).await?;
    }
    let duration = options.duration() * 2 / ROUNDS;
    tracing::info!(
        seconds = duration.as_secs_f64(),
        rounds = ROUNDS,
        "measuring: an axum handler that does nothing, and the collector that stores nothing, in turn"
    );
    let mut rates = [0.0; 2];
    for _ in 0..ROUNDS {
        for (load, rate) in loads.iter().zip(&mut rates) {
            let outcome = load.run(Plan::For(duration), connections).await?;
            *rate += outcome.committed_per_second() / f64::from(ROUNDS);
        }
    }
    discarding.stop().await?;
    let [empty, discarding] = rates;
    Ok(vec![
        Row::new("HTTP alone: an axum handler that does nothing, 256 connections", empty, "requests/s"),
        Row::new("Collector that stores nothing: records answered, 256 connections", discarding, "records/s"),
        Row::new("Collector that stores nothing: share of HTTP alone", discarding / empty, "ratio")
            .target(Some(Target::AtLeast(0.5))),
    ])
}

async fn on_sqlite(
    options: &Options,
    folder: &Path,
    sample: &[DemoRecord],
    [_, floor_64, floor_1000]: Floors,
) -> anyhow::Result<(Vec<Row>, Rates)> {
    let server = Server::start(&folder.join("collector.db")).await?;
    let over = over_connections(&server, sample, options.duration(), "SQLite").await?;
    let mut rows = over.rows("SQLite");
    let (at_64, at_256) = (over.rate_at(USUAL), over.rate_at(256));
    let share = |what: &str, share, least| Row::new(what, share, "ratio").target(Some(Target::AtLeast(least)));
    rows.extend([
        share("Collector, 64 connections: share of SQLite alone, transactions of 64", at_64 / floor_64, 0.6),
        share("Collector, 256 connections: share of SQLite alone, transactions of 1000", at_256 / floor_1000, 0.4),
    ]);
    rows.extend(at_half(&server, sample, at_64 / 2.0, options).await?);
    rows.extend(beside_many(&server, sample, options).await?);
    server.stop().await?;
    let without = rate_with(options, folder, sample, USUAL, &["--without-counters"]).await?;
    let limited = rate_with(options, folder, sample, USUAL, &UNREACHED_LIMITS).await?;
    let unpacked = rate_with(options, folder, sample, USUAL, &["--pack-payloads=false"]).await?;
    rows.extend([
        Row::new("Collector without counters: records committed over HTTP", without, "records/s"),
        share("Collector: share of the collector without counters", at_64 / without, 0.7),
        Row::new("Collector with limits that are not reached: records committed over HTTP", limited, "records/s"),
        share("Collector: share of the collector without limits", limited / at_64, 0.97),
        Row::new("Collector that packs no payloads: records committed over HTTP", unpacked, "records/s"),
        Row::new("Collector: share of the collector that packs none", at_64 / unpacked, "ratio"),
    ]);
    Ok((rows, Rates { collector: at_64, floor_1000 }))
}

/// The rates over more and more connections.
struct Over(Vec<(u64, Outcome)>);

async fn over_connections(
    server: &Server,
    sample: &[DemoRecord],
    duration: Duration,
    on: &str,
) -> anyhow::Result<Over> {
    let load = Arc::new(Load::new(server.address(), sample));
    // Afterwards the texts that repeat are known, as they are on a server that has run for a while.
    load.run(Plan::Count(sample.len() as u64), USUAL).await?;
    let mut outcomes = Vec::new();
    for connections in CONNECTIONS {
        tracing::info!(
            seconds = duration.as_secs_f64(),
            connections,
            on,
            "measuring: records over HTTP, as many as go"
        );
        let outcome = load.run(Plan::For(duration), connections).await?;
        if outcome.committed == 0 {
            bail!("the collector stored nothing: {}", outcome.others());
        }
        outcomes.push((connections, outcome));
    }
    Ok(Over(outcomes))
}

impl Over {
    fn rate_at(&self, connections: u64) -> f64 {
        let found = self.0.iter().find(|(known, _)| *known == connections);
        found.map(|(_, outcome)| outcome.committed_per_second()).unwrap_or_default()
    }

    fn rows(&self, on: &str) -> Vec<Row> {
        let mut rows: Vec<Row> = self
            .0
            .iter()
            .map(|(connections, outcome)| {
                let s = if *connections == 1 { "" } else { "s" };
                let what = format!("Collector on {on}: records committed over HTTP, {connections} connection{s}");
                Row::new(what, outcome.committed_per_second(), "records/s")
            })
            .collect();
        rows.extend(self.0.last().map(|(_, outcome)| other_answers(&format!("Collector on {on}"), outcome)));
        rows
    }
}

/// At fixed times, half as many as go.
async fn at_half(
    server: &Server,
    sample: &[DemoRecord],
    per_second: f64,
    options: &Options,
) -> anyhow::Result<Vec<Row>> {
    let duration = options.duration();
    let load = Arc::new(Load::new(server.address(), sample));
    tracing::info!(seconds = options.seconds, per_second, "measuring: records over HTTP at half of that");
    let half = load.run(Plan::Paced { per_second, duration }, USUAL).await?;
    let latency = |share: &str, percent, target| {
        let what = format!("Collector at half that load: {share} latency");
        Row::new(what, stats::millis(stats::percentile(&half.latencies, percent)), "ms").target(target)
    };
    Ok(vec![
        Row::new("Collector at half that load: records committed", half.committed_per_second(), "records/s"),
        latency("median", 50, None),
        latency("p99", 99, Some(Target::Under(50.0))),
        latency("largest", 100, None),
        other_answers("Collector at half that load", &half),
    ])
}

/// A machine that sends now and then, beside many connections that send as much as goes.
async fn beside_many(server: &Server, sample: &[DemoRecord], options: &Options) -> anyhow::Result<Vec<Row>> {
    let duration = options.duration();
    let (many, one) = (Load::new(server.address(), sample), Load::new(server.address(), sample));
    let (many, one) = (Arc::new(many), Arc::new(one));
    tracing::info!(seconds = options.seconds, "measuring: a connection that sends now and then, beside many");
    let sending = tokio::spawn(async move { many.run(Plan::For(duration), 256).await });
    let one = one.run(Plan::Paced { per_second: 20.0, duration }, 1).await?;
    let many = sending.await??;
    let latency = |what: &str, outcome: &Outcome| {
        Row::new(format!("{what}: p99 latency"), stats::millis(stats::percentile(&outcome.latencies, 99)), "ms")
    };
    Ok(vec![
        latency("256 connections that send as much as goes", &many),
        latency("A connection beside them that sends 20 records a second", &one),
    ])
}

/// What the collector takes with some options.
async fn rate_with(
    options: &Options,
    folder: &Path,
    sample: &[DemoRecord],
    connections: u64,
    with: &[&str],
) -> anyhow::Result<f64> {
    let name = with.first().map_or("plain", |option| option.trim_start_matches('-'));
    let database = folder.join(format!("{name}.db"));
    let server = Server::start_with(&server::url(&database), &database.with_extension("log"), with).await?;
    let load = Arc::new(Load::new(server.address(), sample));
    load.run(Plan::Count(sample.len() as u64), connections).await?;
    tracing::info!(seconds = options.seconds, ?with, "measuring: records over HTTP");
    let full = load.run(Plan::For(options.duration()), connections).await?;
    server.stop().await?;
    Ok(full.committed_per_second())
}

async fn on_postgres(
    options: &Options,
    folder: &Path,
    sample: &[DemoRecord],
    postgres: Option<&Postgres>,
) -> anyhow::Result<Vec<Row>> {
    let what = "Collector on PostgreSQL, 256 connections: share of COPY";
    let target = Some(Target::AtLeast(0.12));
    let Some(postgres) = postgres else {
        return Ok(vec![Row::unmeasured(format!("{what} (name a server by --postgres)"), "ratio").target(target)]);
    };
    let duration = options.duration();
    tracing::info!(seconds = options.seconds, "measuring: rows into PostgreSQL by COPY");
    let copied = postgres.copied_per_second(sample, duration).await?;
    let database = postgres.database().await?;
    let server = Server::start_with(&database, &folder.join("postgres.log"), &[]).await?;
    let over = over_connections(&server, sample, duration, "PostgreSQL").await?;
    server.stop().await?;
    let mut rows = vec![Row::new("PostgreSQL alone: rows by COPY", copied, "rows/s")];
    rows.extend(over.rows("PostgreSQL"));
    rows.push(Row::new(what, over.rate_at(256) / copied, "ratio").target(target));
    Ok(rows)
}
