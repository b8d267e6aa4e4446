//! The calls that charts are drawn from, each against a look at every record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use telemetrics_backend::store::records::StoredRecord;
use telemetrics_common::Timestamp;
use telemetrics_common::builds::{GetBuilds, sort_by_build};
use telemetrics_common::classification::{BACKTRACES, HEARTBEAT, MCE, THERMAL, UPDATE};
use telemetrics_common::facets::{BuildCount, NameCount};
use telemetrics_common::mce::GetMce;
use telemetrics_common::overview::GetOverview;
use telemetrics_common::population::{BuildMachines, GetMachineDays, GetPopulation};
use telemetrics_common::stats::GetStats;
use telemetrics_common::systems::ListSystems;
use telemetrics_common::thermal::GetThermal;
use telemetrics_common::time::IsoWeek;
use telemetrics_common::updates::GetUpdates;

use super::records::store_fleet;
use crate::on_both_databases;
use crate::support::{NOW, TestApp};

on_both_databases!(
    systems_and_builds_agree,
    stats_agree,
    machine_checks_agree,
    thermal_events_agree,
    population_agrees,
    updates_agree,
    the_overview_agrees,
    an_empty_database_has_empty_charts,
    bad_parameters_of_charts_are_named,
);

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const RECORDS: u64 = 3000;

type Counts = BTreeMap<String, u64>;

fn time(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp::from_seconds(seconds))
}

/// Ranges that begin and end in every possible way.
fn ranges() -> Vec<(Option<Timestamp>, Option<Timestamp>)> {
    let midnight = NOW - NOW % DAY;
    vec![
        (None, None),
        (time(midnight - 3 * DAY), time(midnight)),
        (time(NOW - 7 * DAY), time(NOW + DAY)),
        (time(midnight - 2 * DAY + 5 * HOUR), time(midnight - 2 * DAY + 9 * HOUR)),
        (time(NOW - 4 * DAY + 1234), time(NOW - DAY - 4321)),
        (time(NOW - 2 * DAY + 100), time(NOW - 2 * DAY + 2000)),
        (time(NOW - DAY), None),
        (None, time(1_000_000_000)),
    ]
}

fn within(stored: &StoredRecord, (from, to): (Option<Timestamp>, Option<Timestamp>)) -> bool {
    let captured = stored.record.captured_at;
    from.is_none_or(|from| captured >= from) && to.is_none_or(|to| captured < to)
}

fn is_of(stored: &StoredRecord, system: Option<&str>) -> bool {
    system.is_none_or(|system| stored.record.system_name == system)
}

fn counted<'a>(records: impl IntoIterator<Item = &'a StoredRecord>, key: impl Fn(&StoredRecord) -> String) -> Counts {
    let mut counts = Counts::new();
    records.into_iter().for_each(|stored| *counts.entry(key(stored)).or_default() += 1);
    counts
}

fn by_size(counts: Counts) -> Vec<NameCount> {
    let mut counts: Vec<NameCount> =
        counts.into_iter().map(|(name, records)| NameCount { name, records, purged: 0 }).collect();
    counts.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| a.name.cmp(&b.name)));
    counts
}

fn by_build(counts: Counts) -> Vec<BuildCount> {
    let mut counts: Vec<BuildCount> =
        counts.into_iter().map(|(build, records)| BuildCount { build, records, purged: 0 }).collect();
    sort_by_build(&mut counts, |count| &count.build);
    counts
}

/// All systems, none, and one that is not there.
fn systems(all: &[StoredRecord]) -> Vec<Option<String>> {
    let by_size = by_size(counted(all, |stored| stored.record.system_name.clone()));
    let names = by_size.into_iter().map(|system| Some(system.name));
    names.chain([None, Some("no such system".to_owned())]).collect()
}

fn largest(all: &[StoredRecord]) -> String {
    by_size(counted(all, |stored| stored.record.system_name.clone()))[0].name.clone()
}

async fn systems_and_builds_agree(app: Arc<TestApp>) {
    let all = store_fleet(&app, 2 * RECORDS).await;
    let expected = by_size(counted(&all, |stored| stored.record.system_name.clone()));
    assert_eq!(app.call(&ListSystems {}).await.systems, expected);
    let is_wrong = |stored: &&StoredRecord| {
        let (captured, received) = (stored.record.captured_at.seconds(), stored.received_at.seconds());
        captured > received + DAY || captured < received - 365 * DAY
    };
    for system in systems(&all) {
        let name = system.clone().unwrap_or_else(|| largest(&all));
        for (from, to) in ranges() {
            let found = app.call(&GetBuilds { system: system.clone(), from, to }).await;
            let of_range = || all.iter().filter(|stored| is_of(stored, Some(&name)) && within(stored, (from, to)));
            let build = |stored: &StoredRecord| stored.record.build.clone();
            assert_eq!(found.system, name);
            assert_eq!(found.builds, by_build(counted(of_range(), build)), "{name} {from:?} {to:?}");
            assert_eq!(found.wrong_clocks, by_build(counted(of_range().filter(is_wrong), build)));
            assert_eq!(found.purged, 0);
        }
    }
    assert!(all.iter().any(|stored| is_wrong(&stored)), "the fleet has machines with wrong clocks");
}

async fn stats_agree(app: Arc<TestApp>) {
    let all = store_fleet(&app, RECORDS).await;
    for system in systems(&all) {
        for (from, to) in ranges() {
            let found = app.call(&GetStats { system: system.clone(), from, to }).await;
            let chosen: Vec<&StoredRecord> =
                all.iter().filter(|stored| is_of(stored, system.as_deref()) && within(stored, (from, to))).collect();
            let count = |key: fn(&StoredRecord) -> &String| {
                by_size(counted(chosen.iter().copied(), |stored| key(stored).clone()))
            };
            assert_eq!(found.records, chosen.len() as u64, "{system:?} {from:?} {to:?}");
            assert_eq!(found.classifications, count(|stored| &stored.record.classification));
            assert_eq!(found.platforms, count(|stored| &stored.record.host_type));
            assert_eq!(found.arches, count(|stored| &stored.record.arch));
            assert_eq!(found.kernels, count(|stored| &stored.record.kernel_version));
            assert_eq!(found.systems, count(|stored| &stored.record.system_name));
            let severities: Counts =
                found.severities.iter().map(|count| (count.severity.to_string(), count.records)).collect();
            assert_eq!(severities, counted(chosen.iter().copied(), |stored| stored.record.severity.to_string()));
        }
    }
}

async fn machine_checks_agree(app: Arc<TestApp>) {
    let all = store_fleet(&app, 2 * RECORDS).await;
    for system in systems(&all) {
        for year in [None, Some(2026), Some(1970), Some(2100)] {
            let found = app.call(&GetMce { year, system: system.clone(), top: Some(3) }).await;
            let of_system = || {
                let is_mce = |stored: &&StoredRecord| MCE.contains(&stored.record.classification.as_str());
                all.iter().filter(is_mce).filter(|stored| is_of(stored, system.as_deref()))
            };
            let year_of = |stored: &StoredRecord| IsoWeek::of(stored.record.captured_at).year();
            let years: BTreeSet<i32> = of_system().map(year_of).collect();
            let chosen = || of_system().filter(|stored| year_of(stored) == year.unwrap_or(2026));
            assert_eq!(found.year, year.unwrap_or(2026));
            if system.as_deref() != Some("no such system") {
                assert_eq!(found.years, years.into_iter().collect::<Vec<_>>());
            }
            let weeks: Counts = found
                .weeks
                .iter()
                .map(|count| (format!("{} {}", count.week, count.classification), count.records))
                .collect();
            let week = |stored: &StoredRecord| {
                format!("{} {}", IsoWeek::of(stored.record.captured_at), stored.record.classification)
            };
            assert_eq!(weeks, counted(chosen(), week), "{system:?} {year:?}");
            assert_eq!(
                found.classifications,
                by_size(counted(chosen(), |stored| stored.record.classification.clone()))
            );
            assert_eq!(found.builds, by_build(counted(chosen(), |stored| stored.record.build.clone())));
            let statuses: Vec<NameCount> = found
                .statuses
                .iter()
                .map(|count| NameCount { name: count.status.clone(), records: count.records, purged: 0 })
                .collect();
            assert_eq!(statuses, by_size(counted(chosen(), status)));
            let mut machines = by_size(counted(chosen(), |stored| stored.record.machine_id.clone()));
            machines.truncate(3);
            let top: Vec<NameCount> = found
                .machines
                .iter()
                .map(|machine| NameCount { name: machine.machine_id.clone(), records: machine.records, purged: 0 })
                .collect();
            assert_eq!(top, machines);
            for machine in &found.machines {
                let its = chosen().filter(|stored| stored.record.machine_id == machine.machine_id);
                assert_eq!(machine.builds, by_build(counted(its, |stored| stored.record.build.clone())));
            }
        }
    }
    assert!(!app.call(&GetMce::default()).await.machines.is_empty(), "the fleet has machine checks this year");
}

fn status(stored: &StoredRecord) -> String {
    let before = stored.record.payload.split_once(" MCGSTATUS").unwrap().0;
    before[before.len() - 8..].to_owned()
}

async fn thermal_events_agree(app: Arc<TestApp>) {
    let all = store_fleet(&app, RECORDS).await;
    for system in systems(&all) {
        let found = app.call(&GetThermal { system: system.clone() }).await;
        let this_week = IsoWeek::of(Timestamp::from_seconds(NOW));
        let weeks: BTreeSet<String> = (-4..=0).map(|weeks| this_week.plus(weeks).to_string()).collect();
        let week = |stored: &StoredRecord| IsoWeek::of(stored.record.captured_at).to_string();
        let chosen = || {
            let is_thermal =
                |stored: &&StoredRecord| stored.record.classification == THERMAL && is_of(stored, system.as_deref());
            all.iter().filter(is_thermal).filter(|stored| weeks.contains(&week(stored)))
        };
        let by_week: Counts = found.weeks.iter().map(|count| (count.week.clone(), count.records)).collect();
        assert_eq!(by_week, counted(chosen(), week), "{system:?}");
        assert_eq!(found.platforms, by_size(counted(chosen(), |stored| stored.record.host_type.clone())));
    }
    assert!(!app.call(&GetThermal::default()).await.weeks.is_empty(), "the fleet has thermal events");
}

/// Distinct machines by build: internal and external.
fn machines<'a>(heartbeats: impl Iterator<Item = &'a StoredRecord>) -> Vec<BuildMachines> {
    let distinct: BTreeSet<(&str, bool, &str)> = heartbeats
        .map(|stored| (stored.record.build.as_str(), stored.record.external, stored.record.machine_id.as_str()))
        .collect();
    let mut builds = BTreeMap::<&str, BuildMachines>::new();
    for (build, external, _) in distinct {
        let new = || BuildMachines { build: build.to_owned(), ..BuildMachines::default() };
        let count = builds.entry(build).or_insert_with(new);
        if external { count.external += 1 } else { count.internal += 1 }
    }
    let mut builds: Vec<BuildMachines> = builds.into_values().collect();
    sort_by_build(&mut builds, |count| &count.build);
    builds
}

async fn population_agrees(app: Arc<TestApp>) {
    let all = store_fleet(&app, RECORDS).await;
    for system in systems(&all) {
        let name = system.clone().unwrap_or_else(|| largest(&all));
        let heartbeats = || {
            let is_one =
                |stored: &&StoredRecord| stored.record.classification == HEARTBEAT && stored.record.system_name == name;
            all.iter().filter(is_one)
        };
        let found = app.call(&GetPopulation { system: system.clone() }).await;
        assert_eq!(found.system, name);
        let days: Vec<Option<u32>> = found.windows.iter().map(|window| window.days).collect();
        assert_eq!(days, [None, Some(14), Some(7), Some(3), Some(1)]);
        for window in found.windows {
            let from = window.days.map(|days| NOW - i64::from(days) * DAY);
            let expected = machines(heartbeats().filter(|stored| {
                let captured = stored.record.captured_at.seconds();
                from.is_none_or(|from| (from..NOW + DAY).contains(&captured))
            }));
            assert_eq!(window.builds, expected, "{name}, the last {:?} days", window.days);
        }
        let found =
            app.call(&GetMachineDays { system: system.clone(), from: time(NOW - 4 * DAY), to: time(NOW) }).await;
        let first = NOW - NOW % DAY - 4 * DAY;
        let expected: Vec<_> = (0..5)
            .map(|day| first + day * DAY)
            .map(|day| {
                let of_day = |stored: &&StoredRecord| (day..day + DAY).contains(&stored.record.captured_at.seconds());
                (Timestamp::from_seconds(day), machines(heartbeats().filter(of_day)))
            })
            .filter(|(_, builds)| !builds.is_empty())
            .collect();
        let found: Vec<_> = found.days.into_iter().map(|day| (day.day, day.builds)).collect();
        assert_eq!(found, expected, "{name}");
    }
}

async fn updates_agree(app: Arc<TestApp>) {
    let all = store_fleet(&app, 2 * RECORDS).await;
    let value = |stored: &StoredRecord, name: &str| {
        let line = stored.record.payload.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().to_owned()
    };
    for system in systems(&all) {
        for days in [None, Some(1), Some(3)] {
            let found = app.call(&GetUpdates { days, system: system.clone(), ..GetUpdates::default() }).await;
            let from = NOW - i64::from(days.unwrap_or(14)) * DAY;
            let mut pairs = BTreeMap::<(String, String), (u64, u64, f64)>::new();
            for stored in all.iter().filter(|stored| {
                stored.record.classification == UPDATE
                    && is_of(stored, system.as_deref())
                    && (from..NOW + DAY).contains(&stored.record.captured_at.seconds())
            }) {
                let versions = (value(stored, "current_version="), value(stored, "server_version="));
                let pair = pairs.entry(versions).or_default();
                if value(stored, "result=") == "0" {
                    pair.0 += 1;
                } else {
                    pair.1 += 1;
                }
                pair.2 += value(stored, "time=").parse::<f64>().unwrap();
            }
            assert_eq!(found.transitions.len(), pairs.len());
            assert!(found.transitions.is_sorted_by_key(|pair| std::cmp::Reverse(pair.succeeded + pair.failed)));
            for transition in found.transitions {
                let (succeeded, failed, seconds) = pairs[&(transition.from.clone(), transition.to.clone())];
                assert_eq!((transition.succeeded, transition.failed), (succeeded, failed), "{transition:?}");
                let mean = seconds / (succeeded + failed) as f64;
                assert!((transition.mean_seconds.unwrap() - mean).abs() < 0.001, "{transition:?} {mean}");
            }
        }
    }
    let range = GetUpdates { from: time(NOW - 2 * DAY), to: time(NOW - DAY), ..GetUpdates::default() };
    assert!(!app.call(&range).await.transitions.is_empty(), "the fleet was updated");
}

async fn the_overview_agrees(app: Arc<TestApp>) {
    let all = store_fleet(&app, RECORDS).await;
    for system in systems(&all) {
        for (from, to) in ranges().into_iter().skip(1) {
            let found = app.call(&GetOverview { system: system.clone(), from, to }).await;
            let usual = (time(NOW - 30 * DAY), time(NOW + DAY));
            let range = (from.or(usual.0), to.or(usual.1));
            let of_system = || all.iter().filter(|stored| is_of(stored, system.as_deref()));
            let chosen = || of_system().filter(|stored| within(stored, range));
            assert_eq!(found.records, chosen().count() as u64, "{system:?} {from:?} {to:?}");
            let day_of = |stored: &StoredRecord| stored.record.captured_at.seconds().div_euclid(DAY);
            let days: BTreeSet<i64> = chosen().map(day_of).collect();
            assert_eq!(found.days.iter().map(|day| day.day.seconds() / DAY).collect::<BTreeSet<_>>(), days);
            for day in found.days {
                let number = day.day.seconds() / DAY;
                let its = || chosen().filter(|stored| day_of(stored) == number);
                let kind = |stored: &StoredRecord| {
                    let parts: Vec<&str> = stored.record.classification.split('/').collect();
                    format!("{}/{}/*", parts[0], parts[1])
                };
                assert_eq!(day.kinds, by_size(counted(its(), kind)));
                let crashes = its().filter(|stored| BACKTRACES.contains(&stored.record.classification.as_str()));
                assert_eq!(day.crashes, crashes.count() as u64);
                let active: BTreeSet<(&str, &str)> = of_system()
                    .filter(|stored| day_of(stored) == number)
                    .map(|stored| (stored.record.system_name.as_str(), stored.record.machine_id.as_str()))
                    .collect();
                assert_eq!(day.machines, active.len() as u64);
            }
        }
    }
    let found = app.call(&GetOverview::default()).await;
    let newest = all.iter().map(|stored| stored.received_at).max();
    assert_eq!(found.ingest.last_received_at, newest);
    assert_eq!(found.ingest.quarantined, 0);
    assert!(found.ingest.wrong_clocks > 0 && found.ingest.records_per_second > 0.0);
    let fleet = found.fleet.unwrap();
    let population = app.call(&GetPopulation::default()).await;
    let of_three_days = &population.windows[3].builds;
    assert_eq!(fleet.system, population.system);
    assert_eq!(fleet.machines, of_three_days.iter().map(|build| build.internal + build.external).sum::<u64>());
    assert_eq!(fleet.builds, of_three_days.iter().rev().take(5).cloned().collect::<Vec<_>>());
}

async fn an_empty_database_has_empty_charts(app: Arc<TestApp>) {
    assert!(app.call(&ListSystems {}).await.systems.is_empty());
    assert_eq!(app.call(&GetBuilds::default()).await, telemetrics_common::builds::Builds::default());
    assert_eq!(app.call(&GetStats::default()).await, telemetrics_common::stats::Stats::default());
    assert_eq!(app.call(&GetMce::default()).await.year, 2026);
    assert!(app.call(&GetThermal::default()).await.weeks.is_empty());
    assert_eq!(app.call(&GetPopulation::default()).await.windows.len(), 5);
    assert!(app.call(&GetUpdates::default()).await.transitions.is_empty());
    let overview = app.call(&GetOverview::default()).await;
    assert_eq!((overview.fleet, overview.ingest.last_received_at), (None, None));
}

async fn bad_parameters_of_charts_are_named(app: Arc<TestApp>) {
    let check = async |path: &str, message: &str| assert_eq!(app.refused(path).await, message, "{path}");
    check("/api/v1/mce?year=1969", "year: must be 1970 to 9998").await;
    check("/api/v1/mce?top=0", "top: must be 1 to 1000").await;
    check("/api/v1/updates?days=3&from=2026-11-01", "days: not beside from or to").await;
    let unknown = app.refused("/api/v1/stats?colour=red").await;
    assert!(unknown.starts_with("colour:"), "{unknown}");
}
