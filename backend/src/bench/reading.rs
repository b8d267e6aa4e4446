//! The Records page's calls on a large database, one after the other, as one person's clicks come.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use telemetrics_common::classification::Pattern;
use telemetrics_common::endpoint::url;
use telemetrics_common::facets::{Facets, GetFacets};
use telemetrics_common::filter::Severities;
use telemetrics_common::records::{DEFAULT_LIMIT, GetRecord, ListRecords, RecordDetails};
use telemetrics_common::{Endpoint, RecordFilter, Timestamp};

use super::http::{Connection, get};
use super::report::{Row, Target};
use super::server::{self, Server};
use super::stats::{figure, millis, percentile};

const DAYS: u32 = 30;
const WARM_UPS: usize = 3;
const MEASURED: usize = 40;
/// What the Records page's own calls are to stay under, in milliseconds.
const PAGE_TARGET: Target = Target::Under(5.0);

/// Fills a database, reads from a server on it, and looks at that server's memory.
pub(super) async fn measure(database: &Path, records: u64, seed: u64) -> anyhow::Result<Vec<Row>> {
    let until = crate::now();
    tracing::info!(records, days = DAYS, "filling a database with the demo fleet");
    let filling = fill(database, records, seed, until).await?;
    let bytes = std::fs::metadata(database)?.len();
    tracing::info!("measuring: the Records page");
    let server = Server::start(database).await?;
    let mut client = Client { connection: Connection::open(server.address()).await?, server: &server };
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
    Ok(rows)
}

/// Gives the time that it took.
async fn fill(database: &Path, records: u64, seed: u64, until: Timestamp) -> anyhow::Result<Duration> {
    let (records, days, seed) = (records.to_string(), DAYS.to_string(), seed.to_string());
    let (until, url) = (until.to_string(), server::url(database));
    let begin = Instant::now();
    let options = ["--records", &records, "--days", &days, "--seed", &seed, "--until", &until, "--database", &url];
    server::run(&[&["demo"], options.as_slice()].concat()).await?;
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

fn hours_before(time: Timestamp, hours: i64) -> Timestamp {
    Timestamp::from_seconds(time.seconds() - hours * 3600)
}

/// One kept connection to the server.
struct Client<'a> {
    connection: Connection,
    server: &'a Server,
}

impl Client<'_> {
    async fn call<E: Endpoint>(&mut self, call: &E) -> anyhow::Result<E::Response> {
        let path = url(call);
        let body = self.ask(&get(self.server.address(), &path), &path).await?;
        serde_json::from_slice(body).with_context(|| format!("cannot read the answer to {path}"))
    }

    /// The time of one call, many times over, ascending.
    async fn time(&mut self, path: &str) -> anyhow::Result<Vec<Duration>> {
        let request = get(self.server.address(), path);
        let mut latencies = Vec::with_capacity(WARM_UPS + MEASURED);
        for _ in 0..WARM_UPS + MEASURED {
            let begin = Instant::now();
            self.ask(&request, path).await?;
            latencies.push(begin.elapsed());
        }
        let mut measured = latencies.split_off(WARM_UPS);
        measured.sort_unstable();
        Ok(measured)
    }

    async fn ask(&mut self, request: &[u8], path: &str) -> anyhow::Result<&[u8]> {
        let answer = self.connection.ask(request).await.with_context(|| format!("no answer to {path}"))?;
        match answer.status {
            200 => Ok(answer.body),
            status => bail!("{path} was answered {status}: {}", String::from_utf8_lossy(answer.body)),
        }
    }
}
