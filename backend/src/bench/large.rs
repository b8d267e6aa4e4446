//! Work on whole databases: everything as CSV, an import, a purge while records come in.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use telemetrics_common::jobs::{GetJob, Job, JobState};
use telemetrics_common::records::CSV_PATH;
use telemetrics_common::retention::StartPurge;

use super::client::Client;
use super::collector::{Rates, USUAL};
use super::http::{Connection, get};
use super::load::{Load, Plan};
use super::other_answers;
use super::reading::{DAYS, database};
use super::report::{Row, Target};
use super::server::{self, Server, url};
use super::stats::{figure, millis, percentile};
use crate::demo::DemoRecord;

/// CSV is written out of a database of this size, or of the next smaller one.
const CSV_RECORDS: u64 = 1_000_000;
/// Of thirty days, those that a purge leaves: about a quarter of the records goes.
const DAYS_KEPT: u32 = DAYS * 3 / 4;
/// Longer than any purge takes.
const PURGE_TIME: Duration = Duration::from_secs(3600);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Measures with the databases that [`super::reading`] has filled.
pub(super) async fn measure(
    folder: &Path,
    sizes: &[u64],
    sample: &[DemoRecord],
    rates: Rates,
) -> anyhow::Result<Vec<Row>> {
    let (smallest, largest) = sizes.first().zip(sizes.last()).context("there is no size to measure")?;
    let exported = sizes.iter().rev().find(|size| **size <= CSV_RECORDS).unwrap_or(smallest);
    let mut rows = csv(&database(folder, *exported), *exported).await?;
    rows.extend(import(folder, *smallest, rates.floor_1000).await?);
    rows.extend(purge(&database(folder, *largest), *largest, sample, rates.collector / 2.0).await?);
    Ok(rows)
}

async fn csv(database: &Path, records: u64) -> anyhow::Result<Vec<Row>> {
    tracing::info!(records, "measuring: everything as CSV");
    let server = Server::start(database).await?;
    let before = server.resident_mib()?;
    let mut connection = Connection::open(server.address()).await?;
    let request = get(server.address(), CSV_PATH);
    let reading = connection.read_all(&request);
    tokio::pin!(reading);
    let mut most = before;
    let read = loop {
        tokio::select! {
            read = &mut reading => break read?,
            () = tokio::time::sleep(LOOK_AGAIN) => most = most.max(server.resident_mib()?),
        }
    };
    server.stop().await?;
    let what = format!("CSV of {} records", figure(records as f64));
    let megabytes = read.bytes as f64 / 1e6;
    Ok(vec![
        Row::new(format!("{what}: size"), megabytes, "MB"),
        Row::new(format!("{what}: first byte"), millis(read.first_byte), "ms").target(Some(Target::Under(50.0))),
        Row::new(format!("{what}: rate"), megabytes / read.elapsed.as_secs_f64(), "MB/s")
            .target(Some(Target::AtLeast(100.0))),
        Row::new(format!("{what}: memory grows by"), most - before, "MiB").target(Some(Target::Under(32.0))),
    ])
}

async fn import(folder: &Path, records: u64, floor_1000: f64) -> anyhow::Result<Vec<Row>> {
    let (lines, fresh) = (folder.join("exported.ndjson"), folder.join("imported.db"));
    let lines = lines.to_str().context("the folder's name is no text")?;
    server::run(&["export", "--output", lines, "--database", &url(&database(folder, records))]).await?;
    tracing::info!(records, "measuring: an import");
    let begin = Instant::now();
    server::run(&["import", "--ndjson", lines, "--database", &url(&fresh)]).await?;
    let rate = records as f64 / begin.elapsed().as_secs_f64();
    Ok(vec![
        Row::new(format!("Import of {} records from a file", figure(records as f64)), rate, "records/s"),
        Row::new("Import: share of SQLite alone, transactions of 1000", rate / floor_1000, "ratio")
            .target(Some(Target::AtLeast(0.5))),
    ])
}

async fn purge(database: &Path, records: u64, sample: &[DemoRecord], per_second: f64) -> anyhow::Result<Vec<Row>> {
    let days = DAYS_KEPT.to_string();
    let server =
        Server::start_with(&url(database), &database.with_extension("log"), &["--retention-days", &days]).await?;
    let load = Arc::new(Load::new(server.address(), sample));
    load.warm_up(USUAL).await?;
    tracing::info!(per_second, records, "measuring: a purge of a quarter while records come in");
    let sending = {
        let load = Arc::clone(&load);
        tokio::spawn(async move { load.run(Plan::Paced { per_second, duration: PURGE_TIME }, USUAL).await })
    };
    let begin = Instant::now();
    let mut client = Client::open(&server).await?;
    let id = client.send(&StartPurge {}, &()).await?.job;
    let purged = loop {
        match client.call(&GetJob { id }).await? {
            Job { state: JobState::Done, done, .. } => break done,
            Job { state: JobState::Failed, .. } => bail!("the purge broke off"),
            _ => tokio::time::sleep(LOOK_AGAIN).await,
        }
    };
    let took = begin.elapsed();
    load.stop();
    let outcome = sending.await??;
    drop(client);
    server.stop().await?;
    let what = format!("Purge of {} of {} records", figure(purged as f64), figure(records as f64));
    let meanwhile = "Collector while records are purged";
    let latency = |share: &str, percent| {
        Row::new(format!("{meanwhile}: {share} latency"), millis(percentile(&outcome.latencies, percent)), "ms")
    };
    Ok(vec![
        Row::new(format!("{what}: rate"), purged as f64 / took.as_secs_f64(), "records/s"),
        Row::new(format!("{meanwhile}: records committed"), outcome.committed_per_second(), "records/s"),
        latency("p99", 99).target(Some(Target::Under(250.0))),
        latency("largest", 100),
        other_answers(meanwhile, &outcome),
    ])
}
