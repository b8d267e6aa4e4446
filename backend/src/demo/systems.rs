//! The fleet's operating systems and their releases.

use std::fmt::Write;

use telemetrics_common::Timestamp;

const DAY: i64 = 86_400;

/// An operating system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum System {
    #[default]
    Clear,
    Debian,
    Fedora,
    Tumbleweed,
    /// What runs on the small boards; exists only here.
    Harbor,
}

impl System {
    /// `ID` of os-release.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear-linux-os",
            Self::Debian => "debian",
            Self::Fedora => "fedora",
            Self::Tumbleweed => "opensuse-tumbleweed",
            Self::Harbor => "harbor-linux",
        }
    }

    /// How reluctant its users are to update, against those of a rolling release.
    pub(super) fn reluctance(self) -> i64 {
        match self {
            Self::Clear | Self::Tumbleweed => 1,
            Self::Fedora => 4,
            Self::Harbor => 3,
            Self::Debian => 12,
        }
    }
}

/// What a release breaks that worked before, and works again in the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Regression(pub(super) u32);

/// A release of a system.
#[derive(Clone, Debug)]
pub(super) struct Release {
    /// OS version.
    pub(super) build: String,
    /// As `uname -r` says it.
    pub(super) kernel: String,
    /// When it came out, in seconds since 1970.
    from: i64,
    pub(super) regression: Option<Regression>,
}

/// The releases of a system by the time they came out; never none.
pub(super) struct Releases {
    first: Release,
    later: Vec<Release>,
}

impl Releases {
    fn new(first: Release, later: impl IntoIterator<Item = Release>) -> Self {
        Self { first, later: later.into_iter().collect() }
    }

    /// The newest at a time; the first one before any was out.
    pub(super) fn at(&self, seconds: i64) -> &Release {
        let out = self.out_at(seconds);
        out.checked_sub(1).and_then(|last| self.later.get(last)).unwrap_or(&self.first)
    }

    /// The one before the newest at a time.
    pub(super) fn before(&self, seconds: i64) -> Option<&Release> {
        let out = self.out_at(seconds);
        out.checked_sub(1).map(|last| last.checked_sub(1).and_then(|i| self.later.get(i)).unwrap_or(&self.first))
    }

    fn out_at(&self, seconds: i64) -> usize {
        self.later.partition_point(|release| release.from <= seconds)
    }
}

/// All systems with their releases around a stretch of time.
pub(super) struct Systems {
    clear: Releases,
    debian: Releases,
    fedora: Releases,
    tumbleweed: Releases,
    harbor: Releases,
}

impl Systems {
    /// Times in seconds since 1970.
    pub(super) fn new(start: i64, end: i64) -> Self {
        let third = (end - start) / 3;
        Self {
            clear: clear(start, end),
            debian: Releases::new(
                release("12", "6.1.0-41-amd64", start),
                [release("13", "6.12.57+deb13-amd64", start - 20 * DAY)],
            ),
            fedora: Releases::new(
                release("42", "6.17.6-200.fc42.x86_64", start),
                [release("43", "6.17.8-300.fc43.x86_64", start + third)],
            ),
            tumbleweed: tumbleweed(start, end),
            harbor: Releases::new(
                release("1.4.0+r1", "6.6.58-harbor", start),
                [
                    release("1.4.1+r2", "6.6.61-harbor", start - 9 * DAY),
                    release("1.4.2+r3", "6.6.66-harbor", start + third),
                    Release {
                        regression: Some(Regression(3)),
                        ..release("1.5.0~rc1+r4", "6.12.12-harbor", start + 2 * third)
                    },
                ],
            ),
        }
    }

    pub(super) fn releases(&self, system: System) -> &Releases {
        match system {
            System::Clear => &self.clear,
            System::Debian => &self.debian,
            System::Fedora => &self.fedora,
            System::Tumbleweed => &self.tumbleweed,
            System::Harbor => &self.harbor,
        }
    }
}

fn release(build: &str, kernel: &str, from: i64) -> Release {
    Release { build: build.to_owned(), kernel: kernel.to_owned(), from, regression: None }
}

/// Integer builds, at least nine of them, the last one two days old: it breaks something, as did one before.
fn clear(start: i64, end: i64) -> Releases {
    let (first, last) = (start - 6 * DAY, end - 2 * DAY);
    let steps = ((last - first) / (4 * DAY)).clamp(8, 200);
    let of_step = |step: i64| {
        let kernel = format!("6.{}.{}-{}.native", 15 + step / 5, 1 + step % 5 * 2, 1590 + 3 * step);
        let regression = match steps - step {
            0 => Some(Regression(0)),
            4 => Some(Regression(1)),
            _ => None,
        };
        let from = first + (last - first) * step / steps;
        Release { regression, ..release(&(41_150 + 10 * step).to_string(), &kernel, from) }
    };
    Releases::new(of_step(0), (1..=steps).map(of_step))
}

/// Snapshots named by their day.
fn tumbleweed(start: i64, end: i64) -> Releases {
    let (first, last) = (start - 5 * DAY, end - 3 * DAY);
    let steps = ((last - first) / (3 * DAY)).clamp(1, 200);
    let of_step = |step: i64| {
        let from = first + (last - first) * step / steps;
        let date = Timestamp::from_seconds(from).date_time().date();
        let mut build = String::with_capacity(8);
        // A String takes all that is written.
        let _ = write!(build, "{:04}{:02}{:02}", date.year(), u8::from(date.month()), date.day());
        let kernel = format!("6.{}.{}-1-default", 17 + step / 8, 1 + step % 8);
        let regression = (steps - step == 1).then_some(Regression(2));
        Release { regression, ..release(&build, &kernel, from) }
    };
    Releases::new(of_step(0), (1..=steps).map(of_step))
}

#[cfg(test)]
mod tests {
    use telemetrics_common::time::day;

    use super::*;

    #[test]
    fn releases_follow_each_other() {
        let (start, end) = (day(2026, 10, 24).unwrap().seconds(), day(2026, 11, 23).unwrap().seconds());
        let systems = Systems::new(start, end);
        let check = |system: System, at: i64, build: &str, before: Option<&str>| {
            let releases = systems.releases(system);
            assert_eq!(releases.at(at).build, build);
            assert_eq!(releases.before(at).map(|release| release.build.as_str()), before);
        };
        check(System::Clear, 0, "41150", None);
        check(System::Clear, end - 2 * DAY, "41230", Some("41220"));
        check(System::Clear, end, "41230", Some("41220"));
        check(System::Debian, start, "13", Some("12"));
        check(System::Debian, start - 21 * DAY, "12", None);
        check(System::Fedora, start, "42", None);
        check(System::Tumbleweed, start - 5 * DAY, "20261019", None);
        check(System::Tumbleweed, end, "20261120", Some("20261116"));
        check(System::Harbor, end, "1.5.0~rc1+r4", Some("1.4.2+r3"));
    }
}
