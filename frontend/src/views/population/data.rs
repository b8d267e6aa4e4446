//! Machines per build as charts, and what to know about them. Pure.

use telemetrics_common::Timestamp;
use telemetrics_common::builds::sort_by_build;
use telemetrics_common::filter::Source;
use telemetrics_common::population::{BuildMachines, MachineDays, Population};

use crate::calendar;
use crate::charts::{Category, Data, Series, Tone};
use crate::format;
use crate::scope::{Range, Selection, system_name};
use crate::views::parts::{MACHINES, ROTATION_DAYS, day_category, heartbeats_link, named, on_whole_day};

/// How many builds have a series of their own over time, so that the newest one is never among "other".
const NEWEST: usize = 9;

/// What the page shows: the machines of one window, or of all of them side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The last so many days, or all time.
    Window(Option<u32>),
    /// All windows.
    All,
}

impl Shown {
    /// All of them, in the order of the switch.
    pub const CHOICES: [Self; 6] = [
        Self::Window(Some(1)),
        Self::Window(Some(3)),
        Self::Window(Some(7)),
        Self::Window(Some(14)),
        Self::Window(None),
        Self::All,
    ];

    /// What the address means; three days if nothing.
    pub fn parse(text: Option<&str>) -> Self {
        let named = Self::CHOICES.into_iter().find(|choice| text == Some(choice.name().as_str()));
        named.unwrap_or(Self::Window(Some(ROTATION_DAYS)))
    }

    /// Its name in the address.
    pub fn name(self) -> String {
        match self {
            Self::Window(Some(days)) => days.to_string(),
            Self::Window(None) => "all".to_owned(),
            Self::All => "compare".to_owned(),
        }
    }

    /// Its name in the switch.
    pub fn label(self) -> &'static str {
        match self {
            Self::Window(Some(1)) => "24 h",
            Self::Window(Some(3)) => "3 d",
            Self::Window(Some(7)) => "7 d",
            Self::Window(Some(_)) => "14 d",
            Self::Window(None) => "All time",
            Self::All => "Compare",
        }
    }

    /// Its name in full.
    pub fn words(self) -> String {
        match self {
            Self::Window(days) => format!("Machines seen {}", time_in_words(days)),
            Self::All => "All five side by side".to_owned(),
        }
    }
}

/// A window's time within a sentence.
fn time_in_words(days: Option<u32>) -> String {
    match days {
        Some(1) => "in the last 24 hours".to_owned(),
        Some(days) => format!("in the last {days} days"),
        None => "at any time".to_owned(),
    }
}

/// Whether machines count several times since they have changed their id.
pub fn overcounts(days: Option<u32>) -> bool {
    days.is_none_or(|days| days > ROTATION_DAYS)
}

/// What a reader has to know about the numbers of a window.
pub fn caveat(days: Option<u32>) -> String {
    let rotation = format!("Machines change their id every {ROTATION_DAYS} days");
    match days {
        Some(days) if overcounts(Some(days)) => {
            format!("{rotation}, so one that is always on is counted about {} here.", times(days))
        }
        Some(_) => format!("{rotation}, so this is close to the truth: one counts twice if its id changed meanwhile."),
        None => {
            format!(
                "{rotation}, so one that is always on is counted again every {ROTATION_DAYS} days: this is no count of machines."
            )
        }
    }
}

/// The same of all windows side by side.
pub fn caveat_of_all() -> String {
    let often = Shown::CHOICES.into_iter().filter_map(|choice| match choice {
        Shown::Window(Some(days)) if overcounts(Some(days)) => Some(format!("{} in {days} days", times(days))),
        Shown::Window(_) | Shown::All => None,
    });
    format!(
        "* Machines change their id every {ROTATION_DAYS} days, so times longer than that count a machine several times: \
         about {}. In {ROTATION_DAYS} days and less only one whose id has changed counts twice.",
        often.collect::<Vec<_>>().join(", ")
    )
}

/// How often a machine that is always on is counted in so many days.
fn times(days: u32) -> String {
    // Tenths are enough, and more than anybody knows.
    format!("{:.1} times", f64::from(days) / f64::from(ROTATION_DAYS))
}

/// All machines of a build.
pub fn total(build: &BuildMachines) -> u64 {
    build.internal + build.external
}

/// The builds of a window, ascending.
pub fn window(counts: &Population, days: Option<u32>) -> Vec<BuildMachines> {
    let found = counts.windows.iter().find(|window| window.days == days);
    found.map(|window| window.builds.clone()).unwrap_or_default()
}

/// All machines of a window in a sentence.
pub fn in_words(system: &str, builds: &[BuildMachines], days: Option<u32>) -> String {
    let all: u64 = builds.iter().map(total).sum();
    let external: u64 = builds.iter().map(|build| build.external).sum();
    let machines = format::counted(all, "machine", "machines");
    let share = format::percent(external, all);
    format!("{machines} of {} seen {}, {share} of them external.", system_name(system), time_in_words(days))
}

/// The heartbeats by which the machines of a window are counted.
pub fn heartbeats(system: &str, days: Option<u32>, now: Timestamp) -> Selection {
    let bounds = days.map_or(Range::All, Range::Last).bounds(now);
    Selection { bounds, ..Selection::default() }.of_system(system)
}

/// Builds with the addresses of their machines' heartbeats.
fn categories(heartbeats: &Selection, builds: &[BuildMachines]) -> impl Iterator<Item = Category> {
    builds.iter().map(|machines| {
        let href = heartbeats_link(heartbeats, Some(&machines.build), None);
        Category::new(named(&machines.build)).href(href)
    })
}

/// Internal and external machines per build.
pub fn machines(heartbeats: &Selection, builds: &[BuildMachines]) -> Data {
    let series = |name: &str, source: Source, value: fn(&BuildMachines) -> u64| {
        let hrefs = builds.iter().map(|machines| {
            (value(machines) > 0).then(|| heartbeats_link(heartbeats, Some(&machines.build), Some(source)))
        });
        Series::counts(name, builds.iter().map(value)).hrefs(hrefs)
    };
    Data::new("Build", categories(heartbeats, builds))
        .series(series("Internal", Source::Internal, |build| build.internal).tone(Tone::Slot(1)))
        .series(series("External", Source::External, |build| build.external).tone(Tone::Slot(2)))
}

/// Each build's part of all machines.
pub fn shares(heartbeats: &Selection, builds: &[BuildMachines]) -> Data {
    Data::new("Build", categories(heartbeats, builds)).series(Series::counts(MACHINES.many(), builds.iter().map(total)))
}

/// Machines per day that is over: a series for each of the newest builds, ascending, above the older ones together.
pub fn days(selection: &Selection, counts: &MachineDays, now: Timestamp) -> Data {
    let known: Vec<Timestamp> = counts.days.iter().map(|day| day.day).collect();
    let mut days = calendar::days(&selection.bounds, &known, now);
    // What looks like a fall at the end would only be a day that is not over; but one day alone is better than none.
    let today = calendar::day_of(now);
    if days.first().is_some_and(|first| *first < today) {
        days.retain(|day| *day < today);
    }
    let mut builds: Vec<&str> =
        counts.days.iter().flat_map(|day| &day.builds).map(|build| build.build.as_str()).collect();
    sort_by_build(&mut builds, |build| build);
    builds.dedup();
    let value = |day: &Timestamp, name: &str| {
        let day = counts.days.iter().find(|known| known.day == *day)?;
        day.builds.iter().find(|build| build.build == name).map(total)
    };
    let per_day = |name: &str| days.iter().map(|day| value(day, name).unwrap_or(0)).collect::<Vec<u64>>();
    let of_system = selection.of_system(&counts.system);
    let href = |day: &Timestamp, build: Option<&str>| heartbeats_link(&on_whole_day(&of_system, *day), build, None);
    let series = |name: &&str| {
        let hrefs = days.iter().map(|day| value(day, name).map(|_| href(day, Some(name))));
        Series::counts(named(name), per_day(name)).hrefs(hrefs)
    };
    let category = |day: &Timestamp| {
        let is_known = counts.days.iter().any(|known| known.day == *day);
        day_category(*day).href(is_known.then(|| href(day, None)))
    };
    let data = Data::new("Day", days.iter().map(category)).evenly_spaced();
    let (older, newest) = builds.split_at(builds.len().saturating_sub(NEWEST));
    let older = (!older.is_empty()).then(|| {
        let sum = older.iter().map(|name| per_day(name)).fold(vec![0; days.len()], |sum, next| {
            sum.into_iter().zip(next).map(|(sum, machines)| sum + machines).collect()
        });
        Series::counts(format!("Older builds ({})", older.len()), sum).tone(Tone::Other)
    });
    older.into_iter().chain(newest.iter().map(series)).fold(data, Data::series)
}

/// Each series' part of the machines of a day, in percent.
pub fn day_shares(days: &Data) -> Data {
    let percent = |day: usize, machines: f64| match days.total(day) {
        0.0 => 0.0,
        all => (machines * 1000.0 / all).round() / 10.0,
    };
    let mut shares = days.clone();
    for series in &mut shares.series {
        for (day, value) in series.values.iter_mut().enumerate() {
            *value = percent(day, *value);
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use telemetrics_common::population::{MachineDay, WINDOWS, Window};

    use super::*;
    use crate::scope::Bounds;

    fn build(build: &str, internal: u64, external: u64) -> BuildMachines {
        BuildMachines { build: build.to_owned(), internal, external }
    }

    #[test]
    fn every_window_of_the_answer_can_be_chosen() {
        for days in WINDOWS.map(Some).into_iter().chain([None]) {
            assert!(Shown::CHOICES.contains(&Shown::Window(days)), "{days:?}");
        }
        for choice in Shown::CHOICES {
            assert_eq!(Shown::parse(Some(&choice.name())), choice);
        }
        assert_eq!(Shown::parse(None), Shown::Window(Some(3)));
        assert_eq!(Shown::parse(Some("2")), Shown::Window(Some(3)));
    }

    #[test]
    fn long_windows_say_that_they_count_too_many() {
        let check = |days: Option<u32>, words: &str| assert!(caveat(days).contains(words), "{}", caveat(days));
        check(Some(14), "about 4.7 times");
        check(Some(7), "about 2.3 times");
        check(Some(3), "close to the truth");
        check(Some(1), "close to the truth");
        check(None, "no count of machines");
        let all = caveat_of_all();
        assert!(all.contains("about 2.3 times in 7 days, 4.7 times in 14 days. In 3 days and less"), "{all}");
    }

    #[test]
    fn a_window_in_words() {
        let builds = [build("9", 6, 2), build("10", 0, 0)];
        let words = in_words("clear", &builds, Some(1));
        assert_eq!(words, "8 machines of clear seen in the last 24 hours, 25 % of them external.");
        let counts =
            Population { windows: vec![Window { days: Some(1), builds: builds.to_vec() }], ..Population::default() };
        assert_eq!(window(&counts, Some(1)), builds);
        assert_eq!(window(&counts, None), []);
    }

    #[test]
    fn machines_lead_to_their_heartbeats() {
        let now = "2026-11-23T10:53:07Z".parse().unwrap();
        let builds = [build("9", 6, 0)];
        let data = machines(&heartbeats("clear", Some(1), now), &builds);
        let of_build =
            "/records?build=9&classification=org.clearlinux%2Fheartbeat%2Fping&from=2026-11-22T10%3A00%3A00Z";
        let to = "system=clear&to=2026-11-24T10%3A53%3A07Z";
        assert_eq!(data.series[0].href(0), Some(&*format!("{of_build}&source=internal&{to}")));
        assert_eq!(data.series[1].href(0), None);
        let all = shares(&heartbeats("clear", None, now), &builds).categories[0].href.clone();
        let expected = "/records?build=9&classification=org.clearlinux%2Fheartbeat%2Fping&system=clear";
        assert_eq!(all.as_deref(), Some(expected));
    }

    #[test]
    fn days_without_machines_are_zeros_and_today_is_left_out() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let counts = MachineDays {
            system: "clear".to_owned(),
            days: vec![
                MachineDay { day: time("2026-11-20"), builds: vec![build("10", 1, 1)] },
                MachineDay { day: time("2026-11-22"), builds: vec![build("9", 3, 0), build("10", 2, 0)] },
            ],
        };
        let selection = Selection { bounds: Bounds::default(), ..Selection::default() };
        let data = days(&selection, &counts, time("2026-11-23T08:00"));
        let series: Vec<_> = data.series.iter().map(|series| (series.name.as_str(), series.values.clone())).collect();
        assert_eq!(series, [("9", vec![0.0, 0.0, 3.0]), ("10", vec![2.0, 0.0, 2.0])]);
        let href = data.series[1].href(0).unwrap();
        assert!(href.contains("build=10&") && href.contains("from=2026-11-20T00%3A00%3A00Z"), "{href}");
        assert_eq!((data.series[0].href(0), data.categories[1].href.as_ref()), (None, None));
        let shares: Vec<_> = day_shares(&data).series.into_iter().map(|series| series.values).collect();
        assert_eq!(shares, [[0.0, 0.0, 60.0], [100.0, 0.0, 40.0]]);
    }

    #[test]
    fn the_newest_builds_stay_apart() {
        let day: Timestamp = "2026-11-22".parse().unwrap();
        let builds = (1..=11).map(|number| build(&number.to_string(), number, 0)).collect();
        let counts = MachineDays { system: "clear".to_owned(), days: vec![MachineDay { day, builds }] };
        let data = days(&Selection::default(), &counts, "2026-11-23T08:00".parse().unwrap());
        let names: Vec<_> = data.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["Older builds (2)", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);
        assert_eq!(data.series[0].values, [3.0]);
    }
}
