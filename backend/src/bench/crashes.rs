//! A database of nothing but crashes: the Crashes view's calls, judging all of them anew while records come in, and
//! reading payloads.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use telemetrics_common::crashes::{GetCrashCharts, GetCrashes, GuiltyRow};
use telemetrics_common::endpoint::url;
use telemetrics_common::guilties::{GetGuilty, ListBacktraces, ListStacks, OfGuilty, Recompute};
use telemetrics_common::jobs::{GetJob, JobState};
use telemetrics_common::never_guilty::{AddNeverGuilty, FramePattern, RemoveNeverGuilty};

use super::client::Client;
use super::collector::USUAL;
use super::load::{Load, Outcome, Plan};
use super::reading::fill;
use super::report::{Row, Target};
use super::server::{Server, url as url_of};
use super::stats::{figure, millis, percentile};
use super::{Options, SEED, other_answers};
use crate::backtrace::{crashing_thread, stack_key};
use crate::demo::{DemoOptions, DemoRecord, fleet};

pub(super) const TABLE_TARGET: Target = Target::Under(20.0);
const BACKTRACES_TARGET: Target = Target::Under(30.0);
const RECOMPUTE_TARGET: Target = Target::Under(2000.0);
const COLLECTOR_TARGET: Target = Target::Under(250.0);
const PAYLOADS_TARGET: Target = Target::AtLeast(150_000.0);

/// How often a job is asked whether it is done.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// Frames of a payload as they usually are.
const FRAMES: usize = 12;
/// How many payloads are read in turn.
const PAYLOADS: usize = 64;
/// For how long at most.
const PAYLOADS_TIME: Duration = Duration::from_secs(4);

/// Fills a database, makes the calls, and recomputes while records come in, so many a second.
pub(super) async fn measure(
    folder: &Path,
    options: &Options,
    sample: &[DemoRecord],
    per_second: f64,
) -> anyhow::Result<Vec<Row>> {
    let mut rows = vec![payloads_per_second(options.duration().min(PAYLOADS_TIME))?];
    if options.crash_records == 0 {
        return Ok(rows);
    }
    let database = folder.join("crashes.db");
    tracing::info!(records = options.crash_records, "filling a database with crashes");
    fill(&url_of(&database), options.crash_records, SEED, crate::now(), &["--only-crashes"]).await?;
    tracing::info!("measuring: the Crashes view");
    let server = Server::start(&database).await?;
    let mut client = Client::open(&server).await?;
    let month = client.call(&GetCrashes { days: Some(30), ..GetCrashes::default() }).await?;
    let top = month.guilties.into_iter().next().context("the database has no crashes")?;
    let of = format!("of {} crashes", figure(options.crash_records as f64));
    for (what, path, target) in paths(&top) {
        let times = client.time(&path, options.calls).await?;
        rows.push(Row::new(format!("{what} {of}: median"), millis(percentile(&times, 50)), "ms").target(Some(target)));
    }
    rows.extend(recompute(&server, &mut client, &top, options, (sample, per_second)).await?);
    drop(client);
    server.stop().await?;
    Ok(rows)
}

fn paths(top: &GuiltyRow) -> Vec<(&'static str, String, Target)> {
    let of = OfGuilty { id: top.id, build: None, machine_id: None };
    let month = || GetCrashes { days: Some(30), ..GetCrashes::default() };
    let search = GetCrashes { search: Some(top.module.clone()), ..month() };
    vec![
        ("Crashes, 7 days", url(&GetCrashes::default()), TABLE_TARGET),
        ("Crashes, 30 days", url(&month()), TABLE_TARGET),
        ("Crashes, 30 days, all builds", url(&GetCrashes { all_builds: Some(true), ..month() }), TABLE_TARGET),
        ("Crashes, 30 days, a search", url(&search), TABLE_TARGET),
        ("Crashes, the charts", url(&GetCrashCharts::default()), TABLE_TARGET),
        ("Guilty with the most crashes", url(&GetGuilty { id: top.id }), TABLE_TARGET),
        ("Its stacks", url(&ListStacks { id: top.id, limit: None, offset: None }), BACKTRACES_TARGET),
        ("Its backtraces", url(&ListBacktraces::first(of)), BACKTRACES_TARGET),
    ]
}

/// Edits one frame and recomputes, and takes that back and recomputes, again and again while records come in.
async fn recompute(
    server: &Server,
    client: &mut Client<'_>,
    top: &GuiltyRow,
    options: &Options,
    (sample, per_second): (&[DemoRecord], f64),
) -> anyhow::Result<Vec<Row>> {
    let load = Arc::new(Load::new(server.address(), sample));
    // Afterwards the texts that repeat are known.
    load.warm_up(USUAL).await?;
    let duration = options.duration();
    tracing::info!(per_second, "measuring: judging all crashes anew while records come in");
    let sending = tokio::spawn(async move { load.run(Plan::Paced { per_second, duration }, USUAL).await });
    let frame = FramePattern { function: top.function.clone(), module: "*".to_owned(), reason: None };
    let (begin, mut times) = (Instant::now(), Vec::new());
    while begin.elapsed() < duration {
        if times.len().is_multiple_of(2) {
            client.send(&AddNeverGuilty {}, &frame).await?;
        } else {
            client.send(&RemoveNeverGuilty {}, &frame).await?;
        }
        times.push(job(client).await?);
    }
    times.sort_unstable();
    let outcome: Outcome = sending.await??;
    let meanwhile = "Collector while crashes are judged anew";
    let latency = |share: &str, percent| {
        Row::new(format!("{meanwhile}: {share} latency"), millis(percentile(&outcome.latencies, percent)), "ms")
    };
    let of = figure(options.crash_records as f64);
    Ok(vec![
        Row::new(format!("Recompute of {of} crashes, after an edit: median"), millis(percentile(&times, 50)), "ms")
            .target(Some(RECOMPUTE_TARGET)),
        Row::new(format!("{meanwhile}: records committed"), outcome.committed_per_second(), "records/s"),
        latency("p99", 99).target(Some(COLLECTOR_TARGET)),
        latency("largest", 100),
        other_answers(meanwhile, &outcome),
    ])
}

/// The time from asking for a recompute to its end.
async fn job(client: &mut Client<'_>) -> anyhow::Result<Duration> {
    let begin = Instant::now();
    let id = client.send(&Recompute {}, &()).await?.job;
    loop {
        match client.call(&GetJob { id }).await?.state {
            JobState::Done => return Ok(begin.elapsed()),
            JobState::Failed => bail!("crashes could not be judged anew"),
            JobState::Queued | JobState::Running => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}

/// From payloads to the keys of their stacks, on one core.
fn payloads_per_second(duration: Duration) -> anyhow::Result<Row> {
    let options = DemoOptions { records: u64::MAX, days: 1, seed: SEED, until: crate::now(), only_crashes: true };
    let payloads = fleet(&options).map(|demo| demo.record.payload);
    let payloads: Vec<String> =
        payloads.filter(|payload| crashing_thread(payload).len() == FRAMES).take(PAYLOADS).collect();
    if payloads.is_empty() {
        bail!("no payload has {FRAMES} frames");
    }
    tracing::info!("measuring: payloads to the keys of their stacks");
    let (begin, mut read) = (Instant::now(), 0_u64);
    while begin.elapsed() < duration {
        for payload in &payloads {
            std::hint::black_box(stack_key(&crashing_thread(std::hint::black_box(payload))));
        }
        read += payloads.len() as u64;
    }
    let what = format!("Payloads with {FRAMES} frames to the keys of their stacks, on one core");
    let rate = read as f64 / begin.elapsed().as_secs_f64();
    Ok(Row::new(what, rate, "payloads/s").target(Some(PAYLOADS_TARGET)))
}
