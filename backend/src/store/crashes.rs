//! Crashes: guilties by build, and crashes over time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use telemetrics_common::Timestamp;
use telemetrics_common::builds::sort_by_build;
use telemetrics_common::crashes::{
    BuildColumn, CrashCharts, Crashes, DEFAULT_DAYS, DEFAULT_LIMIT, DayCount, GetCrashCharts, GetCrashes, GuiltyRow,
    HISTORY_DAYS, MAX_LIMIT, NEWEST_BUILDS,
};
use telemetrics_common::facets::BuildCount;
use telemetrics_common::guilties::GuiltyEntry;
use telemetrics_common::overview::GuiltyChange;

use super::counters::{ALL_SYSTEMS, Count, Dimension, Tally, TallyDay, catch_up, day, day_start};
use super::crash_counts::{self, By, Counts, counts};
use super::names::{by_build, by_size, by_text, count, purged};
use super::range::Range;
use super::stacks::Guilties;
use super::systems::{self, Chosen};
use super::tally::{self, Wanted};
use super::{Store, crash_machines, guilties, rules, select};
use crate::error::{Error, Result};

/// The days of a guilty's change.
const WEEK: u32 = 7;

/// The range of a call that has days, a range, or neither; with the days, if it is those.
fn range(
    days: Option<u32>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    now: Timestamp,
) -> Result<(Range, Option<u32>)> {
    match (days, from.or(to)) {
        (Some(_), Some(_)) => Err(Error::BadRequest("days: not beside from or to".to_owned())),
        (None, Some(_)) => Ok((Range::new(from, to), None)),
        (days, None) => {
            let days = days.unwrap_or(DEFAULT_DAYS);
            Ok((Range::last_days(now, days), Some(days)))
        }
    }
}

/// One page of guilties.
///
/// # Errors
/// `BadRequest` for parameters that exclude each other or are out of bounds, and the database's.
pub async fn crashes(store: &Store, call: GetCrashes, now: Timestamp) -> Result<Crashes> {
    catch_up(store).await?;
    let limit = call.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Error::BadRequest(format!("limit: must be 1 to {MAX_LIMIT}")));
    }
    let all_builds = call.all_builds.unwrap_or(false);
    if all_builds && call.build.is_some() {
        return Err(Error::BadRequest("all_builds: not beside build".to_owned()));
    }
    let (range, days) = range(call.days, call.from, call.to, now)?;
    let system = systems::chosen(store, call.system).await?;
    // One version for all that follows: others may judge anew meanwhile.
    let rules = rules::versions(store.reader()).await?.active;
    let ids = builds_of(store, &system).await?;
    let counts = counts(store, range, rules, By::Build(system.id, &ids)).await?;
    let purged = counts.values().map(|counted| count(counted.purged)).sum();
    let builds = match call.build {
        Some(name) => {
            vec![Shown { id: store.dictionaries().build.known(store.reader(), &[&system.name, &name]).await?, name }]
        }
        None => newest(store, &counts, if all_builds { usize::MAX } else { NEWEST_BUILDS }).await?,
    };
    let mut table = in_builds(counts, &builds);
    let known = guilties::entries(store.reader(), table.keys().copied()).await?;
    table.retain(|id, _| known.get(id).is_some_and(|entry| !entry.hidden));
    if let Some(text) = &call.search {
        let found = guilties::search(store, rules, text, &known).await?;
        table.retain(|id, _| found.contains(id));
    }
    let columns = if all_builds { Vec::new() } else { columns(&table, &builds) };
    let total = table.len() as u64;
    let offset = usize::try_from(call.offset.unwrap_or(0)).unwrap_or(usize::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let page = ranked(table, known).into_iter().skip(offset).take(limit);
    let mut guilties: Vec<GuiltyRow> = page.map(|ranked| ranked.row(&builds)).collect();
    complete(store, &mut guilties, rules, (system.id, &builds), now).await?;
    Ok(Crashes { system: system.name, days, purged, builds: columns, guilties, total })
}

async fn builds_of(store: &Store, system: &Chosen) -> Result<Vec<i32>> {
    select::with_texts(store, "build", [("system_name", Some(system.name.as_str()))]).await
}

/// A build of the table; without an id, nobody has it.
struct Shown {
    id: Option<i32>,
    name: String,
}

/// The newest builds, ascending.
async fn newest(store: &Store, counts: &Counts, most: usize) -> Result<Vec<Shown>> {
    let ids: BTreeSet<i32> = counts.keys().map(|(_, build)| *build).collect();
    let mut builds: Vec<Shown> =
        named(store, ids).await?.into_iter().map(|(id, name)| Shown { id: Some(id), name }).collect();
    sort_by_build(&mut builds, |build| &build.name);
    builds.drain(..builds.len().saturating_sub(most));
    Ok(builds)
}

/// Builds with their names.
async fn named(store: &Store, ids: impl IntoIterator<Item = i32> + Clone) -> Result<Vec<(i32, String)>> {
    let builds = &store.dictionaries().build;
    builds.load(store.reader(), ids.clone().into_iter()).await?;
    let named = |id| Ok((id, builds.texts(id)?.get(1).cloned().unwrap_or_default()));
    ids.into_iter().map(named).collect()
}

/// Crashes by guilty, and those by the build's id.
type Table = BTreeMap<i32, BTreeMap<i32, Count>>;

fn in_builds(counts: Counts, builds: &[Shown]) -> Table {
    let shown: HashSet<i32> = builds.iter().filter_map(|build| build.id).collect();
    let mut table = Table::new();
    for ((guilty, build), counted) in counts {
        if shown.contains(&build) {
            table.entry(guilty).or_default().insert(build, counted);
        }
    }
    table
}

fn columns(table: &Table, builds: &[Shown]) -> Vec<BuildColumn> {
    let column = |Shown { id, name }: &Shown| {
        let counts = table.values().filter_map(|counts| counts.get(id.as_ref()?));
        BuildColumn { build: name.clone(), max: counts.map(|counted| count(counted.records)).max().unwrap_or(0) }
    };
    builds.iter().map(column).collect()
}

/// A row of the table, without what has to be looked up for it.
struct Ranked {
    entry: GuiltyEntry,
    builds: BTreeMap<i32, Count>,
    records: u64,
}

/// The rows of all pages, the most crashes first.
fn ranked(table: Table, mut known: HashMap<i32, GuiltyEntry>) -> Vec<Ranked> {
    let row = |(id, builds): (i32, BTreeMap<i32, Count>)| Ranked {
        entry: known.remove(&id).unwrap_or_default(),
        records: builds.values().map(|counted| count(counted.records)).sum(),
        builds,
    };
    let mut rows: Vec<Ranked> = table.into_iter().map(row).collect();
    rows.sort_by(|a, b| {
        let by_name = || (&a.entry.function, &a.entry.module).cmp(&(&b.entry.function, &b.entry.module));
        b.records.cmp(&a.records).then_with(by_name)
    });
    rows
}

impl Ranked {
    fn row(self, shown: &[Shown]) -> GuiltyRow {
        let of_build = |Shown { id, name }: &Shown| {
            let counted = self.builds.get(id.as_ref()?)?;
            Some(BuildCount { build: name.clone(), records: count(counted.records), purged: count(counted.purged) })
        };
        GuiltyRow {
            builds: shown.iter().filter_map(of_build).collect(),
            purged: self.builds.values().map(|counted| count(counted.purged)).sum(),
            id: self.entry.id,
            function: self.entry.function,
            module: self.entry.module,
            comment: self.entry.comment,
            records: self.records,
            ..GuiltyRow::default()
        }
    }
}

/// Adds to the rows of a page their machines, in some builds, and their history in the system.
async fn complete(
    store: &Store,
    rows: &mut [GuiltyRow],
    rules: i32,
    (system, builds): (Option<i32>, &[Shown]),
    now: Timestamp,
) -> Result<()> {
    let build_ids: Vec<i32> = builds.iter().filter_map(|build| build.id).collect();
    let shown: Vec<i32> = rows.iter().filter_map(|row| i32::try_from(row.id).ok()).collect();
    let stacks = guilties::stacks_of(store, rules, &shown).await?;
    let (machines, mut histories) = tokio::try_join!(
        crash_machines::of_guilties(store, rules, &stacks, &build_ids),
        histories(store, &stacks, system, now)
    )?;
    for row in rows {
        let id = i32::try_from(row.id).unwrap_or_default();
        row.machines = machines.get(&id).copied().unwrap_or(0);
        row.history = histories.remove(&id).unwrap_or_else(|| vec![0; HISTORY_DAYS as usize]);
    }
    Ok(())
}

/// Crashes of a system on each of the last days by guilty, oldest first.
async fn histories(
    store: &Store,
    stacks: &Guilties,
    system: Option<i32>,
    now: Timestamp,
) -> Result<HashMap<i32, Vec<u64>>> {
    let Some(system) = system.filter(|_| !stacks.is_empty()) else { return Ok(HashMap::new()) };
    let end = day(now.seconds()) + 1;
    let first = end - i32::try_from(HISTORY_DAYS).unwrap_or(i32::MAX);
    let mut histories = HashMap::<i32, Vec<u64>>::new();
    let range = Range::new(Some(day_start(first)), Some(day_start(end)));
    let wanted = Wanted { dimensions: &[Dimension::CrashStack], scope: Some(system), range };
    let add = |of_day: TallyDay, counted: Count| {
        let Some(guilty) = stacks.get(&of_day.key) else { return };
        let history = histories.entry(*guilty).or_insert_with(|| vec![0; HISTORY_DAYS as usize]);
        if let Some(records) = usize::try_from(of_day.day - first).ok().and_then(|place| history.get_mut(place)) {
            *records += count(counted.records);
        }
    };
    let stacks: Vec<i32> = stacks.keys().copied().collect();
    tally::each(store, wanted, Some(&stacks), add).await?;
    Ok(histories)
}

/// Crashes by day, classification and build.
///
/// # Errors
/// `BadRequest` for days beside a range, and the database's.
pub async fn charts(store: &Store, call: GetCrashCharts, now: Timestamp) -> Result<CrashCharts> {
    catch_up(store).await?;
    let (range, _) = range(call.days, call.from, call.to, now)?;
    let system = systems::chosen(store, call.system).await?;
    let Some(id) = system.id else { return Ok(CrashCharts { system: system.name, ..CrashCharts::default() }) };
    let dimensions = &[Dimension::Classification];
    let mut found = tally::daily(store, Wanted { dimensions, scope: Some(id), range }).await?;
    let names = &store.dictionaries().classification;
    names.load(store.reader(), found.keys().map(|tally| tally.key)).await?;
    let mut crash_classifications = BTreeSet::new();
    for key in found.keys().map(|tally| tally.key).collect::<BTreeSet<i32>>() {
        if store.has_backtraces(&names.name(key)?) {
            crash_classifications.insert(key);
        }
    }
    found.retain(|tally, _| crash_classifications.contains(&tally.key));
    let (mut days, mut sums) = (BTreeMap::<i32, Count>::new(), BTreeMap::<Tally, Count>::new());
    for (of_day, counted) in &found {
        days.entry(of_day.day).or_default().merge(*counted);
        sums.entry(of_day.tally()).or_default().merge(*counted);
    }
    let classifications = by_text(store, &sums, Dimension::Classification, (names, 0)).await?;
    let by_id = crash_counts::by_build(store, range, id, &builds_of(store, &system).await?).await?;
    let names = named(store, by_id.keys().copied()).await?;
    let builds = names.into_iter().map(|(id, name)| (name, by_id.get(&id).copied().unwrap_or_default())).collect();
    Ok(CrashCharts {
        system: system.name,
        purged: purged(&sums, Dimension::Classification),
        days: day_counts(days),
        classifications: by_size(classifications),
        builds: by_build(builds),
    })
}

/// Days ascending.
pub(super) fn day_counts(days: BTreeMap<i32, Count>) -> Vec<DayCount> {
    let of_day = |(day, counted): (i32, Count)| DayCount {
        day: day_start(day),
        records: count(counted.records),
        purged: count(counted.purged),
    };
    days.into_iter().map(of_day).collect()
}

/// The guilties with the most crashes in the last week, with those of the week before. Hidden ones are left out.
pub(super) async fn changes(
    store: &Store,
    system: Option<i32>,
    most: usize,
    now: Timestamp,
) -> Result<Vec<GuiltyChange>> {
    let this_week = Range::last_days(now, WEEK);
    let last_week = this_week.before(WEEK);
    let rules = rules::versions(store.reader()).await?.active;
    let system = system.unwrap_or(ALL_SYSTEMS);
    let (now, hidden) =
        tokio::try_join!(counts(store, this_week, rules, By::Guilty(system, None)), guilties::hidden(store))?;
    let mut largest: Vec<(i32, i64)> = now.into_iter().map(|((id, _), counted)| (id, counted.records)).collect();
    largest.retain(|(id, _)| !hidden.contains(id));
    largest.sort_by_key(|(_, records)| Reverse(*records));
    // Names are needed only of those that may be among the first, which among equals they decide.
    let least = largest.get(most.saturating_sub(1)).map_or(0, |(_, records)| *records);
    largest.truncate(largest.partition_point(|(_, records)| *records >= least));
    let entries = guilties::entries(store.reader(), largest.iter().map(|(id, _)| *id)).await?;
    let mut changes: Vec<GuiltyChange> = Vec::new();
    for (id, records) in largest {
        let Some(entry) = entries.get(&id) else { continue };
        changes.push(GuiltyChange { guilty: entry.clone().into(), records: count(records), before: 0 });
    }
    changes
        .sort_by_key(|change| (Reverse(change.records), change.guilty.function.clone(), change.guilty.module.clone()));
    changes.truncate(most);
    let shown: Vec<i32> = changes.iter().filter_map(|change| i32::try_from(change.guilty.id).ok()).collect();
    let stacks: Vec<i32> = guilties::stacks_of(store, rules, &shown).await?.into_keys().collect();
    if stacks.is_empty() {
        return Ok(changes);
    }
    let before = counts(store, last_week, rules, By::Guilty(system, Some(&stacks))).await?;
    for change in &mut changes {
        let id = i32::try_from(change.guilty.id).unwrap_or_default();
        change.before = before.get(&(id, 0)).map_or(0, |counted| count(counted.records));
    }
    Ok(changes)
}
