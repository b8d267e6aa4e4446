//! The collector under load, against what the database alone does with the same rows.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;

use super::floor::{self, Floor, Search};
use super::load::{Load, Outcome, Plan};
use super::postgres::Postgres;
use super::report::{Row, Target};
use super::server::{self, Server};
use super::turns::{Loaded, Subject, in_turn};
use super::{Options, other_answers, stats};
use crate::demo::DemoRecord;

/// How many connections a loud fleet sends over at once.
const MANY: u64 = 256;
/// How much longer something is measured in turns than at once: each has a beginning and an end.
const IN_TURN: u32 = 2;
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
    let mut rows = storing_nothing(options, folder, sample).await?;
    let (on_sqlite, rates) = on_sqlite(options, folder, sample).await?;
    rows.extend(on_sqlite);
    rows.extend(with_and_without(options, folder, sample).await?);
    rows.extend(on_postgres(options, folder, sample, postgres).await?);
    Ok((rows, rates))
}

async fn storing_nothing(options: &Options, folder: &Path, sample: &[DemoRecord]) -> anyhow::Result<Vec<Row>> {
    let empty = Server::start_empty(&folder.join("empty.log")).await?;
    let empty = Loaded::warm(empty, sample, MANY).await?;
    let discarding = start_with(folder.join("discard-records.db"), &["--discard-records"], sample, MANY).await?;
    tracing::info!("measuring: an axum handler that does nothing, and the collector that stores nothing, in turn");
    let subjects = [Subject::Server(&empty, MANY), Subject::Server(&discarding, MANY)];
    let [nothing, not_stored] = in_turn(subjects, IN_TURN * options.duration()).await?;
    discarding.server.stop().await?;
    Ok(vec![
        Row::new(
            "HTTP alone: an axum handler that does nothing, 256 connections",
            nothing.committed_per_second(),
            "requests/s",
        ),
        Row::new(
            "Collector that stores nothing: records answered, 256 connections",
            not_stored.committed_per_second(),
            "records/s",
        ),
        share("Collector that stores nothing: share of HTTP alone", &not_stored, &nothing)
            .target(Some(Target::AtLeast(0.5))),
    ])
}

fn share(what: &str, of: &Outcome, all: &Outcome) -> Row {
    Row::new(what, of.committed_per_second() / all.committed_per_second(), "ratio")
}

async fn on_sqlite(options: &Options, folder: &Path, sample: &[DemoRecord]) -> anyhow::Result<(Vec<Row>, Rates)> {
    let duration = options.duration();
    let records = floor::rows(sample);
    let floor =
        |name: &str, batch, search| Floor::new(folder.join(format!("floor-{name}.db")), &records, batch, search);
    tracing::info!(seconds = options.seconds, "measuring: rows straight into SQLite, one by one");
    let floor_1 = floor("1", 1, Search::None).await?.run(duration).await?;
    let collector = start_with(folder.join("collector.db"), &[], sample, USUAL).await?;
    let mut over = over_connections(&collector.load, &[1, 16], duration, "SQLite").await?;
    let subjects = [
        Subject::Floor(floor("64", 64, Search::None).await?),
        Subject::Server(&collector, USUAL),
        Subject::Floor(floor("1000", 1000, Search::None).await?),
        Subject::Server(&collector, MANY),
        Subject::Floor(floor("trigram", 64, Search::Trigram).await?),
    ];
    tracing::info!("measuring: rows straight into SQLite, and records over HTTP, in turn");
    let [floor_64, at_64, floor_1000, at_256, trigram] = in_turn(subjects, IN_TURN * duration).await?;
    let alone = |batch, floor: &Outcome| {
        Row::new(format!("SQLite alone: rows in transactions of {batch}"), floor.committed_per_second(), "rows/s")
    };
    let mut rows = vec![alone(1, &floor_1), alone(64, &floor_64), alone(1000, &floor_1000)];
    rows.push(share("SQLite alone with a trigram index of payloads: share of the one without", &trigram, &floor_64));
    let shares = [
        share("Collector, 64 connections: share of SQLite alone, transactions of 64", &at_64, &floor_64)
            .target(Some(Target::AtLeast(0.6))),
        share("Collector, 256 connections: share of SQLite alone, transactions of 1000", &at_256, &floor_1000)
            .target(Some(Target::AtLeast(0.4))),
    ];
    let rates = Rates { collector: at_64.committed_per_second(), floor_1000: floor_1000.committed_per_second() };
    over.0.extend([(USUAL, at_64), (MANY, at_256)]);
    rows.extend(over.rows("SQLite"));
    rows.extend(shares);
    rows.extend(at_half(&collector.load, rates.collector / 2.0, options).await?);
    rows.extend(beside_many(&collector.server, sample, options).await?);
    collector.server.stop().await?;
    Ok((rows, rates))
}

/// What counters, limits and packing cost.
async fn with_and_without(options: &Options, folder: &Path, sample: &[DemoRecord]) -> anyhow::Result<Vec<Row>> {
    let start = |name: &str, with| start_with(folder.join(format!("{name}.db")), with, sample, USUAL);
    let collectors = [
        start("usual", &[]).await?,
        start("without-counters", &["--without-counters"]).await?,
        start("limited", &UNREACHED_LIMITS).await?,
        start("unpacked", &["--pack-payloads=false"]).await?,
    ];
    let subjects = collectors.each_ref().map(|collector| Subject::Server(collector, USUAL));
    tracing::info!("measuring: the collector, without counters, with limits, without packing, in turn");
    let [usual, without, limited, unpacked] = in_turn(subjects, IN_TURN * options.duration()).await?;
    for collector in collectors {
        collector.server.stop().await?;
    }
    let rate = |what: &str, outcome: &Outcome| {
        Row::new(format!("{what}: records committed over HTTP"), outcome.committed_per_second(), "records/s")
    };
    Ok(vec![
        rate("Collector without counters", &without),
        share("Collector: share of the collector without counters", &usual, &without)
            .target(Some(Target::AtLeast(0.7))),
        rate("Collector with limits that are not reached", &limited),
        share("Collector: share of the collector without limits", &limited, &usual).target(Some(Target::AtLeast(0.97))),
        rate("Collector that packs no payloads", &unpacked),
        share("Collector: share of the collector that packs none", &usual, &unpacked),
    ])
}

/// The rates over more and more connections.
struct Over(Vec<(u64, Outcome)>);

async fn over_connections(load: &Arc<Load>, connections: &[u64], duration: Duration, on: &str) -> anyhow::Result<Over> {
    let mut outcomes = Vec::new();
    for &connections in connections {
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
async fn at_half(load: &Arc<Load>, per_second: f64, options: &Options) -> anyhow::Result<Vec<Row>> {
    let duration = options.duration();
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
    let sending = tokio::spawn(async move { many.run(Plan::For(duration), MANY).await });
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

/// A collector with some options, and what it is sent.
async fn start_with(
    database: PathBuf,
    options: &[&str],
    sample: &[DemoRecord],
    connections: u64,
) -> anyhow::Result<Loaded> {
    let server = Server::start_with(&server::url(&database), &database.with_extension("log"), options).await?;
    Loaded::warm(server, sample, connections).await
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
    let server = Server::start_with(&postgres.database().await?, &folder.join("postgres.log"), &[]).await?;
    let collector = Loaded::warm(server, sample, USUAL).await?;
    let over = over_connections(&collector.load, &[1, 16, USUAL, MANY], duration, "PostgreSQL").await?;
    collector.server.stop().await?;
    let mut rows = vec![Row::new("PostgreSQL alone: rows by COPY", copied, "rows/s")];
    rows.extend(over.rows("PostgreSQL"));
    rows.push(Row::new(what, over.rate_at(MANY) / copied, "ratio").target(target));
    Ok(rows)
}
