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
        split.covered.days = (clamped_day(whole_days.0), clamped_day(whole_days.1));
        split.add_hours(from, whole_days.0);
        split.add_hours(whole_days.1, end);
        split
    }
}

/// Hours of a day: the first, and the one behind the last.
pub(super) type DayHours = (u8, u8);

/// All hours of a day.
pub(super) const ALL_DAY: DayHours = (0, 24);

/// The parts of a range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) covered: Covered,
    /// Parts of hours, in seconds since 1970.
    pub(super) rest: Vec<(i64, i64)>,
}

/// What of a range counters know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Covered {
    /// Whole days, in days since 1970: the first, and the one behind the last.
    pub(super) days: (i32, i32),
    /// Days, other ones, with some of their hours.
    pub(super) hours: Vec<(i32, DayHours)>,
}

impl Covered {
    /// All days of which it has something: the first, and the one behind the last.
    pub(super) fn span(&self) -> (i32, i32) {
        let whole = Some(self.days).filter(|(first, end)| first < end);
        let all = || self.hours.iter().map(|(day, _)| (*day, day.saturating_add(1))).chain(whole);
        let (first, end) = (all().map(|(first, _)| first).min(), all().map(|(_, end)| end).max());
        first.zip(end).unwrap_or_default()
    }

    /// What it has of a day.
    pub(super) fn on(&self, day: i32) -> Option<DayHours> {
        let hours = || self.hours.iter().find(|(of_day, _)| *of_day == day).map(|(_, hours)| *hours);
        (self.days.0..self.days.1).contains(&day).then_some(ALL_DAY).or_else(hours)
    }
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
            self.covered.hours.push((day(from), (of_day(from), last)));
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
    fn check(from: i64, end: i64, days: (i32, i32), hours: &[(i32, DayHours)], rest: &[(i64, i64)]) {
        let split = Range { from, end }.split();
        let covered = Covered { days, hours: hours.to_vec() };
        assert_eq!(split, Split { covered, rest: rest.to_vec() });
        let covered = i64::from(days.1 - days.0) * SECONDS_PER_DAY
            + hours.iter().map(|&(_, (first, last))| i64::from(last - first) * SECONDS_PER_HOUR).sum::<i64>()
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
        check(D + 5 * H, 3 * D + H, (2, 3), &[(1, (5, 24)), (3, (0, 1))], &[]);
        check(
            D + 5 * H + 1,
            3 * D + H + 2,
            (2, 3),
            &[(1, (6, 24)), (3, (0, 1))],
            &[(D + 5 * H + 1, D + 6 * H), (3 * D + H, 3 * D + H + 2)],
        );
        check(D + 2 * H, D + 7 * H, (0, 0), &[(1, (2, 7))], &[]);
        check(D + 2 * H, 2 * D, (2, 2), &[(1, (2, 24))], &[]);
        check(D + 10, D + 20, (0, 0), &[], &[(D + 10, D + 20)]);
        check(D + H - 10, D + H + 20, (0, 0), &[], &[(D + H - 10, D + H + 20)]);
    }

    #[test]
    fn all_time_has_no_edges() {
        let Split { covered, rest } = Range::ALL.split();
        assert!(covered.hours.is_empty() && rest.is_empty());
        assert!(covered.days.0 < -1_000_000 && covered.days.1 > 3_000_000);
        assert!(Range::ALL.is_all());
        let open = Range::new(Some(Timestamp::from_seconds(D + H)), None).split().covered;
        assert_eq!((open.days.0, open.hours), (2, vec![(1, (1, 24))]));
    }

    #[test]
    fn each_day_has_its_hours() {
        let covered = Range { from: D + 5 * H, end: 3 * D + H }.split().covered;
        assert_eq!(covered.span(), (1, 4));
        let on = |day| covered.on(day);
        assert_eq!([on(0), on(1), on(2), on(3), on(4)], [None, Some((5, 24)), Some(ALL_DAY), Some((0, 1)), None]);
        assert_eq!(Range { from: 2 * D, end: 4 * D }.split().covered.span(), (2, 4));
        assert_eq!(Range { from: D, end: D + 1 }.split().covered.span(), (0, 0));
        assert_eq!(Range { from: D + 2 * H, end: 2 * D }.split().covered.span(), (1, 2));
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
