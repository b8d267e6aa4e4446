//! Distinct machines per build, by their heartbeats.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use sea_orm::{ConnectionTrait, Statement};
use telemetrics_common::Timestamp;
use telemetrics_common::builds::sort_by_build;
use telemetrics_common::population::{
    BuildMachines, GetMachineDays, GetPopulation, MachineDay, MachineDays, Population, WINDOWS, Window,
};

use super::counters::{Dimension, Tally, catch_up, day_start, hour};
use super::names::count;
use super::range::Range;
use super::systems::Chosen;
use super::tally::{self, Wanted};
use super::{Store, systems};
use crate::error::Result;

/// The days that are shown when no range is given.
const DEFAULT_DAYS: u32 = 30;
/// Machines per build: internal and external.
const MACHINES: &[Dimension] = &[Dimension::InternalMachines, Dimension::ExternalMachines];

/// Machines of one system over all time and in each window.
///
/// # Errors
/// The database's.
pub async fn population(store: &Store, call: GetPopulation, now: Timestamp) -> Result<Population> {
    catch_up(store).await?;
    let system = systems::chosen(store, call.system).await?;
    let (all, seen) = tokio::try_join!(all_time(store, &system), seen(store, &system, &WINDOWS, now))?;
    let seen = WINDOWS.into_iter().zip(seen).map(|(days, builds)| Window { days: Some(days), builds });
    let windows = std::iter::once(Window { days: None, builds: all }).chain(seen).collect();
    Ok(Population { system: system.name, windows })
}

async fn all_time(store: &Store, system: &Chosen) -> Result<Vec<BuildMachines>> {
    let Some(id) = system.id else { return Ok(Vec::new()) };
    let sums = tally::sums(store, Wanted { dimensions: MACHINES, scope: Some(id), range: Range::ALL }).await?;
    let counts = sums.iter().map(|(tally, counted)| (*tally, count(counted.records)));
    named(store, counts).await
}

/// Machines of a system that were seen in the last days.
pub(super) async fn seen_in(store: &Store, system: &Chosen, days: u32, now: Timestamp) -> Result<Vec<BuildMachines>> {
    Ok(seen(store, system, &[days], now).await?.pop().unwrap_or_default())
}

/// The same for several windows, the longest first. Each hour is read once: a window is the one after it and what lies
/// between the two.
async fn seen(store: &Store, system: &Chosen, windows: &[u32], now: Timestamp) -> Result<Vec<Vec<BuildMachines>>> {
    let Some(id) = system.id else { return Ok(vec![Vec::new(); windows.len()]) };
    let ranges: Vec<Range> = windows.iter().map(|days| Range::last_days(now, *days)).collect();
    let first = |range: &Range| range.from().map_or(i32::MIN, |from| hour(from.seconds()));
    let behind =
        |range: &Range| range.end().map_or(i32::MAX, |end| hour(end.seconds_rounded_up().saturating_sub(1)) + 1);
    let slices = ranges.iter().enumerate().map(|(place, range)| {
        let end = ranges.get(place + 1).map_or_else(|| behind(range), first);
        last_seen(store, id, first(range), end)
    });
    let slices = try_join_all(slices).await?;
    let (mut machines, mut seen) = (BTreeMap::<Tally, u64>::new(), Vec::with_capacity(windows.len()));
    for slice in slices.into_iter().rev() {
        for (tally, more) in slice {
            *machines.entry(tally).or_default() += more;
        }
        seen.push(named(store, machines.clone()).await?);
    }
    seen.reverse();
    Ok(seen)
}

/// Machines of a system by the hour of their last heartbeat: from the first of some hours to before the last.
async fn last_seen(store: &Store, system: i32, first: i32, end: i32) -> Result<Vec<(Tally, u64)>> {
    let sql = format!(
        "SELECT build_id, external, CAST(SUM(machines) AS BIGINT) FROM population_hour \
         WHERE hour >= {first} AND hour < {end} AND system_id = {system} GROUP BY build_id, external"
    );
    let rows = store.reader().query_all_raw(Statement::from_string(store.reader().get_database_backend(), sql)).await?;
    let mut counts = Vec::with_capacity(rows.len());
    for row in &rows {
        let (key, external, machines): (i32, bool, i64) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let dimension = Dimension::of_machines(external);
        counts.extend((machines > 0).then_some((Tally { dimension, scope: system, key }, count(machines))));
    }
    Ok(counts)
}

/// Machines of one system on each day.
///
/// # Errors
/// The database's.
pub async fn days(store: &Store, call: GetMachineDays, now: Timestamp) -> Result<MachineDays> {
    catch_up(store).await?;
    let system = systems::chosen(store, call.system).await?;
    let usual = Range::last_days(now, DEFAULT_DAYS);
    let range = Range::new(call.from.or(usual.from()), call.to.or(usual.end()));
    let mut by_day = BTreeMap::<i32, Vec<(Tally, u64)>>::new();
    if let Some(id) = system.id {
        let wanted = Wanted { dimensions: MACHINES, scope: Some(id), range };
        for (of_day, counted) in tally::machines(store, wanted).await? {
            by_day.entry(of_day.day).or_default().push((of_day.tally(), count(counted.records)));
        }
    }
    let mut days = Vec::with_capacity(by_day.len());
    for (day, counts) in by_day {
        days.push(MachineDay { day: day_start(day), builds: named(store, counts).await? });
    }
    Ok(MachineDays { system: system.name, days })
}

/// Builds by name, ascending.
async fn named(store: &Store, counts: impl IntoIterator<Item = (Tally, u64)>) -> Result<Vec<BuildMachines>> {
    let counts: Vec<(Tally, u64)> = counts.into_iter().collect();
    let dictionary = &store.dictionaries().build;
    dictionary.load(store.reader(), counts.iter().map(|(tally, _)| tally.key)).await?;
    let mut builds = BTreeMap::<String, BuildMachines>::new();
    for (tally, machines) in counts {
        let build = dictionary.texts(tally.key)?.get(1).cloned().unwrap_or_default();
        let of_build =
            builds.entry(build.clone()).or_insert_with(|| BuildMachines { build, ..BuildMachines::default() });
        match tally.dimension {
            Dimension::ExternalMachines => of_build.external += machines,
            _ => of_build.internal += machines,
        }
    }
    let mut builds: Vec<BuildMachines> = builds.into_values().collect();
    sort_by_build(&mut builds, |machines| &machines.build);
    Ok(builds)
}
