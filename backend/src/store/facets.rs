//! Facets: counts of what a filter could be narrowed to.
//!
//! All four facets come from one set of cells, the records by (classification, build, severity, source)
//! that pass the other parts of the filter. Cells come from the counters where those know enough, else
//! from the records by index, else, for a search of payloads, from a scan with a time budget.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query, SelectStatement};
use sea_orm::{ConnectionTrait, QueryResult};
use telemetrics_common::builds::sort_by_build;
use telemetrics_common::facets::{BuildCount, Facets, NameCount, SeverityCount, SourceCount, SystemFacet};
use telemetrics_common::filter::Source;
use telemetrics_common::{RecordFilter, Timestamp};

use super::Store;
use super::counters::{Cell, SECONDS_PER_DAY, catch_up, read_cell};
use super::dictionary::OTHER;
use super::payload;
use super::search::PayloadSearch;
use super::select::{self, Plan};
use crate::entity::records::{Column, Entity};
use crate::error::Result;

/// How many records a search looks at between two looks at the clock.
const CHUNK: u64 = 256;

/// Counts by each facet; each ignores its own part of the filter.
///
/// # Errors
/// `BadRequest` for a regular expression that cannot be read, and the database's.
pub async fn facets(store: &Store, filter: &RecordFilter, budget: Duration) -> Result<Facets> {
    let search = PayloadSearch::new(filter)?;
    let others = RecordFilter {
        system: None,
        build: None,
        classification: None,
        severity: None,
        source: None,
        ..filter.clone()
    };
    // The counters know the time of capture, and classifications, so kinds.
    let counted_by = RecordFilter { from: others.from, to: others.to, kind: others.kind, ..RecordFilter::default() };
    let only_time = counted_by == others;
    let mut partial = false;
    let cells = if only_time {
        counted(store, others.from, others.to).await?
    } else {
        match (select::plan(store, &others, crate::now()).await?, search) {
            (None, _) => BTreeMap::new(),
            (Some(plan), None) => grouped(store, plan.condition()).await?,
            (Some(plan), Some(search)) => {
                let (cells, is_partial) = scanned(store, &plan, &search, budget).await?;
                partial = is_partial;
                cells
            }
        }
    };
    let mut cells = with_texts(store, cells).await?;
    cells.retain(|cell| filter.kind.is_none_or(|kind| store.is_of(kind, &cell.classification)));
    Ok(Facets { partial, ..summed(&cells, filter) })
}

type Cells = BTreeMap<Cell, u64>;

/// A cell with its texts.
#[derive(Debug)]
struct NamedCell {
    classification: String,
    system: String,
    build: String,
    severity: u8,
    external: bool,
    records: u64,
}

fn summed(cells: &[NamedCell], filter: &RecordFilter) -> Facets {
    let classification =
        |cell: &NamedCell| filter.classification.as_ref().is_none_or(|pattern| pattern.matches(&cell.classification));
    let system = |cell: &NamedCell| {
        filter.system.as_ref().is_none_or(|name| *name == cell.system)
            && filter.build.as_ref().is_none_or(|name| *name == cell.build)
    };
    let severity =
        |cell: &NamedCell| filter.severity.as_ref().is_none_or(|severities| severities.contains(cell.severity));
    let source = |cell: &NamedCell| filter.source.is_none_or(|source| source == Source::of(cell.external));

    let mut systems = BTreeMap::<&str, BTreeMap<&str, u64>>::new();
    let mut classifications = BTreeMap::<&str, u64>::new();
    let mut severities = BTreeMap::<u8, u64>::new();
    let mut sources = BTreeMap::<bool, u64>::new();
    for cell in cells {
        let (c, s, v, o) = (classification(cell), system(cell), severity(cell), source(cell));
        if c && v && o {
            *systems.entry(&cell.system).or_default().entry(&cell.build).or_default() += cell.records;
        }
        if s && v && o {
            *classifications.entry(&cell.classification).or_default() += cell.records;
        }
        if c && s && o {
            *severities.entry(cell.severity).or_default() += cell.records;
        }
        if c && s && v {
            *sources.entry(cell.external).or_default() += cell.records;
        }
    }
    let mut systems: Vec<SystemFacet> = systems.into_iter().map(|(name, builds)| system_facet(name, &builds)).collect();
    systems.sort_by_key(|count| Reverse(count.records));
    let mut classifications: Vec<NameCount> = classifications
        .into_iter()
        .map(|(name, records)| NameCount { name: name.to_owned(), records, purged: 0 })
        .collect();
    classifications.sort_by_key(|count| Reverse(count.records));
    let mut sources: Vec<SourceCount> =
        sources.into_iter().map(|(external, records)| SourceCount { source: Source::of(external), records }).collect();
    sources.sort_by_key(|count| Reverse(count.records));
    let severity = |(severity, records)| SeverityCount { severity, records, purged: 0 };
    let severities = severities.into_iter().map(severity).collect();
    Facets { systems, classifications, severities, sources, partial: false }
}

fn system_facet(name: &str, builds: &BTreeMap<&str, u64>) -> SystemFacet {
    let records = builds.values().sum();
    let count =
        |(build, records): (&&str, &u64)| BuildCount { build: (*build).to_owned(), records: *records, purged: 0 };
    let mut builds: Vec<BuildCount> = builds.iter().map(count).collect();
    sort_by_build(&mut builds, |count| &count.build);
    SystemFacet { name: name.to_owned(), records, builds }
}

async fn with_texts(store: &Store, cells: Cells) -> Result<Vec<NamedCell>> {
    let dictionaries = store.dictionaries();
    dictionaries.classification.load(store.reader(), cells.keys().map(|cell| cell.classification_id)).await?;
    dictionaries.build.load(store.reader(), cells.keys().map(|cell| cell.build_id)).await?;
    let text = |texts: &[String], column: usize| texts.get(column).cloned().unwrap_or_default();
    let name = |(cell, records): (Cell, u64)| {
        let classification = dictionaries.classification.texts(cell.classification_id)?;
        let build = dictionaries.build.texts(cell.build_id)?;
        Ok(NamedCell {
            classification: text(&classification, 0),
            system: text(&build, 0),
            build: text(&build, 1),
            severity: u8::try_from(cell.severity).unwrap_or_default(),
            external: cell.external,
            records,
        })
    };
    // Of what is counted, all may be purged.
    let known =
        |(cell, records): &(Cell, u64)| *records > 0 && (cell.classification_id != OTHER || cell.build_id != OTHER);
    cells.into_iter().filter(known).map(name).collect()
}

/// From the counters: whole days, and the edges by index of the capture time.
async fn counted(store: &Store, from: Option<Timestamp>, to: Option<Timestamp>) -> Result<Cells> {
    catch_up(store).await?;
    if from.is_none() && to.is_none() {
        return sum(store, Query::select().from("record_total").expr(sum_of_records()).take()).await;
    }
    let (from, to) =
        (from.map_or(i64::MIN, Timestamp::seconds_rounded_up), to.map_or(i64::MAX, Timestamp::seconds_rounded_up));
    let first_day = from.saturating_add(SECONDS_PER_DAY - 1).div_euclid(SECONDS_PER_DAY);
    let end_day = to.div_euclid(SECONDS_PER_DAY);
    if first_day >= end_day {
        return between(store, from, to).await;
    }
    let clamp = |day: i64| day.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
    let days = Query::select()
        .from("record_day")
        .expr(sum_of_records())
        .and_where(Expr::col("day").gte(clamp(first_day)))
        .and_where(Expr::col("day").lt(clamp(end_day)))
        .take();
    let mut cells = sum(store, days).await?;
    let edges = [(from, first_day.saturating_mul(SECONDS_PER_DAY)), (end_day.saturating_mul(SECONDS_PER_DAY), to)];
    for (begin, end) in edges.into_iter().filter(|(begin, end)| begin < end) {
        for (cell, records) in between(store, begin, end).await? {
            *cells.entry(cell).or_default() += records;
        }
    }
    Ok(cells)
}

async fn between(store: &Store, from: i64, to: i64) -> Result<Cells> {
    let captured_at = Expr::col(Column::CapturedAt);
    grouped(store, Condition::all().add(captured_at.clone().gte(from)).add(captured_at.lt(to))).await
}

async fn grouped(store: &Store, condition: Condition) -> Result<Cells> {
    let count = Func::count(Expr::val(1));
    sum(store, Query::select().from(Entity).expr_as(count, "records").cond_where(condition).take()).await
}

fn sum_of_records() -> sea_orm::sea_query::SelectExpr {
    let sum = Func::cast_as(Func::sum(Expr::cust("records - purged")), Alias::new("BIGINT"));
    sea_orm::sea_query::SelectExpr { expr: sum.into(), alias: None, window: None }
}

/// Runs a query whose first column is the number of records, grouped by cell.
async fn sum(store: &Store, mut query: SelectStatement) -> Result<Cells> {
    for column in ["classification_id", "build_id", "severity", "external"] {
        query.column(column).group_by_col(column);
    }
    store.reader().query_all(&query).await?.iter().map(read_count).collect()
}

fn read_count(row: &QueryResult) -> Result<(Cell, u64)> {
    let records: i64 = row.try_get_by_index(0)?;
    Ok((read_cell(row, 1)?, u64::try_from(records).unwrap_or(0)))
}

/// From the records themselves, newest first, until the time is over.
async fn scanned(store: &Store, plan: &Plan, search: &PayloadSearch, budget: Duration) -> Result<(Cells, bool)> {
    let begin = Instant::now();
    let mut cells = Cells::new();
    let mut before = None;
    loop {
        let ids = plan.ids(store, before, CHUNK).await?;
        before = ids.last().copied();
        for (cell, payload) in payloads(store, &ids).await? {
            if search.passes(&payload) {
                *cells.entry(cell).or_default() += 1;
            }
        }
        if (ids.len() as u64) < CHUNK {
            return Ok((cells, false));
        }
        if begin.elapsed() >= budget {
            return Ok((cells, true));
        }
    }
}

async fn payloads(store: &Store, ids: &[i64]) -> Result<Vec<(Cell, String)>> {
    let query = Query::select()
        .from(Entity)
        .columns([
            Column::ClassificationId,
            Column::BuildId,
            Column::Severity,
            Column::External,
            Column::Payload,
            Column::Packed,
        ])
        .and_where(Expr::col(Column::Id).is_in(ids.iter().copied()))
        .take();
    let read = |row: &QueryResult| {
        Ok((read_cell(row, 0)?, payload::read(row.try_get_by_index(4)?, row.try_get_by_index(5)?)?))
    };
    store.reader().query_all(&query).await?.iter().map(read).collect()
}
