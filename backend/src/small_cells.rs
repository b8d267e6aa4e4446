//! Counts that are told only roughly, so that nobody can be found among few. Pure.
//!
//! Every count is rounded down to a multiple of the cell: what is smaller vanishes, and the difference of two counts (of
//! two windows of time, say) tells no more than each of them.

use telemetrics_common::facets::{NameCount, SeverityCount};
use telemetrics_common::overview::Overview;
use telemetrics_common::population::{BuildMachines, MachineDays, Population};
use telemetrics_common::stats::Stats;

/// An answer whose counts can be told roughly.
pub trait SmallCells: Sized {
    /// With counts in multiples of a cell of at least 2.
    #[must_use]
    fn rounded(self, cell: u64) -> Self;

    /// For somebody who may see everything, or not.
    #[must_use]
    fn told(self, cell: u32, sees_all: bool) -> Self {
        if sees_all || cell < 2 { self } else { self.rounded(u64::from(cell)) }
    }
}

fn down(count: u64, cell: u64) -> u64 {
    count - count % cell
}

fn builds(builds: Vec<BuildMachines>, cell: u64) -> Vec<BuildMachines> {
    let rounded = |build: BuildMachines| BuildMachines {
        internal: down(build.internal, cell),
        external: down(build.external, cell),
        ..build
    };
    builds.into_iter().map(rounded).filter(|build| build.internal + build.external > 0).collect()
}

fn names(names: Vec<NameCount>, cell: u64) -> Vec<NameCount> {
    let rounded = |name: NameCount| {
        let records = down(name.records, cell);
        NameCount { records, purged: down(name.purged, cell).min(records), ..name }
    };
    names.into_iter().map(rounded).filter(|name| name.records > 0).collect()
}

impl SmallCells for Population {
    fn rounded(mut self, cell: u64) -> Self {
        for window in &mut self.windows {
            window.builds = builds(std::mem::take(&mut window.builds), cell);
        }
        self
    }
}

impl SmallCells for MachineDays {
    fn rounded(mut self, cell: u64) -> Self {
        for day in &mut self.days {
            day.builds = builds(std::mem::take(&mut day.builds), cell);
        }
        self.days.retain(|day| !day.builds.is_empty());
        self
    }
}

impl SmallCells for Overview {
    fn rounded(mut self, cell: u64) -> Self {
        for day in &mut self.days {
            day.machines = down(day.machines, cell);
        }
        if let Some(fleet) = &mut self.fleet {
            fleet.machines = down(fleet.machines, cell);
            fleet.builds = builds(std::mem::take(&mut fleet.builds), cell);
        }
        self.fleet = self.fleet.filter(|fleet| fleet.machines > 0);
        self
    }
}

impl SmallCells for Stats {
    fn rounded(self, cell: u64) -> Self {
        let severity = |one: SeverityCount| {
            let records = down(one.records, cell);
            SeverityCount { records, purged: down(one.purged, cell).min(records), ..one }
        };
        Self {
            records: down(self.records, cell),
            purged: down(self.purged, cell),
            classifications: names(self.classifications, cell),
            platforms: names(self.platforms, cell),
            severities: self.severities.into_iter().map(severity).filter(|one| one.records > 0).collect(),
            arches: names(self.arches, cell),
            kernels: names(self.kernels, cell),
            systems: names(self.systems, cell),
        }
    }
}

#[cfg(test)]
mod tests {
    use telemetrics_common::population::Window;

    use super::*;

    fn machines(build: &str, internal: u64, external: u64) -> BuildMachines {
        BuildMachines { build: build.to_owned(), internal, external }
    }

    fn population(of_all_time: u64, of_a_week: u64) -> Population {
        let window = |days, external| Window { days, builds: vec![machines("1", 7, external), machines("2", 0, 4)] };
        Population { system: "a".into(), windows: vec![window(None, of_all_time), window(Some(7), of_a_week)] }
    }

    #[test]
    fn few_are_not_told_in_any_window() {
        let told = population(12, 9).told(5, false);
        assert_eq!(told.windows[0].builds, [machines("1", 5, 10)]);
        assert_eq!(told.windows[1].builds, [machines("1", 5, 5)]);
        assert_eq!(population(12, 9).told(5, true), population(12, 9));
        assert_eq!(population(12, 9).told(0, false), population(12, 9));
    }

    #[test]
    fn rare_platforms_are_left_out() {
        let name = |name: &str, records| NameCount { name: name.to_owned(), records, purged: 3 };
        let stats = Stats { records: 17, platforms: vec![name("common", 13), name("rare", 4)], ..Stats::default() };
        let told = stats.told(5, false);
        assert_eq!(
            (told.records, told.platforms),
            (15, vec![NameCount { name: "common".into(), records: 10, purged: 0 }])
        );
    }
}
