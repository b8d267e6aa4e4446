//! Crashes of a range by guilty and build: sums over the counters of stacks.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

use futures_util::future::try_join_all;
use sea_orm::{ConnectionTrait, Statement};

use super::counters::{Count, Dimension, TallyDay};
use super::crash_days::{self, OfStacks};
use super::crash_pages::Mixed;
use super::range::Range;
use super::tally::{self, Pieces};
use super::{Kind, Store, sql, stacks};
use crate::error::Result;

/// How many parts of the builds are added up at the same time.
const BUILDS_AT_ONCE: usize = 4;
/// How many parts of the days are, where builds are of no interest.
const DAYS_AT_ONCE: i32 = 3;

/// Crashes by guilty and build.
pub(super) type Counts = BTreeMap<(i32, i32), Count>;

/// How crashes are added up.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    /// By guilty and build, of some builds of a system.
    Build(Option<i32>, &'a [i32]),
    /// By guilty, of one system or [`ALL_SYSTEMS`](super::counters::ALL_SYSTEMS); the build is 0.
    Guilty(i32),
    /// The same, of some stacks only.
    Stacks(i32, &'a [i32]),
}

impl By<'_> {
    /// Whether a counter of its dimension belongs to it.
    fn has(self, scope: i32, stack: i32) -> bool {
        match self {
            Self::Build(_, builds) => builds.contains(&scope),
            Self::Guilty(system) => system == scope,
            Self::Stacks(system, stacks) => system == scope && stacks.contains(&stack),
        }
    }

    /// The counters of days that tell it with the fewest rows.
    fn dimension(self) -> Dimension {
        if let Self::Build(..) = self { Dimension::Crash } else { Dimension::CrashStack }
    }

    /// Conditions that find its counters, each a part of them.
    fn conditions(self) -> Vec<String> {
        match self {
            Self::Build(_, builds) => builds
                .chunks(builds.len().div_ceil(BUILDS_AT_ONCE).max(1))
                .map(|builds| format!("scope IN ({})", sql::joined(builds)))
                .collect(),
            Self::Guilty(system) => vec![format!("scope = {system}")],
            Self::Stacks(system, stacks) => {
                vec![format!("scope = {system} AND key IN ({})", sql::joined(stacks))]
            }
        }
    }

    fn key(self, build: i32) -> i32 {
        if let Self::Build(..) = self { build } else { 0 }
    }
}

/// Crashes by stack and build, as one number.
type Sums = HashMap<u64, Count, BuildHasherDefault<Mixed>>;

fn key(stack: i32, build: i32) -> u64 {
    (u64::from(stack.cast_unsigned()) << 32) | u64::from(build.cast_unsigned())
}

fn parts(key: u64) -> (i32, i32) {
    // Each half as it was.
    ((key >> 32) as i32, key as i32)
}

/// Crashes of a range, by a version of the rules.
pub(super) async fn counts(store: &Store, range: Range, rules: i32, by: By<'_>) -> Result<Counts> {
    let sums = sums(store, range, by).await?;
    let guilties = stacks::judgements(store, rules, sums.keys().map(|key| parts(*key).0)).await?;
    let mut counts = Counts::new();
    for (key, counted) in sums {
        let (stack, build) = parts(key);
        if let Some(guilty) = guilties.get(&stack).filter(|_| counted.records > 0) {
            counts.entry((*guilty, build)).or_default().merge(counted);
        }
    }
    Ok(counts)
}

/// Crashes of a range by build, of some builds of a system.
pub(super) async fn by_build(store: &Store, range: Range, system: i32, builds: &[i32]) -> Result<BTreeMap<i32, Count>> {
    let mut of_builds = BTreeMap::<i32, Count>::new();
    for (key, counted) in sums(store, range, By::Build(Some(system), builds)).await? {
        of_builds.entry(parts(key).1).or_default().merge(counted);
    }
    of_builds.retain(|_, counted| counted.records > 0);
    Ok(of_builds)
}

async fn sums(store: &Store, range: Range, by: By<'_>) -> Result<Sums> {
    let mut sums = Sums::default();
    let parts = Parts::of(store, range, by);
    let queries: Vec<String> = parts.queries(by).iter().map(|part| by_stack(store, by, part)).collect();
    // Each by a connection of its own, where there are some.
    for (build, stack, counted) in try_join_all(queries.iter().map(|sql| read(store, sql))).await?.into_iter().flatten()
    {
        sums.entry(key(stack, build)).or_default().merge(counted);
    }
    for (build, stacks) in parts.kept(store, by).await? {
        for (stack, counted) in stacks.iter() {
            sums.entry(key(*stack, build)).or_default().merge(*counted);
        }
    }
    for (tally, counted) in parts.rest(store, by).await? {
        sums.entry(key(tally.key, by.key(tally.scope))).or_default().merge(counted);
    }
    Ok(sums)
}

/// How a range is added up.
#[derive(Default)]
struct Parts {
    /// Only builds are counted of all time beside the days.
    in_total: bool,
    /// Days that are kept in memory.
    kept: Option<(i32, i32)>,
    pieces: Pieces,
}

/// Counters that one statement reads: which table, what to sum, and under which conditions.
struct Part<'a> {
    table: &'static str,
    dimension: Dimension,
    records: &'a str,
    days: &'a str,
    within: String,
}

impl Parts {
    fn of(store: &Store, range: Range, by: By<'_>) -> Self {
        let By::Build(system, _) = by else {
            return Self { pieces: Pieces::in_parts(range, DAYS_AT_ONCE), ..Self::default() };
        };
        if range.is_all() {
            return Self { in_total: true, ..Self::default() };
        }
        let (first, end) = range.split().days;
        // Of a replica it is not known whether the next answer is older than the one before.
        if system.is_none() || store.has_replica().is_some() || end.saturating_sub(first) > crash_days::MOST_DAYS {
            return Self { pieces: Pieces::of(range), ..Self::default() };
        }
        Self { kept: Some((first, end)), pieces: Pieces::in_parts(range, 0), ..Self::default() }
    }

    async fn kept(&self, store: &Store, by: By<'_>) -> Result<Vec<(i32, OfStacks)>> {
        match (by, self.kept) {
            (By::Build(Some(system), builds), Some(days)) => crash_days::of_builds(store, (system, builds), days).await,
            _ => Ok(Vec::new()),
        }
    }

    fn queries(&self, by: By<'_>) -> Vec<Part<'_>> {
        let total = self.in_total.then_some(("tally_total", "records", "1 = 1"));
        let days = self.pieces.sums.iter().map(|(records, days)| ("tally_day", records.as_str(), days.as_str()));
        let all: Vec<_> = total.into_iter().chain(days).collect();
        let dimension = by.dimension();
        let within = |within: String| {
            let part = move |&(table, records, days)| Part { table, dimension, records, days, within: within.clone() };
            all.iter().map(part).collect::<Vec<_>>()
        };
        by.conditions().into_iter().flat_map(within).collect()
    }

    /// The parts of an hour at the edges.
    async fn rest(&self, store: &Store, by: By<'_>) -> Result<Vec<(TallyDay, Count)>> {
        let mut found = Vec::new();
        for &(from, end) in &self.pieces.rest {
            let sums = tally::from_records(store, from, end).await?;
            let is_wanted = |tally: &TallyDay| tally.dimension == by.dimension() && by.has(tally.scope, tally.key);
            found.extend(sums.days.into_iter().filter(|(tally, _)| is_wanted(tally)));
        }
        Ok(found)
    }
}

impl Part<'_> {
    fn condition(&self) -> String {
        format!("dimension = {} AND {} AND {}", self.dimension.number(), self.days, self.within)
    }
}

/// A statement that gives, for each build, all its stacks with their counts.
fn by_stack(store: &Store, by: By<'_>, part: &Part<'_>) -> String {
    // In the order of the rows: nothing has to be sorted.
    let day = part.table == "tally_day";
    let (build, group) = match by {
        By::Build(..) if day => ("scope", "day, scope"),
        By::Build(..) => ("scope", "scope"),
        By::Guilty(_) | By::Stacks(..) => ("0", "day"),
    };
    let (packed, table, condition) = (packed(store, part.records), part.table, part.condition());
    format!("SELECT {build}, {packed} FROM {table} WHERE {condition} GROUP BY {group}")
}

/// Two columns that are all stacks of a group with their counts as one text, since each row of an answer costs more than
/// many numbers: a stack in the upper half of a number, and the count, which may be negative in one shard, added to it.
pub(super) fn packed(store: &Store, records: &str) -> String {
    let (big, joined) = (if store.kind() == Kind::Postgres { "::bigint" } else { "" }, store.joining_texts());
    let packed = |count: &str| format!("CAST((key{big} << 32) + ({count}) AS TEXT)");
    format!("{joined}({}, ' '), {joined}(CASE WHEN purged <> 0 THEN {} END, ' ')", packed(records), packed("purged"))
}

/// Builds and stacks with their counts. Which of a day's hours the purged ones belonged to is not known.
async fn read(store: &Store, sql: &str) -> Result<Vec<(i32, i32, Count)>> {
    let statement = Statement::from_string(store.reader().get_database_backend(), sql);
    let mut found = Vec::new();
    for row in store.reader().query_all_raw(statement).await? {
        let build: i32 = row.try_get_by_index(0)?;
        let records: Option<String> = row.try_get_by_index(1)?;
        let purged: Option<String> = row.try_get_by_index(2)?;
        let records = unpacked(records.as_deref());
        if purged.is_none() {
            found.extend(records.map(|(stack, records)| (build, stack, Count { records, purged: 0 })));
            continue;
        }
        let counts = summed(records, unpacked(purged.as_deref()));
        found.extend(counts.into_iter().map(|(stack, count)| (build, stack, count)));
    }
    Ok(found)
}

/// Over all shards, each of which has written counts of its own.
pub(super) fn summed(
    records: impl Iterator<Item = (i32, i64)>,
    purged: impl Iterator<Item = (i32, i64)>,
) -> HashMap<i32, Count> {
    let mut counts = HashMap::<i32, Count>::new();
    for (stack, records) in records {
        counts.entry(stack).or_default().records += records;
    }
    for (stack, purged) in purged {
        counts.entry(stack).or_default().purged += purged;
    }
    counts.values_mut().for_each(|count| count.purged = count.purged.min(count.records));
    counts
}

pub(super) fn unpacked(text: Option<&str>) -> impl Iterator<Item = (i32, i64)> {
    let numbers = text.unwrap_or_default().split_ascii_whitespace().filter_map(|number| number.parse::<i64>().ok());
    // Stacks have ids of 31 bits, and what is counted of one in a row fits into 32 with its sign.
    numbers.map(|number| {
        let count = number as i32;
        (((number - i64::from(count)) >> 32) as i32, i64::from(count))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_summed() {
        let counts = summed([(7, 10), (7, 20), (8, -1), (8, 3)].into_iter(), [(7, 5), (8, 9)].into_iter());
        let expected = [(7, Count { records: 30, purged: 5 }), (8, Count { records: 2, purged: 2 })];
        assert_eq!(counts, expected.into());
    }

    #[test]
    fn a_stack_and_its_count_are_one_number() {
        let packed = |stack: i32, count: i64| (i64::from(stack) << 32) + count;
        let text = format!("{} {} {}", packed(7, 3), packed(7, -3), packed(i32::MAX, 2_000_000_000));
        assert_eq!(unpacked(Some(&text)).collect::<Vec<_>>(), [(7, 3), (7, -3), (i32::MAX, 2_000_000_000)]);
        assert_eq!(unpacked(None).count(), 0);
        for pair in [(0, -1), (i32::MAX, 7)] {
            assert_eq!(parts(key(pair.0, pair.1)), pair);
        }
    }
}
