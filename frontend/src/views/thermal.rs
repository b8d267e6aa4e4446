//! Thermal: processors that became too hot, week by week, and the platforms that they are in.

use leptos::prelude::*;
use telemetrics_common::classification::THERMAL;
use telemetrics_common::thermal::{GetThermal, Thermal as Counts, WEEKS, Week};
use telemetrics_common::time::IsoWeek;
use telemetrics_common::{RecordFilter, Timestamp, ViewInfo, views};

use super::parts::{by_name, kept_link, pattern, week_category};
use crate::answer::{Answer, Answered};
use crate::app::View;
use crate::charts::{ChartCard, Data, Kind, Series, Tone, Unit};
use crate::components::{PageHead, SkeletonCards};
use crate::reactive::memo;
use crate::scope::{PurgedNote, Range, RefreshButton, ScopeError, Selection, SystemPicker, ViewScope, records_link};
use crate::{browser, calendar};

const EVENTS: Unit = Unit::counted("event", "events");
const EMPTY: &str = "No thermal event in these five weeks. Nothing became too hot.";

/// The view.
pub struct Thermal;

impl View for Thermal {
    fn info(&self) -> ViewInfo {
        views::THERMAL
    }

    fn page(&self) -> AnyView {
        view! { <ThermalPage /> }.into_any()
    }
}

#[component]
fn ThermalPage() -> impl IntoView {
    browser::use_title(|| views::THERMAL.title.to_owned());
    let scope = ViewScope::of(views::THERMAL, Range::All);
    let system = memo(move || scope.selection.with(|selection| Some(selection.as_ref()?.system.clone())));
    let answer = Answer::of(system, |system: &Option<String>| GetThermal { system: system.clone() });
    let weeks = answer.memo(|system, counts| weeks(system.as_deref(), counts, browser::now()));
    let platforms = answer.memo(|system, counts| platforms(system.as_deref(), counts, browser::now()));
    let purged = answer.memo(|_, counts| counts.purged);
    view! {
        <div class="page page--charts">
            <PageHead
                title=views::THERMAL.title
                subtitle="Reports of processors that became too hot and slowed down, in this week and the four before. \
                    Weeks begin on Monday, UTC."
            >
                <RefreshButton />
                <SystemPicker scope />
            </PageHead>
            <ScopeError scope />
            <Answered
                progress=answer.progress
                failure="The thermal events could not be loaded"
                skeleton=|| view! { <SkeletonCards spans=&[6, 6] /> }
            >
                <PurgedNote purged />
                <div class="card-grid">
                    <div class="span-6">
                        <ChartCard title="Thermal events per week" unit=EVENTS kind=Kind::Columns data=weeks empty=EMPTY height=340_u32 />
                    </div>
                    <div class="span-6">
                        <ChartCard title="Platforms" unit=EVENTS kind=Kind::Bars data=platforms empty=EMPTY />
                    </div>
                </div>
            </Answered>
        </div>
    }
}

/// Address of the events from the beginning of one week to the end of another.
fn link(system: Option<&str>, first: IsoWeek, last: IsoWeek, narrow: impl FnOnce(&mut RecordFilter)) -> String {
    let selection = Selection { system: system.map(str::to_owned), ..Selection::default() };
    records_link(&selection.within(first.start(), last.plus(1).start()), |filter| {
        filter.classification = pattern(THERMAL);
        narrow(filter);
    })
}

fn weeks(system: Option<&str>, counts: &Counts, now: Timestamp) -> Data {
    let weeks = calendar::last_weeks(WEEKS, now);
    let of = |week: &IsoWeek| {
        let name = week.to_string();
        counts.weeks.iter().find(|known| known.week == name).cloned().unwrap_or_default()
    };
    let category = |week: &IsoWeek| {
        let Week { records, purged, .. } = of(week);
        week_category(*week).href(kept_link(records, purged, || link(system, *week, *week, |_| ())))
    };
    Data::new("Week", weeks.iter().map(category))
        .series(Series::counts(EVENTS.many(), weeks.iter().map(|week| of(week).records)).tone(Tone::Slot(2)))
        .evenly_spaced()
}

/// Of all weeks together.
fn platforms(system: Option<&str>, counts: &Counts, now: Timestamp) -> Data {
    let weeks = calendar::last_weeks(WEEKS, now);
    by_name("Platform", &counts.platforms, |name| {
        let (first, last) = (weeks.first()?, weeks.last()?);
        Some(link(system, *first, *last, |filter| filter.platform = Some(name.to_owned())))
    })
}

#[cfg(test)]
mod tests {
    use telemetrics_common::facets::NameCount;

    use super::*;

    #[test]
    fn weeks_without_events_are_zeros() {
        let now = "2026-11-23T10:53:07Z".parse().unwrap();
        let week = |week: &str, records, purged| Week { week: week.to_owned(), records, purged };
        let counts = Counts { weeks: vec![week("2026-W44", 1, 1), week("2026-W45", 3, 1)], ..Counts::default() };
        let data = weeks(Some("clear"), &counts, now);
        let labels: Vec<_> = data.categories.iter().map(|category| category.label.as_str()).collect();
        assert_eq!(labels, ["W44", "W45", "W46", "W47", "W48"]);
        assert_eq!(data.series[0].values, [1.0, 3.0, 0.0, 0.0, 0.0]);
        assert_eq!(data.categories[0].href, None);
        assert_eq!(
            data.categories[1].href.as_deref(),
            Some(
                "/records?classification=org.clearlinux%2Fmce%2Fthermal&from=2026-11-02T00%3A00%3A00Z&system=clear\
                &to=2026-11-09T00%3A00%3A00Z"
            )
        );
    }

    #[test]
    fn platforms_are_of_all_weeks() {
        let now = "2026-11-23T10:53:07Z".parse().unwrap();
        let platforms_of = vec![NameCount { name: "A|B".to_owned(), records: 3, purged: 0 }];
        let data = platforms(None, &Counts { platforms: platforms_of, ..Counts::default() }, now);
        assert_eq!(
            data.categories[0].href.as_deref(),
            Some(
                "/records?classification=org.clearlinux%2Fmce%2Fthermal&from=2026-10-26T00%3A00%3A00Z&platform=A%7CB\
                &to=2026-11-30T00%3A00%3A00Z"
            )
        );
    }
}
