//! The charts above the table: crashes over time, of what kind, in which build.

use leptos::prelude::*;
use telemetrics_common::classification::Pattern;
use telemetrics_common::crashes::{CrashCharts, DayCount};
use telemetrics_common::facets::{BuildCount, NameCount};
use telemetrics_common::{RecordFilter, Timestamp, filter};

use super::address;
use crate::answer::{Answer, Answered};
use crate::browser;
use crate::calendar;
use crate::charts::{Category, ChartCard, Data, Kind, Series, Tone, Unit};
use crate::components::SkeletonCards;
use crate::format;
use crate::scope::{Bounds, Selection, ViewScope, records_link};
use crate::views::parts::{day_category, kept_link, named, of_day};

/// The unit of crashes.
pub const CRASHES: Unit = Unit::counted("crash", "crashes");

/// A selection with the judgement's turn.
pub type ChartsAnswer = Answer<(Selection, u32), CrashCharts>;

/// The three of them.
#[component]
pub fn TopCharts(
    /// The view's scope.
    scope: ViewScope,
    /// What they show.
    answer: ChartsAnswer,
) -> impl IntoView {
    let days = answer.memo(|(selection, _), charts| {
        let of_system = selection.of_system(&charts.system);
        days(&charts.days, &of_system, browser::now(), |filter| filter.kind = Some(filter::Kind::Crash))
    });
    let left_out = answer.memo(|(selection, _), charts| left_out(&charts.days, &selection.bounds, browser::now()));
    let note = MaybeProp::derive(move || left_out.get());
    let classifications = answer
        .memo(|(selection, _), charts| classifications(&charts.classifications, &selection.of_system(&charts.system)));
    let builds = answer.memo(move |_, charts| {
        let address = |build: &str| scope.address(&address::Builds::One(build.to_owned()).parameters());
        builds(&charts.builds, address)
    });
    view! {
        <Answered
            progress=answer.progress
            failure="The charts could not be loaded"
            skeleton=|| view! { <SkeletonCards spans=&[4, 4, 4] /> }
        >
            <div class="card-grid">
                <div class="span-4"><ChartCard title="Crashes per day" unit=CRASHES kind=Kind::Columns data=days note /></div>
                <div class="span-4">
                    <ChartCard title="Crashes by classification" unit=CRASHES kind=Kind::Bars data=classifications />
                </div>
                <div class="span-4">
                    <ChartCard
                        title="Crashes per build"
                        unit=CRASHES
                        kind=Kind::Columns
                        data=builds
                        note="Only those whose backtrace has frames. A build leads to its table."
                    />
                </div>
            </div>
        </Answered>
    }
}

/// The counts of each day that a chart shows, zeros included.
pub fn day_counts(counts: &[DayCount], bounds: &Bounds, now: Timestamp) -> Vec<DayCount> {
    let known: Vec<Timestamp> = counts.iter().map(|count| count.day).collect();
    let of = |day: Timestamp| counts.iter().find(|count| count.day == day).cloned();
    let filled = |day: Timestamp| of(day).unwrap_or_else(|| DayCount { day, ..DayCount::default() });
    calendar::days(bounds, &known, now).into_iter().map(filled).collect()
}

/// What a chart of days does not show: a picture of fifty years would show nothing.
pub fn left_out(counts: &[DayCount], bounds: &Bounds, now: Timestamp) -> Option<String> {
    let sum = |days: &[DayCount]| days.iter().map(|day| day.records).sum::<u64>();
    let rest = sum(counts).saturating_sub(sum(&day_counts(counts, bounds, now)));
    (rest > 0).then(|| {
        let counted = format::counted(rest, "crash is", "crashes are");
        format!("{counted} not shown: more than a year old, or from a wrong clock.")
    })
}

/// Crashes per day, each with the address of its records.
pub fn days(counts: &[DayCount], selection: &Selection, now: Timestamp, narrow: impl Fn(&mut RecordFilter)) -> Data {
    let days = day_counts(counts, &selection.bounds, now);
    let category = |count: &DayCount| {
        let address = || records_link(&of_day(selection, count.day), &narrow);
        day_category(count.day).href(kept_link(count.records, count.purged, address))
    };
    let series = Series::counts("Crashes", days.iter().map(|count| count.records)).tone(Tone::Danger);
    Data::new("Day", days.iter().map(category)).series(series).evenly_spaced()
}

fn classifications(counts: &[NameCount], selection: &Selection) -> Data {
    let category = |count: &NameCount| {
        let of_it = |filter: &mut RecordFilter| filter.classification = Some(Pattern::Exact(count.name.clone()));
        let href = kept_link(count.records, count.purged, || records_link(selection, of_it));
        Category::new(count.name.clone()).href(href)
    };
    let series = Series::counts("Crashes", counts.iter().map(|count| count.records)).tone(Tone::Danger);
    Data::new("Classification", counts.iter().map(category)).series(series)
}

fn builds(counts: &[BuildCount], address: impl Fn(&str) -> String) -> Data {
    let category = |count: &BuildCount| Category::new(named(&count.build)).href(address(&count.build));
    let series = Series::counts("Crashes", counts.iter().map(|count| count.records)).tone(Tone::Danger);
    Data::new("Build", counts.iter().map(category)).series(series)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn days_without_crashes_are_zeros() {
        let counts = [DayCount { day: time("2026-11-21"), records: 4, purged: 0 }];
        let week = Bounds { from: Some(time("2026-11-20T10:00")), to: Some(time("2026-11-24T10:53")) };
        let filled = day_counts(&counts, &week, time("2026-11-23T10:53"));
        assert_eq!(filled.iter().map(|day| day.records).collect::<Vec<_>>(), [0, 4, 0, 0]);
    }

    #[test]
    fn days_lead_to_their_records() {
        let href = |purged: u64, narrow: fn(&mut RecordFilter)| {
            let counts = [DayCount { day: time("2026-11-23"), records: 4, purged }];
            let data = days(&counts, &Selection::default(), time("2026-11-23T10:53"), narrow);
            data.categories.first().and_then(|category| category.href.clone())
        };
        let expected = "/records?from=2026-11-23T00%3A00%3A00Z&guilty=7&to=2026-11-24T00%3A00%3A00Z";
        assert_eq!(href(3, |filter| filter.guilty = Some(7)).as_deref(), Some(expected));
        assert_eq!(href(4, |filter| filter.guilty = Some(7)), None);
    }

    #[test]
    fn days_that_are_not_drawn_are_told() {
        let day = |day: &str, records| DayCount { day: time(day), records, purged: 0 };
        let counts = [day("1970-01-01", 2), day("2026-11-20", 5)];
        let told = left_out(&counts, &Bounds::default(), time("2026-11-23T10:53"));
        assert_eq!(told.as_deref(), Some("2 crashes are not shown: more than a year old, or from a wrong clock."));
        assert_eq!(left_out(&counts[1..], &Bounds::default(), time("2026-11-23T10:53")), None);
    }

    #[test]
    fn classifications_lead_to_their_records() {
        let counts = [NameCount { name: "crash/kernel/bug".into(), records: 2, purged: 0 }];
        let data = classifications(&counts, &Selection::default().of_system("clear"));
        let href = data.categories.first().and_then(|category| category.href.clone());
        assert_eq!(href.as_deref(), Some("/records?classification=crash%2Fkernel%2Fbug&system=clear"));
    }
}
