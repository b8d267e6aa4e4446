//! Stretches of capture time, and how counters cover them. Pure.

use telemetrics_common::Timestamp;

use super::counters::{SECONDS_PER_DAY, SECONDS_PER_HOUR, day};

/// Capture times in seconds since 1970, from the first to before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    from: i64,
    end: i64,
}

impl Range {
    /// All time.
    pub const ALL: Self = Self { from: i64::MIN, end: i64::MAX };

    /// Captured at `from` or later, and before `to`; capture times are whole seconds.
    pub fn new(from: Option<Timestamp>, to: Option<Timestamp>) -> Self {
        let second = Timestamp::seconds_rounded_up;
        Self { from: from.map_or(i64::MIN, second), end: to.map_or(i64::MAX, second) }
    }

    /// The last so many days: from so many times 24 hours before the start of this hour to a day ahead.
    pub fn last_days(now: Timestamp, days: u32) -> Self {
        let hour = now.seconds().div_euclid(SECONDS_PER_HOUR) * SECONDS_PER_HOUR;
        let end = now.seconds_rounded_up() + SECONDS_PER_DAY;
        Self { from: hour - i64::from(days) * SECONDS_PER_DAY, end }
    }

    /// The same range moved into the past by whole days, with the hour before it as its end.
    pub(super) fn before(self, days: u32) -> Self {
        Self { from: self.from - i64::from(days) * SECONDS_PER_DAY, end: self.from }
    }

    pub(super) fn is_all(self) -> bool {
        self == Self::ALL
    }

    /// The first moment, if there is one.
    pub(super) fn from(self) -> Option<Timestamp> {
        (self.from != i64::MIN).then(|| Timestamp::from_seconds(self.from))
    }

    /// The moment behind the last, if there is one.
    pub(super) fn end(self) -> Option<Timestamp> {
        (self.end != i64::MAX).then(|| Timestamp::from_seconds(self.end))
    }

    /// The days that the range has a part of: the first, and the one behind the last.
    pub(super) fn days(self) -> (i32, i32) {
        let end = self.end.saturating_add(SECONDS_PER_DAY - 1);
        (clamped_day(self.from), clamped_day(end))
    }

    /// Cuts the range into what counters know and what they do not.
    pub(super) fn split(self) -> Split {
        let whole_hours = (ceil(self.from, SECONDS_PER_HOUR), floor(self.end, SECONDS_PER_HOUR));
        let mut split = Split::default();
        if whole_hours.0 >= whole_hours.1 {
            split.add_rest(self.from, self.end);
            return split;
        }
        let (from, end) = whole_hours;
        split.add_rest(self.from, from);
        split.add_rest(end, self.end);
        let whole_days = (ceil(from, SECONDS_PER_DAY), floor(end, SECONDS_PER_DAY));
        if whole_days.0 > whole_days.1 {
            split.add_hours(from, end);
            return split;
        }
        split.days = (clamped_day(whole_days.0), clamped_day(whole_days.1));
        split.add_hours(from, whole_days.0);
        split.add_hours(whole_days.1, end);
        split
    }
}

/// The parts of a range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    /// Whole days, in days since 1970: the first, and the one behind the last.
    pub(super) days: (i32, i32),
    /// Hours of a day: the day, the first of its hours, and the one behind the last.
    pub(super) hours: Vec<(i32, u8, u8)>,
    /// Parts of hours, in seconds since 1970.
    pub(super) rest: Vec<(i64, i64)>,
}

impl Split {
    fn add_rest(&mut self, from: i64, end: i64) {
        if from < end {
            self.rest.push((from, end));
        }
    }

    fn add_hours(&mut self, from: i64, end: i64) {
        let of_day = |seconds: i64| u8::try_from(seconds.rem_euclid(SECONDS_PER_DAY) / SECONDS_PER_HOUR).unwrap_or(0);
        if from < end {
            let last = of_day(end - SECONDS_PER_HOUR) + 1;
            self.hours.push((day(from), of_day(from), last));
        }
    }
}

// The ends of all time belong to no day: they stay what they are.
fn floor(seconds: i64, unit: i64) -> i64 {
    if is_end(seconds) { seconds } else { seconds.div_euclid(unit) * unit }
}

fn ceil(seconds: i64, unit: i64) -> i64 {
    if is_end(seconds) { seconds } else { floor(seconds + unit - 1, unit) }
}

fn is_end(seconds: i64) -> bool {
    seconds == i64::MIN || seconds == i64::MAX
}

fn clamped_day(seconds: i64) -> i32 {
    let days = seconds.div_euclid(SECONDS_PER_DAY).clamp(i64::from(i32::MIN), i64::from(i32::MAX));
    i32::try_from(days).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: i64, end: i64, days: (i32, i32), hours: &[(i32, u8, u8)], rest: &[(i64, i64)]) {
        let split = Range { from, end }.split();
        assert_eq!(split, Split { days, hours: hours.to_vec(), rest: rest.to_vec() });
        let covered = i64::from(split.days.1 - split.days.0) * SECONDS_PER_DAY
            + split.hours.iter().map(|&(_, first, last)| i64::from(last - first) * SECONDS_PER_HOUR).sum::<i64>()
            + split.rest.iter().map(|(from, end)| end - from).sum::<i64>();
        assert_eq!(covered, end - from);
    }

    const D: i64 = SECONDS_PER_DAY;
    const H: i64 = SECONDS_PER_HOUR;

    #[test]
    fn whole_days_come_from_the_counters_of_days() {
        check(D, 3 * D, (1, 3), &[], &[]);
        check(-D, D, (-1, 1), &[], &[]);
        check(D, D, (0, 0), &[], &[]);
    }

    #[test]
    fn edges_come_from_hours_and_what_is_left_from_records() {
        check(D + 5 * H, 3 * D + H, (2, 3), &[(1, 5, 24), (3, 0, 1)], &[]);
        check(
            D + 5 * H + 1,
            3 * D + H + 2,
            (2, 3),
            &[(1, 6, 24), (3, 0, 1)],
            &[(D + 5 * H + 1, D + 6 * H), (3 * D + H, 3 * D + H + 2)],
        );
        check(D + 2 * H, D + 7 * H, (0, 0), &[(1, 2, 7)], &[]);
        check(D + 2 * H, 2 * D, (2, 2), &[(1, 2, 24)], &[]);
        check(D + 10, D + 20, (0, 0), &[], &[(D + 10, D + 20)]);
        check(D + H - 10, D + H + 20, (0, 0), &[], &[(D + H - 10, D + H + 20)]);
    }

    #[test]
    fn all_time_has_no_edges() {
        let split = Range::ALL.split();
        assert!(split.hours.is_empty() && split.rest.is_empty());
        assert!(split.days.0 < -1_000_000 && split.days.1 > 3_000_000);
        assert!(Range::ALL.is_all());
        let open = Range::new(Some(Timestamp::from_seconds(D + H)), None).split();
        assert_eq!((open.days.0, open.hours), (2, vec![(1, 1, 24)]));
    }

    #[test]
    fn the_last_days_begin_at_a_full_hour() {
        let now = Timestamp::from_seconds(10 * D + 3 * H + 5);
        let range = Range::last_days(now, 7);
        assert_eq!(range, Range { from: 3 * D + 3 * H, end: 11 * D + 3 * H + 5 });
        assert_eq!(range.before(7), Range { from: -4 * D + 3 * H, end: 3 * D + 3 * H });
        assert_eq!(range.days(), (3, 12));
    }
}
