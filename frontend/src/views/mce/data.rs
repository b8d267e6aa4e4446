//! The counts of a year as charts. Pure.

use telemetrics_common::builds::sort_by_build;
use telemetrics_common::facets::{BuildCount, NameCount};
use telemetrics_common::mce::{MachineCount, Mce, StatusCount, WeekCount};
use telemetrics_common::time::IsoWeek;
use telemetrics_common::{RecordFilter, Timestamp, filter};

use crate::calendar;
use crate::charts::{Category, Data, Heat, HeatCell, HeatRow, Series, Unit};
use crate::scope::{Selection, records_link};
use crate::views::parts::{OTHER, by_build, by_name, kept_link, named, pattern, week_category};
use crate::views::payload;

/// Machine checks.
pub const CHECKS: Unit = Unit::counted("machine check", "machine checks");

/// Longer ids are cut to [`SHORT_ID`] characters where they are a heading.
const LONG_ID: usize = 14;
const SHORT_ID: usize = 10;

/// The years to choose from, newest first.
pub fn years(counts: &Mce, this: i32) -> Vec<i32> {
    let mut years = counts.years.clone();
    years.extend([counts.year, this]);
    years.sort_unstable();
    years.dedup();
    years.reverse();
    years
}

/// The records of the year that is shown.
fn of_year(system: Option<&str>, counts: &Mce) -> Selection {
    let begin = |year| IsoWeek::first_of(year).start();
    let selection = Selection { system: system.map(str::to_owned), ..Selection::default() };
    selection.within(begin(counts.year), begin(counts.year.saturating_add(1)))
}

fn link(selection: &Selection, narrow: impl FnOnce(&mut RecordFilter)) -> String {
    records_link(selection, |filter| {
        filter.kind = Some(filter::Kind::Mce);
        narrow(filter);
    })
}

/// The last part of a classification, which is the kind of machine check.
fn short(classification: &str) -> &str {
    classification.rsplit('/').next().unwrap_or(classification)
}

/// Per week and classification, weeks without any too.
pub fn weeks(system: Option<&str>, counts: &Mce, now: Timestamp) -> Data {
    let selection = of_year(system, counts);
    let weeks = calendar::weeks_of_year(counts.year, counts.weeks.iter().map(|count| count.week.as_str()), now);
    let within = |week: &IsoWeek| selection.within(week.start(), week.plus(1).start());
    let of = |week: &IsoWeek| {
        let name = week.to_string();
        counts.weeks.iter().filter(move |count| count.week == name)
    };
    let category = |week: &IsoWeek| {
        let (records, purged) = (of(week).map(|count| count.records).sum(), of(week).map(|count| count.purged).sum());
        week_category(*week).href(kept_link(records, purged, || link(&within(week), |_| ())))
    };
    let series = |NameCount { name, .. }: &NameCount| {
        let found = |week: &IsoWeek| of(week).find(|count| count.classification == *name).cloned().unwrap_or_default();
        let href = |week: &IsoWeek| {
            let WeekCount { records, purged, .. } = found(week);
            kept_link(records, purged, || records_link(&within(week), |filter| filter.classification = pattern(name)))
        };
        Series::counts(short(name), weeks.iter().map(|week| found(week).records)).hrefs(weeks.iter().map(href))
    };
    let data = Data::new("Week", weeks.iter().map(category)).evenly_spaced();
    counts.classifications.iter().map(series).fold(data, Data::series)
}

/// Per classification.
pub fn classifications(system: Option<&str>, counts: &Mce) -> Data {
    let selection = of_year(system, counts);
    let mut data = by_name("Classification", &counts.classifications, |name| {
        Some(records_link(&selection, |filter| filter.classification = pattern(name)))
    });
    for category in &mut data.categories {
        category.title = Some(category.label.clone());
        category.label = short(&category.label).to_owned();
    }
    data
}

/// Per build.
pub fn builds(system: Option<&str>, counts: &Mce) -> Data {
    let selection = of_year(system, counts);
    by_build(&counts.builds, |build| link(&selection, |filter| filter.build = Some(build.to_owned())))
}

/// Per status.
pub fn statuses(system: Option<&str>, counts: &Mce) -> Data {
    let selection = of_year(system, counts);
    let category = |StatusCount { status, records, purged }: &StatusCount| {
        let of_status = |filter: &mut RecordFilter| filter.payload = Some(payload::mce_status(status));
        let href = kept_link(*records, *purged, || link(&selection, of_status)).filter(|_| status != OTHER);
        Category::new(status.clone()).href(href)
    };
    Data::new("Status", counts.statuses.iter().map(category))
        .series(Series::counts(CHECKS.many(), counts.statuses.iter().map(|count| count.records)))
}

/// The machines with the most, by build.
pub fn machines(system: Option<&str>, counts: &Mce) -> Heat {
    let selection = of_year(system, counts);
    let mut builds: Vec<&str> =
        counts.machines.iter().flat_map(|machine| &machine.builds).map(|count| count.build.as_str()).collect();
    sort_by_build(&mut builds, |build| build);
    builds.dedup();
    let row = |machine: &MachineCount| {
        let of_machine = |build: Option<&str>| {
            link(&selection, |filter| {
                filter.machine_id = machine.machine_id.parse().ok();
                filter.build = build.map(str::to_owned);
            })
        };
        let cell = |build: &&str| {
            let BuildCount { records, purged, .. } =
                machine.builds.iter().find(|count| count.build == *build).cloned().unwrap_or_default();
            HeatCell { value: records, href: kept_link(records, purged, || of_machine(Some(build))) }
        };
        HeatRow {
            head: machine_name(&machine.machine_id)
                .href(kept_link(machine.records, machine.purged, || of_machine(None))),
            cells: builds.iter().map(cell).collect(),
            total: Some(machine.records),
        }
    };
    let rows = counts.machines.iter().map(row).collect();
    let columns = builds.iter().map(|build| Category::new(named(build))).collect();
    Heat { row_name: "Machine".to_owned(), columns, rows }
}

/// A machine's id, short, and in full where that differs.
fn machine_name(id: &str) -> Category {
    if id.chars().count() <= LONG_ID {
        return Category::new(id);
    }
    let short: String = id.chars().take(SHORT_ID).chain(['…']).collect();
    Category::new(short).title(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORRECTED: &str = "org.clearlinux/mce/corrected";
    const ID: &str = "cbbf6635484504d410706856ec9bec75";

    fn counts() -> Mce {
        let build = |build: &str, records| BuildCount { build: build.to_owned(), records, purged: 0 };
        let machine = |id: &str, builds: Vec<BuildCount>| MachineCount {
            machine_id: id.to_owned(),
            records: builds.iter().map(|build| build.records).sum(),
            purged: 0,
            builds,
        };
        let (week, classification) = ("2026-W47".to_owned(), CORRECTED.to_owned());
        Mce {
            year: 2026,
            years: vec![1970, 2026],
            weeks: vec![WeekCount { week, classification, records: 7, purged: 0 }],
            classifications: vec![NameCount { name: CORRECTED.to_owned(), records: 7, purged: 0 }],
            builds: vec![build("9", 4)],
            statuses: vec![StatusCount { status: "000800c1".to_owned(), records: 7, purged: 0 }],
            machines: vec![machine(ID, vec![build("9", 2), build("10", 3)]), machine("rack 7", vec![build("9", 2)])],
            ..Mce::default()
        }
    }

    #[test]
    fn all_weeks_so_far_are_there() {
        let data = weeks(None, &counts(), "2026-11-23T10:53:07Z".parse().unwrap());
        assert_eq!((data.categories.len(), data.grand_total()), (48, 7.0));
        assert_eq!((data.series[0].name.as_str(), data.series[0].value(46)), ("corrected", 7.0));
        assert_eq!(
            data.series[0].href(46),
            Some(
                "/records?classification=org.clearlinux%2Fmce%2Fcorrected&from=2026-11-16T00%3A00%3A00Z\
                &to=2026-11-23T00%3A00%3A00Z"
            )
        );
        let week = "from=2026-11-16T00%3A00%3A00Z&kind=mce&to=2026-11-23T00%3A00%3A00Z";
        assert_eq!(data.categories[46].href, Some(format!("/records?{week}")));
        assert_eq!((data.categories[0].href.as_ref(), data.series[0].href(0)), (None, None));
    }

    #[test]
    fn builds_are_of_machine_checks_alone() {
        let year = "from=2025-12-29T00%3A00%3A00Z&kind=mce&to=2027-01-04T00%3A00%3A00Z";
        assert_eq!(builds(None, &counts()).categories[0].href, Some(format!("/records?build=9&{year}")));
    }

    #[test]
    fn years_to_choose_from() {
        assert_eq!(years(&counts(), 2027), [2027, 2026, 1970]);
        assert_eq!(years(&Mce { year: 2020, ..Mce::default() }, 2026), [2026, 2020]);
    }

    #[test]
    fn machines_by_build() {
        let heat = machines(Some("clear"), &counts());
        let columns: Vec<_> = heat.columns.iter().map(|column| column.label.as_str()).collect();
        assert_eq!(columns, ["9", "10"]);
        assert_eq!((heat.rows[0].head.label.as_str(), heat.rows[0].head.full()), ("cbbf663548…", ID));
        assert_eq!(heat.rows[1].head, Category { href: heat.rows[1].head.href.clone(), ..Category::new("rack 7") });
        let values: Vec<_> = heat.rows[1].cells.iter().map(|cell| cell.value).collect();
        assert_eq!(values, [2, 0]);
        let href = heat.rows[0].cells[1].href.clone().unwrap();
        assert!(href.contains("build=10") && href.contains(ID) && href.contains("system=clear"), "{href}");
        assert!(href.contains("kind=mce"), "{href}");
    }

    #[test]
    fn a_status_is_looked_for_in_its_line() {
        let href = statuses(None, &counts()).categories[0].href.clone().unwrap();
        let (_, search) = href.split_once('?').unwrap();
        let filter: RecordFilter = telemetrics_common::query::parse(search).unwrap();
        assert_eq!(filter.payload, Some(payload::mce_status("000800c1")));
        assert_eq!(filter.from, "2025-12-29".parse().ok());
    }
}
