//! What the chart views share: units, the common shapes of counts as chart data, and what is there when nothing is.

use leptos::prelude::*;
use telemetrics_common::Timestamp;
use telemetrics_common::classification::{HEARTBEAT, Pattern};
use telemetrics_common::facets::{BuildCount, NameCount};
use telemetrics_common::filter::Source;
use telemetrics_common::time::IsoWeek;

use crate::calendar::plus_days;
use crate::charts::{Category, Data, Series, Unit};
use crate::components::{EmptyState, Symbol};
use crate::format;
use crate::scope::{Bounds, Selection, records_link};

/// Records.
pub const RECORDS: Unit = Unit::counted("record", "records");
/// Machines.
pub const MACHINES: Unit = Unit::counted("machine", "machines");

/// For how many days a machine keeps its id.
pub(crate) const ROTATION_DAYS: u32 = 3;

/// What is written where a name is empty.
const UNNAMED: &str = "(none)";

/// What the server calls all texts that it has no room for. No filter finds them by that name.
pub const OTHER: &str = "(other)";

/// Names with values, as a record's details have them.
#[component]
pub fn Facts(
    /// The names and their values.
    facts: Vec<(String, String)>,
) -> impl IntoView {
    let item = |(name, value)| view! { <div class="facts__item"><dt>{name}</dt><dd>{value}</dd></div> };
    view! { <dl class="facts">{facts.into_iter().map(item).collect_view()}</dl> }
}

/// A name, or that there is none.
pub fn named(name: &str) -> &str {
    if name.is_empty() { UNNAMED } else { name }
}

/// The pattern that lets through one classification, or a group of them.
pub fn pattern(text: &str) -> Option<Pattern> {
    text.parse().ok()
}

/// Address of the records behind a count. There is none where all of them are purged, so that only the count is left.
pub fn kept_link<A: Into<Option<String>>>(records: u64, purged: u64, address: impl FnOnce() -> A) -> Option<String> {
    if records > purged { address().into() } else { None }
}

/// The part of a selection that is within a day.
pub fn of_day(selection: &Selection, day: Timestamp) -> Selection {
    selection.within(day, plus_days(day, 1))
}

/// The same on a whole day, which is what distinct machines are counted for.
pub fn on_whole_day(selection: &Selection, day: Timestamp) -> Selection {
    Selection { bounds: Bounds::default(), ..selection.clone() }.within(day, plus_days(day, 1))
}

/// Address of the heartbeats of a selection, by which machines are counted: of one build, or of one source.
pub fn heartbeats_link(selection: &Selection, build: Option<&str>, source: Option<Source>) -> String {
    records_link(selection, |filter| {
        filter.classification = pattern(HEARTBEAT);
        filter.build = build.map(str::to_owned);
        filter.source = source;
    })
}

/// Records by name, each with the address of those records where there is one.
pub fn by_name(what: &str, counts: &[NameCount], href: impl Fn(&str) -> Option<String>) -> Data {
    let category = |count: &NameCount| {
        let href = kept_link(count.records, count.purged, || href(&count.name)).filter(|_| count.name != OTHER);
        Category::new(named(&count.name)).href(href)
    };
    Data::new(what, counts.iter().map(category))
        .series(Series::counts(RECORDS.many(), counts.iter().map(|count| count.records)))
}

/// Records by build, each with the address of those records.
pub fn by_build(counts: &[BuildCount], href: impl Fn(&str) -> String) -> Data {
    let category = |count: &BuildCount| {
        let href = kept_link(count.records, count.purged, || href(&count.build)).filter(|_| count.build != OTHER);
        Category::new(named(&count.build)).href(href)
    };
    Data::new("Build", counts.iter().map(category))
        .series(Series::counts(RECORDS.many(), counts.iter().map(|count| count.records)))
}

/// The sum of counts.
pub fn total(counts: &[BuildCount]) -> u64 {
    counts.iter().map(|count| count.records).sum()
}

/// A week as a place on an axis: `W47`, in full with its days.
pub fn week_category(week: IsoWeek) -> Category {
    let name = week.to_string();
    let label = name.split_once('-').map_or(name.as_str(), |(_, week)| week).to_owned();
    let last = plus_days(week.start(), 6);
    let days = format!("{} – {}", format::day_and_month(week.start()), format::date(last));
    Category::new(label).title(format!("{name}, {days}"))
}

/// A day as a place on an axis: `23 Nov`, in full with its weekday.
pub fn day_category(day: Timestamp) -> Category {
    Category::new(format::day_and_month(day)).title(format::weekday_and_date(day))
}

/// What a whole page shows when it has nothing to count.
#[component]
pub fn Nothing(
    /// That there is nothing.
    what: &'static str,
    /// What to do.
    #[prop(default = "Choose a longer time or another system.")]
    hint: &'static str,
) -> impl IntoView {
    view! { <EmptyState symbol=Symbol::Search title=what><p>{hint}</p></EmptyState> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_and_days_are_named_in_full() {
        let monday: Timestamp = "2026-11-23".parse().unwrap();
        let week = week_category(IsoWeek::of(monday));
        assert_eq!((week.label.as_str(), week.full()), ("W48", "2026-W48, 23 Nov – 29 Nov 2026"));
        let day = day_category(monday);
        assert_eq!((day.label.as_str(), day.full()), ("23 Nov", "Mon, 23 Nov 2026"));
    }

    #[test]
    fn what_has_no_name_says_so() {
        let counts = [NameCount { records: 3, ..NameCount::default() }];
        assert_eq!(by_name("Platform", &counts, |_| None).categories, [Category::new("(none)")]);
    }

    #[test]
    fn what_is_all_purged_has_no_link() {
        let link = |records, purged| kept_link(records, purged, || "/records".to_owned());
        assert_eq!([link(3, 0), link(3, 2)], [Some("/records".to_owned()), Some("/records".to_owned())]);
        assert_eq!([link(3, 3), link(0, 0)], [None, None]);
        let count = |name: &str, purged| NameCount { name: name.to_owned(), records: 3, purged };
        let counts = [count("a", 1), count("b", 3), count(OTHER, 0)];
        let data = by_name("Platform", &counts, |name| Some(name.to_owned()));
        let hrefs: Vec<_> = data.categories.iter().map(|category| category.href.as_deref()).collect();
        assert_eq!(hrefs, [Some("a"), None, None]);
    }

    #[test]
    fn machines_of_a_day_are_of_all_of_it() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let bounds = Bounds { from: Some(time("2026-11-16T10:00")), to: None };
        let selection = Selection { bounds, ..Selection::default() };
        let day = time("2026-11-16");
        assert_eq!(of_day(&selection, day).bounds.from, Some(time("2026-11-16T10:00")));
        assert_eq!(on_whole_day(&selection, day).bounds, Bounds { from: Some(day), to: Some(time("2026-11-17")) });
        assert_eq!(
            heartbeats_link(&selection, Some("9"), Some(Source::Internal)),
            "/records?build=9&classification=org.clearlinux%2Fheartbeat%2Fping&from=2026-11-16T10%3A00%3A00Z\
            &source=internal"
        );
    }
}
