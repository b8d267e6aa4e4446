//! The charts of one guilty.

use leptos::prelude::*;
use telemetrics_common::RecordFilter;
use telemetrics_common::facets::NameCount;
use telemetrics_common::guilties::{Guilty, GuiltyBuild};

use super::charts::{self, CRASHES};
use super::frames::signal_name;
use super::guilty::GuiltyAnswer;
use crate::browser;
use crate::charts::{Category, ChartCard, Data, Kind, Series, Tone};
use crate::scope::{Bounds, Selection, records_link, system_name};
use crate::views::parts::{MACHINES, OTHER, kept_link, named};
use crate::views::payload;

/// A line of a crash's payload.
#[derive(Clone, Copy)]
struct Line {
    /// What it tells.
    name: &'static str,
    /// What it begins with.
    field: &'static str,
}

const PROGRAM: Line = Line { name: "Program", field: "Process" };
const SIGNAL: Line = Line { name: "Signal", field: "Signal" };

/// All of them.
#[component]
pub fn GuiltyCharts(
    /// The guilty's id.
    id: i64,
    /// The guilty.
    guilty: GuiltyAnswer,
) -> impl IntoView {
    let days = guilty.memo(move |_, guilty| {
        charts::days(&guilty.days, &Selection::default(), browser::now(), |filter| filter.guilty = Some(id))
    });
    let left_out = guilty.memo(|_, guilty| charts::left_out(&guilty.days, &Bounds::default(), browser::now()));
    let note = MaybeProp::derive(move || left_out.get());
    let records = guilty.memo(move |_, guilty| builds(id, guilty, "Crashes", |build| build.records));
    let machines = guilty.memo(move |_, guilty| builds(id, guilty, "Machines", |build| build.machines));
    let programs = guilty.memo(move |_, guilty| names(id, &guilty.programs, PROGRAM, str::to_owned));
    let signals = guilty.memo(move |_, guilty| names(id, &guilty.signals, SIGNAL, signal_name));
    let has = |data: Memo<Data>| move || data.with(|data| !data.is_empty());
    view! {
        <div class="card-grid">
            <div class="span-4"><ChartCard title="Crashes per day" unit=CRASHES kind=Kind::Columns data=days note /></div>
            <div class="span-4"><ChartCard title="Crashes per build" unit=CRASHES kind=Kind::Columns data=records /></div>
            <div class="span-4">
                <ChartCard title="Machines per build" unit=MACHINES kind=Kind::Columns data=machines />
            </div>
            // The kernel's crashes have neither.
            <Show when=has(programs)>
                <div class="span-6"><ChartCard title="Programs" unit=CRASHES kind=Kind::Bars data=programs /></div>
            </Show>
            <Show when=has(signals)>
                <div class="span-6"><ChartCard title="Signals" unit=CRASHES kind=Kind::Bars data=signals /></div>
            </Show>
        </div>
    }
}

/// A number for each build, with the address of its crashes; builds of several systems carry their system's name.
fn builds(id: i64, guilty: &Guilty, name: &str, value: fn(&GuiltyBuild) -> u64) -> Data {
    let is_one_system = guilty.builds.windows(2).all(|pair| matches!(pair, [a, b] if a.system == b.system));
    let category = |build: &GuiltyBuild| {
        let short = named(&build.build).to_owned();
        let long = format!("{} {short}", system_name(&build.system));
        let address = || {
            records_of(id, |filter| {
                filter.system = Some(build.system.clone());
                filter.build = Some(build.build.clone());
            })
        };
        Category::new(if is_one_system { short } else { long.clone() }).title(long).href(kept_link(
            build.records,
            build.purged,
            address,
        ))
    };
    let series = Series::counts(name, guilty.builds.iter().map(value)).tone(Tone::Accent);
    Data::new("Build", guilty.builds.iter().map(category)).series(series)
}

/// Crashes by what a line of their payload says.
fn names(id: i64, counts: &[NameCount], line: Line, shown: fn(&str) -> String) -> Data {
    let category = |NameCount { name, records, purged }: &NameCount| {
        let of_line = |filter: &mut RecordFilter| filter.payload = Some(payload::field(line.field, name));
        let href = kept_link(*records, *purged, || records_of(id, of_line));
        Category::new(shown(name)).href(href.filter(|_| name != OTHER))
    };
    Data::new(line.name, counts.iter().map(category))
        .series(Series::counts("Crashes", counts.iter().map(|count| count.records)))
}

/// Records of a guilty of all time, further narrowed.
pub fn records_of(id: i64, narrow: impl FnOnce(&mut RecordFilter)) -> String {
    records_link(&Selection::default(), |filter| {
        filter.guilty = Some(id);
        narrow(filter);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(system: &str, build: &str, purged: u64) -> GuiltyBuild {
        GuiltyBuild { system: system.into(), build: build.into(), records: 4, purged, machines: 2 }
    }

    fn chart(builds_of: Vec<GuiltyBuild>) -> Data {
        let guilty = Guilty { builds: builds_of, ..Guilty::default() };
        builds(3, &guilty, "Machines", |build| build.machines)
    }

    #[test]
    fn builds_of_several_systems_are_told_apart() {
        let labels =
            |builds_of| chart(builds_of).categories.into_iter().map(|category| category.label).collect::<Vec<_>>();
        assert_eq!(labels(vec![build("a", "1", 0), build("a", "2", 0)]), ["1", "2"]);
        assert_eq!(labels(vec![build("a", "1", 0), build("b", "1", 0)]), ["a 1", "b 1"]);
    }

    #[test]
    fn records_of_a_build_are_of_its_system() {
        let data = chart(vec![build("clear", "7", 1), build("clear", "8", 4)]);
        let hrefs: Vec<_> = data.categories.iter().map(|category| category.href.as_deref()).collect();
        assert_eq!(hrefs, [Some("/records?build=7&guilty=3&system=clear"), None]);
    }

    #[test]
    fn programs_and_signals_are_looked_for_in_their_lines() {
        let counts = [NameCount { name: "/usr/bin/paint".into(), records: 2, purged: 0 }];
        let data = names(3, &counts, PROGRAM, str::to_owned);
        let href = data.categories.first().and_then(|category| category.href.clone()).unwrap();
        let (_, search) = href.split_once('?').unwrap();
        let filter: RecordFilter = telemetrics_common::query::parse(search).unwrap();
        assert_eq!(filter.guilty, Some(3));
        assert_eq!(filter.payload, Some(payload::field("Process", "/usr/bin/paint")));
    }
}
