//! Reading the counters of one property at a time.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, QueryResult, Statement};

use super::Store;
use super::counters::{Change, Count, Dimension, Sums, Tally, TallyDay};
use super::range::Range;
use super::records;
use super::row::recounted;
use crate::error::{Error, Result};

/// How many records are read at once: payloads of the largest size must fit into memory.
const CHUNK: usize = 256;

/// Which counters: of some dimensions, within one scope (a system, for most) or all, in a range.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) dimensions: &'a [Dimension],
    pub(super) scope: Option<i32>,
    pub(super) range: Range,
}

/// The counts over the whole range.
pub(super) async fn sums(store: &Store, wanted: Wanted<'_>) -> Result<BTreeMap<Tally, Count>> {
    let mut sums = BTreeMap::<Tally, Count>::new();
    let counts =
        if wanted.range.is_all() { totals(store, wanted).await? } else { ranged(store, wanted, false).await? };
    for (of_day, count) in counts {
        sums.entry(of_day.tally()).or_default().merge(count);
    }
    sums.retain(|_, count| count.records != 0);
    Ok(sums)
}

/// The counts of each day, which at the edges of the range may be a part of one. Machines are counted on whole days.
/// Without a scope, those of all scopes are added up, and which one a count has means nothing.
pub(super) async fn daily(store: &Store, wanted: Wanted<'_>) -> Result<BTreeMap<TallyDay, Count>> {
    let mut days = BTreeMap::<TallyDay, Count>::new();
    for (tally, count) in ranged(store, wanted, true).await? {
        days.entry(TallyDay { hour: None, ..tally }).or_default().merge(count);
    }
    days.retain(|_, count| count.records != 0);
    Ok(days)
}

/// Distinct machines on each of the days that the range has a part of.
pub(super) async fn machines(store: &Store, wanted: Wanted<'_>) -> Result<BTreeMap<TallyDay, Count>> {
    let found = select(store, wanted, "day", "records", &days(wanted.range.days())).await?;
    Ok(found.into_iter().filter(|(_, count)| count.records != 0).collect())
}

type Counts = Vec<(TallyDay, Count)>;

async fn totals(store: &Store, wanted: Wanted<'_>) -> Result<Counts> {
    query(
        store,
        &format!(
            "SELECT dimension, 0, scope, key, CAST(SUM(records) AS BIGINT), CAST(SUM(purged) AS BIGINT) \
             FROM tally_total WHERE {} GROUP BY dimension, scope, key",
            condition(wanted)
        ),
    )
    .await
}

/// How to add up `tally_day` over a range: what to sum, under which condition; and the parts of hours that are left.
#[derive(Default)]
pub(super) struct Pieces {
    pub(super) sums: Vec<(String, String)>,
    pub(super) rest: Vec<(i64, i64)>,
}

impl Pieces {
    pub(super) fn of(range: Range) -> Self {
        Self::in_parts(range, 1)
    }

    /// The same with the whole days in some parts, which can be added up at the same time.
    pub(super) fn in_parts(range: Range, parts: i32) -> Self {
        let split = range.split();
        let (first, end) = split.days;
        let length = (i64::from(end) - i64::from(first)).max(0);
        // Between two days there is always a day.
        let place = |part: i32| (i64::from(first) + length * i64::from(part) / i64::from(parts)) as i32;
        let parts = (0..parts).map(|part| (place(part), place(part + 1)));
        let whole = parts.filter(|(first, end)| first < end).map(|part| ("records".to_owned(), days(part)));
        let hours = split.hours.into_iter().map(|(day, first, end)| {
            let hours: Vec<String> = (first..end).map(|hour| format!("h{hour}")).collect();
            (hours.join(" + "), format!("day = {day}"))
        });
        Self { sums: whole.chain(hours).collect(), rest: split.rest }
    }
}

/// Days as a condition. A few are named one by one, so that a scope behind them in the key is found by index, too.
pub(super) fn days((first, end): (i32, i32)) -> String {
    const FEW: i32 = 100;
    match end.saturating_sub(first) {
        ..=0 => "1 = 0".to_owned(),
        1..=FEW => {
            let days: Vec<String> = (first..end).map(|day| day.to_string()).collect();
            format!("day IN ({})", days.join(", "))
        }
        _ => format!("day >= {first} AND day < {end}"),
    }
}

async fn ranged(store: &Store, wanted: Wanted<'_>, by_day: bool) -> Result<Counts> {
    let pieces = Pieces::of(wanted.range);
    let mut counts = Counts::new();
    for (records, days) in pieces.sums {
        let mut found = select(store, wanted, if by_day { "day" } else { "0" }, &records, &days).await?;
        // Which of a day's hours the purged ones belonged to is not known.
        found.iter_mut().for_each(|(_, count)| count.purged = count.purged.min(count.records));
        counts.extend(found);
    }
    for (from, end) in pieces.rest {
        let sums = from_records(store, from, end).await?;
        let is_wanted = |tally: &TallyDay| {
            wanted.dimensions.contains(&tally.dimension) && wanted.scope.is_none_or(|scope| scope == tally.scope)
        };
        counts.extend(sums.days.into_iter().filter(|(tally, _)| is_wanted(tally)));
    }
    Ok(counts)
}

async fn select(store: &Store, wanted: Wanted<'_>, day: &str, records: &str, days: &str) -> Result<Counts> {
    let (scope, group) = match (day, wanted.scope) {
        ("day", None) => ("0", "dimension, day, key"),
        ("day", Some(_)) => ("scope", "dimension, day, scope, key"),
        _ => ("scope", "dimension, scope, key"),
    };
    let sql = format!(
        "SELECT dimension, {day}, {scope}, key, CAST(SUM({records}) AS BIGINT), CAST(SUM(purged) AS BIGINT) \
         FROM tally_day WHERE {} AND {days} GROUP BY {group}",
        condition(wanted)
    );
    query(store, &sql).await
}

fn condition(wanted: Wanted<'_>) -> String {
    let dimensions: Vec<String> = wanted.dimensions.iter().map(|dimension| dimension.number().to_string()).collect();
    let scope = wanted.scope.map(|scope| format!(" AND scope = {scope}")).unwrap_or_default();
    format!("dimension IN ({}){scope}", dimensions.join(", "))
}

async fn query(store: &Store, sql: &str) -> Result<Counts> {
    let statement = Statement::from_string(store.reader().get_database_backend(), sql);
    store.reader().query_all_raw(statement).await?.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<(TallyDay, Count)> {
    let dimension = Dimension::from_number(row.try_get_by_index(0)?);
    let tally = TallyDay {
        dimension: dimension.ok_or_else(|| Error::internal("a tally has an unknown dimension"))?,
        day: row.try_get_by_index(1)?,
        scope: row.try_get_by_index(2)?,
        key: row.try_get_by_index(3)?,
        hour: None,
    };
    Ok((tally, Count { records: row.try_get_by_index(4)?, purged: row.try_get_by_index(5)? }))
}

/// Parts of an hour are counted from the records that are kept.
pub(super) async fn from_records(store: &Store, from: i64, end: i64) -> Result<Sums> {
    let sql = format!("SELECT id FROM records WHERE captured_at >= {from} AND captured_at < {end}");
    let rows = store.reader().query_all_raw(Statement::from_string(store.reader().get_database_backend(), sql)).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    let mut sums = Sums::default();
    for ids in ids.chunks(CHUNK) {
        for one in records::counted(store, store.reader(), ids).await? {
            sums.add(&recounted(store, &one).await?, Change::Stored);
        }
    }
    Ok(sums)
}
