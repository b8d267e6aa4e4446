//! Crashes of a range by guilty and build: sums over the counters of stacks.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

use futures_util::future::try_join_all;

use super::counters::{Count, Dimension, TallyDay};
use super::crash_pages::Mixed;
use super::range::{ALL_DAY, Covered, Range, Split};
use super::{Store, days, minutes, sql, stacks, tally};
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
    /// By guilty, of one system or [`ALL_SYSTEMS`](super::counters::ALL_SYSTEMS); the build is 0. Of some stacks at least, where
    /// it is only these that are of interest.
    Guilty(i32, Option<&'a [i32]>),
}

impl By<'_> {
    /// Whether a counter of its dimension belongs to it.
    fn has(self, scope: i32) -> bool {
        match self {
            Self::Build(_, builds) => builds.contains(&scope),
            Self::Guilty(system, _) => system == scope,
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
            Self::Guilty(system, None) => vec![format!("scope = {system}")],
            Self::Guilty(system, Some(stacks)) => {
                vec![format!("scope = {system} AND key IN ({})", sql::joined(stacks))]
            }
        }
    }

    fn key(self, build: i32) -> i32 {
        if let Self::Build(..) = self { build } else { 0 }
    }
}

/// Crashes by build and stack.
type Sums = HashMap<(i32, i32), Count, BuildHasherDefault<Mixed>>;

/// Crashes of a range, by a version of the rules.
pub(super) async fn counts(store: &Store, range: Range, rules: i32, by: By<'_>) -> Result<Counts> {
    let mut sums = Sums::default();
    add_up(store, range, by, |build, stack, counted| sums.entry((build, stack)).or_default().merge(counted)).await?;
    let guilties = stacks::judgements(store, rules, sums.keys().map(|(_, stack)| *stack)).await?;
    let mut counts = Counts::new();
    for ((build, stack), counted) in sums {
        if let Some(guilty) = guilties.get(&stack).filter(|_| counted.records > 0) {
            counts.entry((*guilty, build)).or_default().merge(counted);
        }
    }
    Ok(counts)
}

/// Crashes of a range by build, of some builds of a system.
pub(super) async fn by_build(store: &Store, range: Range, system: i32, builds: &[i32]) -> Result<BTreeMap<i32, Count>> {
    let mut of_builds = BTreeMap::<i32, Count>::new();
    let by = By::Build(Some(system), builds);
    add_up(store, range, by, |build, _, counted| of_builds.entry(build).or_default().merge(counted)).await?;
    of_builds.retain(|_, counted| counted.records > 0);
    Ok(of_builds)
}

/// Gives counts by build and stack, of each several.
async fn add_up(store: &Store, range: Range, by: By<'_>, mut add: impl FnMut(i32, i32, Count)) -> Result<()> {
    let split = range.split();
    let parts = match add_kept(store, &split.covered, by, &mut add).await? {
        true => Parts { rest: split.rest, ..Parts::default() },
        false => Parts::of(range, split, by),
    };
    let queries: Vec<String> = parts.queries(by).iter().map(|part| by_stack(store, by, part)).collect();
    // Each by a connection of its own, where there are some.
    for (build, stack, counted) in try_join_all(queries.iter().map(|sql| read(store, sql))).await?.into_iter().flatten()
    {
        add(build, stack, counted);
    }
    for (from, end) in parts.rest {
        let is_wanted = |tally: &TallyDay| tally.dimension == by.dimension() && by.has(tally.scope);
        for (tally, counted) in minutes::counts(store, from, end).await? {
            if is_wanted(&tally) {
                add(by.key(tally.scope), tally.key, counted);
            }
        }
    }
    Ok(())
}

/// Gives the counts of days and hours, and says so, where they are kept in memory.
async fn add_kept(store: &Store, covered: &Covered, by: By<'_>, add: &mut impl FnMut(i32, i32, Count)) -> Result<bool> {
    match by {
        By::Build(None, _) => Ok(false),
        By::Build(Some(system), builds) => {
            let Some(found) = days::crashes(store, (system, builds), covered).await? else { return Ok(false) };
            for (build, stacks) in found {
                stacks.iter().for_each(|(stack, counted)| add(build, *stack, *counted));
            }
            Ok(true)
        }
        By::Guilty(system, _) => {
            let kind = (&[by.dimension()][..], Some(system));
            let Some(found) = days::counts(store, kind, covered).await? else { return Ok(false) };
            for (.., counts) in found {
                counts.iter().for_each(|((_, stack), counted)| add(0, *stack, *counted));
            }
            Ok(true)
        }
    }
}

/// How a range is added up.
#[derive(Default)]
struct Parts {
    /// Only builds are counted of all time beside the days.
    in_total: bool,
    /// What to sum of the counters of days, and under which condition.
    sums: Vec<(String, String)>,
    /// Parts of hours.
    rest: Vec<(i64, i64)>,
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
    fn of(range: Range, Split { covered, rest }: Split, by: By<'_>) -> Self {
        let at_once = match by {
            By::Build(..) if range.is_all() => return Self { in_total: true, ..Self::default() },
            By::Build(..) => 1,
            By::Guilty(..) => DAYS_AT_ONCE,
        };
        let whole = in_parts(covered.days, at_once).into_iter().map(|days| (ALL_DAY, tally::condition(days)));
        let hours = covered.hours.iter().map(|(day, hours)| (*hours, format!("day = {day}")));
        let sums = whole.chain(hours).map(|(hours, days)| (tally::records_in(hours), days)).collect();
        Self { in_total: false, sums, rest }
    }

    fn queries(&self, by: By<'_>) -> Vec<Part<'_>> {
        let total = self.in_total.then_some(("tally_total", "records", "1 = 1"));
        let days = self.sums.iter().map(|(records, days)| ("tally_day", records.as_str(), days.as_str()));
        let all: Vec<_> = total.into_iter().chain(days).collect();
        let dimension = by.dimension();
        let within = |within: String| {
            let part = move |&(table, records, days)| Part { table, dimension, records, days, within: within.clone() };
            all.iter().map(part).collect::<Vec<_>>()
        };
        by.conditions().into_iter().flat_map(within).collect()
    }
}

/// Days in some parts, which can be added up at the same time.
fn in_parts((first, end): (i32, i32), parts: i32) -> Vec<(i32, i32)> {
    let length = (i64::from(end) - i64::from(first)).max(0);
    // Between two days there is always a day.
    let place = |part: i32| (i64::from(first) + length * i64::from(part) / i64::from(parts)) as i32;
    (0..parts).map(|part| (place(part), place(part + 1))).filter(|(first, end)| first < end).collect()
}

impl Part<'_> {
    fn condition(&self) -> String {
        format!("dimension = {} AND {} AND {}", self.dimension.number(), self.days, self.within)
    }
}

/// A statement that gives, for each build and day, all its stacks with their counts.
fn by_stack(store: &Store, by: By<'_>, part: &Part<'_>) -> String {
    // In the order of the rows: nothing has to be sorted.
    let day = part.table == "tally_day";
    let (build, group) = match by {
        By::Build(..) if day => ("scope", "day, scope"),
        By::Build(..) => ("scope", "scope"),
        By::Guilty(..) => ("0", "day"),
    };
    let (stacks, table, condition) =
        (sql::together(store, &["key", part.records, "purged"]), part.table, part.condition());
    format!("SELECT {build}, {stacks} FROM {table} WHERE {condition} GROUP BY {group}")
}

/// Builds and stacks with their counts.
async fn read(store: &Store, sql: &str) -> Result<Vec<(i32, i32, Count)>> {
    let mut found = Vec::new();
    for row in sql::rows(store.reader(), sql).await? {
        let (build, text): (i32, Option<String>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        // Each shard has written counts of its own.
        let mut counts = HashMap::<i32, Count>::new();
        for [stack, records, purged] in sql::numbers(text.as_deref()) {
            // A column of 32 bits.
            counts.entry(stack as i32).or_default().merge(Count { records, purged });
        }
        // Of whole days that changes nothing.
        found.extend(counts.into_iter().map(|(stack, count)| (build, stack, count.of_hours())));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_cut_into_parts() {
        assert_eq!(in_parts((3, 10), 3), [(3, 5), (5, 7), (7, 10)]);
        assert_eq!(in_parts((3, 4), 3), [(3, 4)]);
        assert_eq!(in_parts((3, 3), 1), []);
    }
}
