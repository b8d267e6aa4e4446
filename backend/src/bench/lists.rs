//! The Records page's calls, with values that the database itself has.

use std::time::Instant;

use anyhow::{Context, bail};
use telemetrics_common::classification::Pattern;
use telemetrics_common::endpoint::url;
use telemetrics_common::facets::{Facets, GetFacets};
use telemetrics_common::filter::Severities;
use telemetrics_common::records::{DEFAULT_LIMIT, GetRecord, ListRecords, RecordDetails};
use telemetrics_common::{Endpoint, RecordFilter, Timestamp};

use super::client::Client;
use super::reading::hours_before;
use super::report::Target;
use super::stats::figure;

/// What the Records page's own calls are to stay under, in milliseconds.
const PAGE_TARGET: Target = Target::Under(5.0);

/// One call to measure.
pub(super) struct Case {
    pub(super) what: String,
    pub(super) path: String,
    pub(super) target: Option<Target>,
    /// Whether it belongs to what is compared between databases. Counts of parts of days come from the records themselves, of
    /// which there are more in a larger one.
    pub(super) is_usual: bool,
}

impl Case {
    fn page(what: impl std::fmt::Display, params: RecordFilter, before: Option<i64>, target: Option<Target>) -> Self {
        let call = ListRecords { params, limit: Some(DEFAULT_LIMIT), before };
        Self { what: format!("Records, {what}"), path: url(&call), target, is_usual: true }
    }

    fn other(what: &str, call: &impl Endpoint) -> Self {
        Self { what: what.to_owned(), path: url(call), target: None, is_usual: true }
    }
}

/// The calls of a database of which a server is asked.
pub(super) async fn cases(client: &mut Client<'_>, stored: u64, until: Timestamp) -> anyhow::Result<Vec<Case>> {
    let facets = client.call(&GetFacets::default()).await?;
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
        Case::page("one system and build", largest_build(&facets)?, None, None),
        Case::page("severity 4", RecordFilter { severity: Some(Severities::one(4)), ..any() }, None, None),
        Case::page("one event", event, None, None),
        Case::page("a page from the middle", any(), Some(middle), None),
        Case::other("Facets of all records", &GetFacets::default()),
        Case { is_usual: false, ..Case::other("Facets of a week that begins and ends within a day", &GetFacets(week)) },
        Case::other("Details of a record", &GetRecord { id: old.id }),
    ])
}

/// How many records a second a search of payloads looks at, by a pattern that none matches.
pub(super) async fn searched_per_second(client: &mut Client<'_>) -> anyhow::Result<f64> {
    let newest = client.call(&ListRecords::default()).await?.records.first().map(|row| row.id).unwrap_or_default();
    let params = RecordFilter { payload: Some("no payload has this: [0-9]{40}".to_owned()), ..RecordFilter::default() };
    let begin = Instant::now();
    let page = client.call(&ListRecords { params, ..ListRecords::default() }).await?;
    let looked_at = newest - page.next_before.unwrap_or_default();
    Ok(looked_at as f64 / begin.elapsed().as_secs_f64())
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
