//! Days and weeks without gaps: what answers leave out because nothing happened. Pure.

use telemetrics_common::Timestamp;
use telemetrics_common::time::IsoWeek;

use crate::scope::Bounds;

const DAY: i64 = 86_400;
/// The most days that a chart shows, a bit more than a year.
pub const MAX_DAYS: i64 = 400;

/// The first moment of the day that a time is in.
pub fn day_of(time: Timestamp) -> Timestamp {
    Timestamp::from_seconds(time.seconds().div_euclid(DAY) * DAY)
}

/// So many days later, or earlier.
pub fn plus_days(time: Timestamp, days: i64) -> Timestamp {
    Timestamp::from_seconds(time.seconds().saturating_add(days.saturating_mul(DAY)))
}

/// The days that a chart shows, ascending and without gaps: those within the bounds up to today, or to tomorrow where
/// clocks ahead of time have sent something. Without a first bound the first day that is known begins them. They are
/// the last [`MAX_DAYS`] at most.
pub fn days(bounds: &Bounds, known: &[Timestamp], now: Timestamp) -> Vec<Timestamp> {
    let today = day_of(now);
    let tomorrow = plus_days(today, 1);
    let newest = if known.contains(&tomorrow) { tomorrow } else { today };
    let last = bounds.to.map_or(newest, |to| day_of(Timestamp::from_millis(to.millis() - 1)).min(newest));
    let earliest = plus_days(last, 1 - MAX_DAYS);
    let first_known = || known.iter().copied().filter(|day| *day >= earliest).min().unwrap_or(last);
    let first = bounds.from.map_or_else(first_known, day_of).max(earliest);
    (0..MAX_DAYS).map(|n| plus_days(first, n)).take_while(|day| *day <= last).collect()
}

/// The last day that is over, as far as the bounds go.
pub fn last_whole_day(bounds: &Bounds, now: Timestamp) -> Timestamp {
    let end = bounds.to.map_or(now, |to| to.min(now));
    plus_days(day_of(end), -1)
}

/// The weeks of an ISO year that have begun, and those up to the last that is known, where clocks ahead of time have
/// sent something; all of them for a year that is over.
pub fn weeks_of_year<'a>(year: i32, known: impl Iterator<Item = &'a str>, now: Timestamp) -> Vec<IsoWeek> {
    let first = IsoWeek::first_of(year);
    let this = IsoWeek::of(now);
    let last_known = known.max().unwrap_or_default();
    // Weeks of a year are in the order of their names.
    let is_shown = |week: &IsoWeek| *week <= this || week.to_string().as_str() <= last_known;
    (0..53).map(|n| first.plus(n)).take_while(|week| week.year() == year && is_shown(week)).collect()
}

/// This week and those before it, ascending, so many in all.
pub fn last_weeks(count: u32, now: Timestamp) -> Vec<IsoWeek> {
    let this = IsoWeek::of(now);
    (0..i64::from(count)).rev().map(|n| this.plus(-n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday.
    const NOW: &str = "2026-11-23T10:53:07Z";

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check_days(from: Option<&str>, to: Option<&str>, known: &[&str], first: &str, last: &str, count: usize) {
        let bounds = Bounds { from: from.map(time), to: to.map(time) };
        let known: Vec<Timestamp> = known.iter().copied().map(time).collect();
        let days = days(&bounds, &known, time(NOW));
        assert_eq!((days.first(), days.last(), days.len()), (Some(&time(first)), Some(&time(last)), count));
    }

    #[test]
    fn days_have_no_gaps() {
        let (from, to) = (Some("2026-11-16T10:00"), Some("2026-11-24T10:53"));
        check_days(from, to, &[], "2026-11-16", "2026-11-23", 8);
        check_days(from, to, &["2026-11-24"], "2026-11-16", "2026-11-24", 9);
        check_days(Some("2026-11-01"), Some("2026-11-08"), &[], "2026-11-01", "2026-11-07", 7);
    }

    #[test]
    fn wrong_clocks_do_not_stretch_a_chart() {
        check_days(None, None, &["1970-01-01", "2026-11-20", "2099-01-01"], "2026-11-20", "2026-11-23", 4);
        check_days(None, None, &[], "2026-11-23", "2026-11-23", 1);
        check_days(Some("0001-01-01"), Some("9999-01-01"), &[], "2025-10-20", "2026-11-23", 400);
        let future = Bounds { from: Some(time("2099-01-01")), to: None };
        assert!(days(&future, &[], time(NOW)).is_empty());
    }

    #[test]
    fn the_last_whole_day_is_over() {
        let check = |to: Option<&str>, day: &str| {
            assert_eq!(last_whole_day(&Bounds { from: None, to: to.map(time) }, time(NOW)), time(day));
        };
        check(None, "2026-11-22");
        check(Some("2026-11-24T10:53:07Z"), "2026-11-22");
        check(Some("2026-11-08"), "2026-11-07");
    }

    #[test]
    fn weeks_have_no_gaps() {
        let check = |weeks: Vec<IsoWeek>, first: &str, last: &str, count: usize| {
            let text = |week: Option<&IsoWeek>| week.map(ToString::to_string).unwrap_or_default();
            assert_eq!((text(weeks.first()), text(weeks.last()), weeks.len()), (first.into(), last.into(), count));
        };
        let weeks = |year: i32, known: &[&str]| weeks_of_year(year, known.iter().copied(), time(NOW));
        check(weeks(2026, &[]), "2026-W01", "2026-W48", 48);
        check(weeks(2026, &["2026-W50", "2026-W03"]), "2026-W01", "2026-W50", 50);
        check(weeks(2025, &["2025-W03"]), "2025-W01", "2025-W52", 52);
        check(weeks(2020, &[]), "2020-W01", "2020-W53", 53);
        check(weeks(2027, &[]), "", "", 0);
        check(weeks(2027, &["2027-W02"]), "2027-W01", "2027-W02", 2);
        check(last_weeks(5, time(NOW)), "2026-W44", "2026-W48", 5);
        check(last_weeks(5, time("2026-01-07")), "2025-W50", "2026-W02", 5);
    }
}
