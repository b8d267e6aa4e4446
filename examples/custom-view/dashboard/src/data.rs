//! From the answer to what charts show. Pure.

use boot_time_common::{BootTime, CLASSIFICATION, OTHER};
use telemetrics_frontend::charts::{Category, Data, Series};
use telemetrics_frontend::scope::{Selection, records_link};

/// Average seconds by build; each build leads to its records, but for those that count together.
pub(crate) fn builds(selection: &Selection, times: &BootTime) -> Data {
    let link = |build: &str| {
        records_link(selection, |filter| {
            filter.classification = CLASSIFICATION.parse().ok();
            filter.build = Some(build.to_owned());
        })
    };
    let category = |build: &str| Category::new(build).href((build != OTHER).then(|| link(build)));
    let seconds = times.builds.iter().map(|build| build.mean_ms as f64 / 1000.0);
    Data::new("Build", times.builds.iter().map(|build| category(&build.build)))
        .series(Series::measures("seconds", seconds))
}

/// Boots by full seconds, those without any too, so that the shape is true.
pub(crate) fn seconds(times: &BootTime) -> Data {
    let ends = times.seconds.first().zip(times.seconds.last());
    let all: Vec<u32> = ends.map_or_else(Vec::new, |(first, last)| (first.seconds..=last.seconds).collect());
    let boots = |second: &u32| times.seconds.iter().find(|one| one.seconds == *second).map_or(0, |one| one.boots);
    let category = |second: &u32| Category::new(format!("{second} s")).title(format!("{second} to {} s", second + 1));
    Data::new("Seconds", all.iter().map(category))
        .series(Series::counts("boots", all.iter().map(boots)))
        .evenly_spaced()
}

#[cfg(test)]
mod tests {
    use boot_time_common::{BuildBoots, SecondBoots};

    use super::*;

    #[test]
    fn builds_lead_to_their_records() {
        let builds_of = [(OTHER, 3), ("9", 2)];
        let builds_of = builds_of.map(|(build, boots)| BuildBoots { build: build.to_owned(), boots, mean_ms: 1500 });
        let times = BootTime { builds: builds_of.to_vec(), ..BootTime::default() };
        let data = builds(&Selection::default().of_system("example-os"), &times);
        assert_eq!(data.series[0].values, [1.5, 1.5]);
        assert_eq!(data.categories[0].href, None);
        assert_eq!(
            data.categories[1].href.as_deref(),
            Some("/records?build=9&classification=org.example%2Fboot%2Ftime&system=example-os")
        );
    }

    #[test]
    fn seconds_without_boots_are_zeros() {
        let seconds_of = [2, 4].map(|seconds| SecondBoots { seconds, boots: 1 });
        let data = seconds(&BootTime { seconds: seconds_of.to_vec(), ..BootTime::default() });
        assert_eq!(data.series[0].values, [1.0, 0.0, 1.0]);
        assert_eq!(seconds(&BootTime::default()).categories, []);
    }
}
