//! When records come in: more by day than by night, fewer at weekends.

use fastrand::Rng;
use telemetrics_common::Timestamp;

const HOUR_MILLIS: u64 = 3_600_000;
const HOUR_SECONDS: i64 = 3600;

/// How busy the hours of a working day are, midnight first (UTC).
const HOURS: [u64; 24] = [8, 7, 6, 6, 7, 9, 13, 19, 26, 30, 31, 30, 27, 29, 31, 30, 28, 25, 21, 18, 16, 14, 12, 10];

/// Gives the times one after the other, ascending, so many in all.
pub(super) struct Rhythm {
    /// Seconds since 1970.
    start: i64,
    hours: u64,
    records: u64,
    /// Weight of all hours.
    total: u64,
    /// The hour that is being filled, its number from the start.
    hour: u64,
    /// Weight of the hours up to the current one's end.
    passed: u64,
    /// Records of the current hour: given, and in all.
    given: u64,
    due: u64,
    /// Records of all hours before the current one.
    before: u64,
}

impl Rhythm {
    pub(super) fn new(until: Timestamp, days: u32, records: u64) -> Self {
        let hours = u64::from(days.max(1)) * 24;
        let start = until.seconds() - i64::from(days.max(1)) * 24 * HOUR_SECONDS;
        let total = (0..hours).map(|hour| weight(start, hour)).sum();
        let mut rhythm = Self { start, hours, records, total, hour: 0, passed: 0, given: 0, due: 0, before: 0 };
        rhythm.begin_hour();
        rhythm
    }

    /// Where the first hour begins, in seconds since 1970.
    pub(super) fn start_seconds(&self) -> i64 {
        self.start
    }

    /// Where the last hour ends, in seconds since 1970.
    pub(super) fn end_seconds(&self) -> i64 {
        self.start + i64::try_from(self.hours).unwrap_or(i64::MAX) * HOUR_SECONDS
    }

    pub(super) fn next(&mut self, rng: &mut Rng) -> Option<Timestamp> {
        while self.given == self.due {
            self.hour += 1;
            if self.hour >= self.hours {
                return None;
            }
            self.before += self.due;
            self.begin_hour();
        }
        // One in each of as many equal parts of the hour: random, and ascending without sorting.
        let within = (self.given * HOUR_MILLIS + rng.u64(0..HOUR_MILLIS)) / self.due;
        self.given += 1;
        let millis = i64::try_from(self.hour * HOUR_MILLIS + within).unwrap_or(i64::MAX);
        Some(Timestamp::from_millis(self.start.saturating_mul(1000).saturating_add(millis)))
    }

    fn begin_hour(&mut self) {
        self.passed += weight(self.start, self.hour);
        let until_its_end = u128::from(self.records) * u128::from(self.passed) / u128::from(self.total.max(1));
        self.due = u64::try_from(until_its_end).unwrap_or(u64::MAX).saturating_sub(self.before);
        self.given = 0;
    }
}

fn weight(start: i64, hour: u64) -> u64 {
    let hours = start.div_euclid(HOUR_SECONDS) + i64::try_from(hour).unwrap_or(i64::MAX);
    let of_day = usize::try_from(hours.rem_euclid(24)).unwrap_or_default();
    // 1970 began on a Thursday.
    let is_weekend = (hours.div_euclid(24) + 3).rem_euclid(7) >= 5;
    HOURS.get(of_day).copied().unwrap_or_default() * if is_weekend { 2 } else { 3 }
}

#[cfg(test)]
mod tests {
    use telemetrics_common::time::day;

    use super::*;

    fn times(until: Timestamp, days: u32, records: u64) -> Vec<Timestamp> {
        let (mut rhythm, mut rng) = (Rhythm::new(until, days, records), Rng::with_seed(1));
        std::iter::from_fn(|| rhythm.next(&mut rng)).collect()
    }

    #[test]
    fn all_come_ascending_and_in_time() {
        let check = |days, records: u64| {
            let until = day(2026, 11, 23).unwrap();
            let times = times(until, days, records);
            assert_eq!(times.len() as u64, records, "{days} days");
            assert!(times.is_sorted());
            let start = until.millis() - i64::from(days) * 86_400_000;
            assert!(times.iter().all(|time| (start..until.millis()).contains(&time.millis())));
        };
        check(1, 1);
        check(1, 100_000);
        check(30, 500);
        check(3650, 10_000);
        check(30, 0);
    }

    #[test]
    fn nights_and_weekends_are_quieter() {
        let times = times(day(2026, 11, 23).unwrap(), 7, 70_000);
        let count = |of_day: u8, hour: u8| {
            let start = day(2026, 11, of_day).unwrap().seconds() + i64::from(hour) * HOUR_SECONDS;
            times.iter().filter(|time| (start..start + HOUR_SECONDS).contains(&time.seconds())).count()
        };
        let (friday, sunday) = (20, 22);
        assert!(count(friday, 10) > 4 * count(friday, 3));
        assert!(count(friday, 10) * 2 > count(sunday, 10) * 3 - 10);
        assert!(count(friday, 10) > count(sunday, 10));
    }
}
