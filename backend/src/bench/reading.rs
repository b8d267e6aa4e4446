//! The Records page's calls on a large database, one after the other, as one person's clicks come; and the charts'.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use telemetrics_common::classification::Pattern;
use telemetrics_common::endpoint::url;
use telemetrics_common::facets::{Facets, GetFacets};
use telemetrics_common::filter::Severities;
use telemetrics_common::records::{DEFAULT_LIMIT, GetRecord, ListRecords, RecordDetails};
use telemetrics_common::{Endpoint, RecordFilter, Timestamp};

use super::charts;
use super::client::Client;
use super::report::{Row, Target};
use super::server::{self, Server};
use super::stats::{figure, millis, percentile};

const DAYS: u32 = 30;
/// What the Records page's own calls are to stay under, in milliseconds.
const PAGE_TARGET: Target = Target::Under(5.0);

/// How many records are read from.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) records: u64,
    /// How many there are when the charts are read again; as many as before, or fewer: they are not.
    pub(super) grown: u64,
}

/// Fills a database, reads from a server on it, and looks at that server's memory.
pub(super) async fn measure(database: &Path, sizes: Sizes, seed: u64) -> anyhow::Result<Vec<Row>> {
    let until = crate::now();
    tracing::info!(records = sizes.records, days = DAYS, "filling a database with the demo fleet");
    let filling = fill(database, sizes.records, seed, until, &[]).await?;
    let bytes = std::fs::metadata(database)?.len();
    tracing::info!("measuring: the Records page");
    let server = Server::start(database).await?;
    let mut client = Client::open(&server).await?;
    let facets = client.call(&GetFacets::default()).await?;
    let stored = facets.severities.iter().map(|count| count.records).sum::<u64>();
    let mut rows = vec![
        Row::new("Fill: demo records stored", stored as f64, "records"),
        Row::new("Fill: rate", stored as f64 / filling.as_secs_f64(), "records/s"),
        Row::new("Fill: database on disk", bytes as f64 / stored as f64, "bytes/record"),
    ];
    for case in cases(&mut client, &facets, stored, until).await? {
        let latencies = client.time(&case.path).await?;
        let row = |share: &str, percent| {
            Row::new(format!("{}: {share}", case.what), millis(percentile(&latencies, percent)), "ms")
        };
        rows.extend([row("median", 50).target(case.target), row("p99", 99)]);
    }
    let resident = server.resident_mib()?;
    rows.push(Row::new("Resident memory after reading", resident, "MiB").target(Some(Target::Under(150.0))));
    drop(client);
    server.stop().await?;
    let as_it_was = database.with_file_name("as-it-was.db");
    let mut databases = vec![database];
    if sizes.grown > sizes.records {
        tracing::info!(records = sizes.grown, "filling it further");
        // No server runs, so that all is in the one file.
        std::fs::copy(database, &as_it_was)?;
        // The same machines with the same faults, of which there is more to tell.
        fill(database, sizes.grown - sizes.records, seed, until, &[]).await?;
        databases.insert(0, &as_it_was);
    }
    let charts = charts::measure(&databases, until).await?;
    if let Some((first, others)) = charts.split_first() {
        rows.extend(first.rows("", None));
        let of = format!(" of {} records", figure(sizes.grown as f64));
        rows.extend(others.iter().flat_map(|grown| grown.rows(&of, Some(first))));
    }
    Ok(rows)
}

/// Fills a database with a fleet's records, told further options; gives the time that it took.
pub(super) async fn fill(
    database: &Path,
    records: u64,
    seed: u64,
    until: Timestamp,
    further: &[&str],
) -> anyhow::Result<Duration> {
    let (records, days, seed) = (records.to_string(), DAYS.to_string(), seed.to_string());
    let (until, url) = (until.to_string(), server::url(database));
    let begin = Instant::now();
    let options = ["--records", &records, "--days", &days, "--seed", &seed, "--until", &until, "--database", &url];
    server::run(&[&["demo"], options.as_slice(), further].concat()).await?;
    Ok(begin.elapsed())
}

/// One call to measure.
struct Case {
    what: String,
    path: String,
    target: Option<Target>,
}

impl Case {
    fn page(what: impl std::fmt::Display, params: RecordFilter, before: Option<i64>, target: Option<Target>) -> Self {
        let call = ListRecords { params, limit: Some(DEFAULT_LIMIT), before };
        Self { what: format!("Records, {what}"), path: url(&call), target }
    }

    fn other(what: &str, call: &impl Endpoint) -> Self {
        Self { what: what.to_owned(), path: url(call), target: None }
    }
}

/// The calls, with values that the database itself has.
async fn cases(client: &mut Client<'_>, facets: &Facets, stored: u64, until: Timestamp) -> anyhow::Result<Vec<Case>> {
    let any = RecordFilter::default;
    let (common, rare) = (facets.classifications.first(), facets.classifications.last());
    let (common, rare) = common.zip(rare).context("the database has no classifications")?;
    let exact = |name: &str| RecordFilter { classification: Some(Pattern::Exact(name.to_owned())), ..any() };
    let crashes = RecordFilter { classification: Some(Pattern::Below("org.clearlinux/crash/".to_owned())), ..any() };
    let middle = i64::try_from(stored / 2)?;
    let old = old_record(client, middle).await?;
    let machine = RecordFilter { machine_id: Some(old.machine_id.parse().map_err(anyhow::Error::msg)?), ..any() };
    let event = RecordFilter { event_id: Some(old.event_id.parse().map_err(anyhow::Error::msg)?), ..any() };
    let week = RecordFilter { from: Some(hours_before(until, 7 * 24)), to: Some(hours_before(until, 1)), ..any() };
    let records = |count: u64| format!("{} records", figure(count as f64));
    let target = Some(PAGE_TARGET);
    Ok(vec![
        Case::page("first page", any(), None, target),
        Case::page(
            format_args!("common classification ({})", records(common.records)),
            exact(&common.name),
            None,
            target,
        ),
        Case::page(format_args!("rare classification ({})", records(rare.records)), exact(&rare.name), None, target),
        Case::page("classification org.clearlinux/crash/*", crashes, None, target),
        Case::page("one machine", machine, None, target),
        Case::page("one system and build", largest_build(facets)?, None, None),
        Case::page("severity 4", RecordFilter { severity: Some(Severities::one(4)), ..any() }, None, None),
        Case::page("one event", event, None, None),
        Case::page("a page from the middle", any(), Some(middle), None),
        Case::other("Facets of all records", &GetFacets::default()),
        Case::other("Facets of a week that begins and ends within a day", &GetFacets(week)),
        Case::other("Details of a record", &GetRecord { id: old.id }),
    ])
}

/// A record from the middle, with all that one can search it by.
async fn old_record(client: &mut Client<'_>, middle: i64) -> anyhow::Result<RecordDetails> {
    let page = client.call(&ListRecords { before: Some(middle), ..ListRecords::default() }).await?;
    for row in page.records {
        let record = client.call(&GetRecord { id: row.id }).await?;
        if !record.event_id.is_empty() {
            return Ok(record);
        }
    }
    bail!("the database has no record with an event id where one was looked for")
}

fn largest_build(facets: &Facets) -> anyhow::Result<RecordFilter> {
    let system = facets.systems.first().context("the database has no systems")?;
    let build = system.builds.iter().max_by_key(|build| build.records).context("the database has no builds")?;
    Ok(RecordFilter { system: Some(system.name.clone()), build: Some(build.build.clone()), ..RecordFilter::default() })
}

pub(super) fn hours_before(time: Timestamp, hours: i64) -> Timestamp {
    Timestamp::from_seconds(time.seconds() - hours * 3600)
}
