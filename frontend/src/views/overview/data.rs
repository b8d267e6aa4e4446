//! The overview's counts as charts. Pure.

use telemetrics_common::facets::NameCount;
use telemetrics_common::overview::{Fleet, GuiltyChange, Overview, OverviewDay};
use telemetrics_common::population::BuildMachines;
use telemetrics_common::{Timestamp, filter};

use crate::calendar;
use crate::charts::{Data, Series, Tone};
use crate::format;
use crate::scope::{Bounds, Range, Selection, records_link};
use crate::views::parts::{MACHINES, day_category, heartbeats_link, kept_link, of_day, on_whole_day, pattern};

/// The domain whose name goes without saying.
const OWN_DOMAIN: &str = "org.clearlinux";

/// All days that are shown, with what happened on them.
pub fn days(selection: &Selection, counts: &Overview, now: Timestamp) -> Vec<OverviewDay> {
    let known: Vec<Timestamp> = counts.days.iter().map(|day| day.day).collect();
    calendar::days(&selection.bounds, &known, now).into_iter().map(|day| day_of(counts, day)).collect()
}

/// What happened on a day; the answer leaves out those without any record.
fn day_of(counts: &Overview, day: Timestamp) -> OverviewDay {
    let known = counts.days.iter().find(|known| known.day == day).cloned();
    known.unwrap_or_else(|| OverviewDay { day, ..OverviewDay::default() })
}

/// All records of a day.
pub fn records(day: &OverviewDay) -> u64 {
    day.kinds.iter().map(|kind| kind.records).sum()
}

fn purged(day: &OverviewDay) -> u64 {
    day.kinds.iter().map(|kind| kind.purged).sum()
}

/// What a kind of records is called: `crash`, or `agent (com.quayside)` for one of another domain.
pub fn kind_name(pattern: &str) -> String {
    let prefix = pattern.trim_end_matches('*').trim_end_matches('/');
    match prefix.split_once('/') {
        Some((OWN_DOMAIN, probe)) => probe.to_owned(),
        Some((domain, probe)) => format!("{probe} ({domain})"),
        None => prefix.to_owned(),
    }
}

/// The kinds of the days, the one with the most records first.
fn kinds_by_size(days: &[OverviewDay]) -> Vec<NameCount> {
    let mut kinds: Vec<NameCount> = Vec::new();
    for of_day in days.iter().flat_map(|day| &day.kinds) {
        match kinds.iter_mut().find(|kind| kind.name == of_day.name) {
            Some(kind) => kind.records += of_day.records,
            None => kinds.push(of_day.clone()),
        }
    }
    kinds.sort_by(|a, b| b.records.cmp(&a.records).then_with(|| a.name.cmp(&b.name)));
    kinds
}

/// Address of the records of a day.
fn records_of(selection: &Selection, day: &OverviewDay) -> Option<String> {
    kept_link(records(day), purged(day), || records_link(&of_day(selection, day.day), |_| ()))
}

/// Address of all records of the machines that were active on a day.
pub fn machines_of(selection: &Selection, day: &OverviewDay) -> Option<String> {
    records_of(&on_whole_day(selection, day.day), day)
}

/// Address of the crashes of a day.
pub fn crashes_of(selection: &Selection, day: &OverviewDay) -> Option<String> {
    kept_link(day.crashes, day.purged_crashes, || {
        records_link(&of_day(selection, day.day), |filter| filter.kind = Some(filter::Kind::Crash))
    })
}

/// Records per day and kind.
pub fn kinds(selection: &Selection, counts: &Overview, now: Timestamp) -> Data {
    let days = days(selection, counts, now);
    let series = |NameCount { name, .. }: NameCount| {
        let of_kind = |day: &OverviewDay| day.kinds.iter().find(|kind| kind.name == name).cloned().unwrap_or_default();
        let href = |day: &OverviewDay| {
            let NameCount { records, purged, .. } = of_kind(day);
            let pattern = pattern(&name)?;
            kept_link(records, purged, || {
                records_link(&of_day(selection, day.day), |filter| filter.classification = Some(pattern))
            })
        };
        Series::counts(kind_name(&name), days.iter().map(|day| of_kind(day).records)).hrefs(days.iter().map(href))
    };
    let category = |day: &OverviewDay| day_category(day.day).href(records_of(selection, day));
    let data = Data::new("Day", days.iter().map(category)).evenly_spaced();
    kinds_by_size(&days).into_iter().map(series).fold(data, Data::series)
}

/// Active machines per day.
pub fn machines(selection: &Selection, counts: &Overview, now: Timestamp) -> Data {
    let days = days(selection, counts, now);
    let category = |day: &OverviewDay| day_category(day.day).href(machines_of(selection, day));
    Data::new("Day", days.iter().map(category))
        .series(Series::counts(MACHINES.many(), days.iter().map(|day| day.machines)).tone(Tone::Slot(3)))
        .evenly_spaced()
}

/// Crashes per day.
pub fn crashes(selection: &Selection, counts: &Overview, now: Timestamp) -> Data {
    let days = days(selection, counts, now);
    let category = |day: &OverviewDay| day_category(day.day).href(crashes_of(selection, day));
    Data::new("Day", days.iter().map(category))
        .series(Series::counts("crashes", days.iter().map(|day| day.crashes)).tone(Tone::Slot(2)))
        .evenly_spaced()
}

/// That some days are counted but not drawn, where it is so.
pub fn undrawn(selection: &Selection, counts: &Overview, now: Timestamp) -> Option<String> {
    let drawn: u64 = days(selection, counts, now).iter().map(records).sum();
    let rest = counts.records.saturating_sub(drawn);
    (rest > 0).then(|| {
        let records = format::counted(rest, "record", "records");
        format!("{records} of other days are counted above, but not drawn: clocks of machines can be wrong.")
    })
}

/// The day that stands for the present.
#[derive(Clone, Debug, PartialEq)]
pub struct Latest {
    /// The day.
    pub day: OverviewDay,
    /// Whether it is over.
    pub is_over: bool,
    /// The day before, where all of it is known.
    pub before: Option<OverviewDay>,
}

/// The last day that lies whole within the range, else today as far as it has come; none where the range has neither.
pub fn latest(selection: &Selection, counts: &Overview, now: Timestamp) -> Option<Latest> {
    let Bounds { from, to } = selection.bounds;
    let begins_before = |day: Timestamp| from.is_none_or(|from| from <= day);
    let found = |day| day_of(counts, day);
    let last = calendar::last_whole_day(&selection.bounds, now);
    if begins_before(last) {
        let before = Some(calendar::plus_days(last, -1)).filter(|day| begins_before(*day)).map(found);
        return Some(Latest { day: found(last), is_over: true, before });
    }
    let today = calendar::day_of(now);
    let has_today = begins_before(today) && to.is_none_or(|to| to > now);
    has_today.then(|| Latest { day: found(today), is_over: false, before: None })
}

/// How fast records come in, in a unit that leaves a number to read: `12.5 per second`, `3.2 per hour`.
pub fn rate(per_second: f64) -> String {
    let (value, unit) = match per_second {
        // An hour is the longest time that the server looks back.
        rate if rate >= 1.0 => (rate, "second"),
        rate if rate * 60.0 >= 1.0 => (rate * 60.0, "minute"),
        rate => (rate * 3600.0, "hour"),
    };
    let value = if value >= 100.0 { format::number(value.round() as u64) } else { trimmed(value) };
    format!("{value} per {unit}")
}

/// With one decimal place, unless it is a zero.
fn trimmed(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// The range of the guilties.
pub const GUILTIES_RANGE: Range = Range::Last(7);
/// The time in which machines of the newest builds were seen.
const FLEET_RANGE: Range = Range::Last(3);

/// The guilties with the addresses of their crashes of the week.
pub fn guilties(selection: &Selection, counts: &Overview, now: Timestamp) -> Vec<(GuiltyChange, String)> {
    let week = Selection { bounds: GUILTIES_RANGE.bounds(now), ..selection.clone() };
    let address = |id: i64| records_link(&week, |filter| filter.guilty = Some(id));
    counts.guilties.iter().map(|change| (change.clone(), address(change.guilty.id))).collect()
}

/// The machines of the newest builds with the addresses of their heartbeats.
pub fn newest_builds(fleet: &Fleet, now: Timestamp) -> Vec<(BuildMachines, String)> {
    let of_fleet = Selection { bounds: FLEET_RANGE.bounds(now), ..Selection::default() }.of_system(&fleet.system);
    let address = |build: &str| heartbeats_link(&of_fleet, Some(build), None);
    fleet.builds.iter().map(|machines| (machines.clone(), address(&machines.build))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn counts() -> Overview {
        let kind = |name: &str, records| NameCount { name: name.to_owned(), records, purged: 0 };
        let day = |day: &str, kinds: Vec<NameCount>, crashes, machines| OverviewDay {
            day: time(day),
            kinds,
            crashes,
            purged_crashes: 0,
            machines,
        };
        Overview {
            records: 112,
            days: vec![
                day("1970-01-01", vec![kind("org.clearlinux/hello/*", 2)], 0, 1),
                day("2026-11-20", vec![kind("org.clearlinux/crash/*", 9), kind("crash/kernel/*", 1)], 10, 4),
                day("2026-11-22", vec![kind("org.clearlinux/hello/*", 100)], 0, 7),
            ],
            ..Overview::default()
        }
    }

    const NOW: &str = "2026-11-23T10:53:07Z";

    fn week() -> Selection {
        Selection { system: Some("clear".to_owned()), bounds: Range::Last(7).bounds(time(NOW)) }
    }

    #[test]
    fn days_without_records_are_zeros() {
        let data = kinds(&week(), &counts(), time(NOW));
        assert_eq!(data.categories.len(), 8);
        let totals: Vec<_> = (0..8).map(|day| data.total(day)).collect();
        assert_eq!(totals, [0.0, 0.0, 0.0, 0.0, 10.0, 0.0, 100.0, 0.0]);
        let names: Vec<_> = data.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["hello", "crash", "kernel (crash)"]);
        assert_eq!(
            data.series[1].href(4),
            Some(
                "/records?classification=org.clearlinux%2Fcrash%2F*&from=2026-11-20T00%3A00%3A00Z&system=clear\
                &to=2026-11-21T00%3A00%3A00Z"
            )
        );
    }

    #[test]
    fn wrong_clocks_are_not_drawn() {
        let words = undrawn(&Selection::default(), &counts(), time(NOW)).unwrap();
        assert!(words.starts_with("2 records of other days"), "{words}");
        assert_eq!(undrawn(&Selection::default(), &Overview::default(), time(NOW)), None);
        assert_eq!(machines(&Selection::default(), &counts(), time(NOW)).categories.len(), 4);
    }

    #[test]
    fn only_days_that_are_known_whole_are_compared() {
        let check = |range: Range, day: Option<&str>, is_over: bool, before: Option<&str>| {
            let selection = Selection { system: None, bounds: range.bounds(time(NOW)) };
            let found = latest(&selection, &counts(), time(NOW));
            assert_eq!(found.as_ref().map(|latest| latest.day.day), day.map(time), "{range:?}");
            assert_eq!(found.as_ref().is_some_and(|latest| latest.is_over), is_over, "{range:?}");
            assert_eq!(found.and_then(|latest| latest.before).map(|before| before.day), before.map(time), "{range:?}");
        };
        let between = |from: &str, to: &str| Range::Between { from: Some(time(from)), to: Some(time(to)) };
        check(Range::Last(7), Some("2026-11-22"), true, Some("2026-11-21"));
        check(Range::All, Some("2026-11-22"), true, Some("2026-11-21"));
        check(Range::Last(2), Some("2026-11-22"), true, None);
        check(Range::Last(1), Some("2026-11-23"), false, None);
        check(between("2026-11-07", "2026-11-08"), Some("2026-11-07"), true, None);
        check(between("2026-11-07T08:00", "2026-11-08T20:00"), None, false, None);
    }

    #[test]
    fn crashes_lead_to_their_records() {
        let data = crashes(&week(), &counts(), time(NOW));
        assert_eq!(data.series[0].values, [0.0, 0.0, 0.0, 0.0, 10.0, 0.0, 0.0, 0.0]);
        let day = "from=2026-11-20T00%3A00%3A00Z&kind=crash&system=clear&to=2026-11-21T00%3A00%3A00Z";
        assert_eq!(data.categories[4].href, Some(format!("/records?{day}")));
        assert_eq!(data.categories[5].href, None);
        let purged = OverviewDay { day: time("2026-11-20"), crashes: 9, purged_crashes: 9, ..OverviewDay::default() };
        assert_eq!(crashes_of(&week(), &purged), None);
    }

    #[test]
    fn the_lists_lead_to_their_records() {
        let counts = Overview { guilties: vec![GuiltyChange::default()], ..Overview::default() };
        let of_week = "from=2026-11-16T10%3A00%3A00Z&guilty=0&system=clear&to=2026-11-24T10%3A53%3A07Z";
        assert_eq!(guilties(&week(), &counts, time(NOW))[0].1, format!("/records?{of_week}"));
        let builds = vec![BuildMachines { build: "9".to_owned(), internal: 2, external: 1 }];
        let fleet = Fleet { system: "clear".to_owned(), machines: 3, builds };
        let of_build = "build=9&classification=org.clearlinux%2Fheartbeat%2Fping&from=2026-11-20T10%3A00%3A00Z";
        let found = newest_builds(&fleet, time(NOW));
        assert!(found[0].1.starts_with(&format!("/records?{of_build}&system=clear")), "{}", found[0].1);
    }

    #[test]
    fn rates_are_in_a_readable_unit() {
        let check = |per_second: f64, words: &str| assert_eq!(rate(per_second), words);
        check(1234.4, "1,234 per second");
        check(12.34, "12.3 per second");
        check(0.5, "30 per minute");
        check(0.001, "3.6 per hour");
        check(0.0, "0 per hour");
    }
}
