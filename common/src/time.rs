//! Points in time, as every part of Telemetrics means them: UTC, RFC 3339 in JSON.

use std::fmt;
use std::str::FromStr;

use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, Weekday};

use crate::text::serde_as_text;

/// A point in time in milliseconds since 1970, from the year 1 to the year 9999.
///
/// Written in RFC 3339, UTC, with a fraction only where there is one: `2026-11-23T08:00:00Z`.
/// Read from a date (its first moment) or a date-time; without an offset it is UTC.
///
/// ```
/// use telemetrics_common::Timestamp;
///
/// let day: Timestamp = "2026-11-23".parse()?;
/// assert_eq!(day.to_string(), "2026-11-23T00:00:00Z");
/// assert_eq!("2026-11-23T01:00:00+01:00".parse(), Ok(day));
/// assert_eq!(Timestamp::from_seconds(1_795_420_800).to_string(), "2026-11-23T08:00:00Z");
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Milliseconds of a day.
pub const DAY_MILLIS: i64 = 86_400_000;
/// The last second a record's clock may show, the end of the year 9999.
pub const MAX_SECONDS: i64 = 253_402_300_799;
/// The first second of the year 1.
const MIN_SECONDS: i64 = -62_135_596_800;

const DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const MINUTES: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]");
const SECONDS: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");

impl Timestamp {
    /// The first moment of 1970.
    pub const EPOCH: Self = Self(0);

    /// From milliseconds since 1970; values beyond the years 1 to 9999 become the nearest within.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(MIN_SECONDS * 1000, MAX_SECONDS * 1000 + 999))
    }

    /// From whole seconds since 1970; values beyond the years 1 to 9999 become the nearest within.
    pub fn from_seconds(seconds: i64) -> Self {
        Self::from_millis(seconds.saturating_mul(1000))
    }

    /// Milliseconds since 1970.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Seconds since 1970, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Seconds since 1970, rounded up: the first whole second that is not before this time.
    pub fn seconds_rounded_up(self) -> i64 {
        self.seconds() + i64::from(self.0.rem_euclid(1000) > 0)
    }

    /// The older server's writing: `2015-09-30 00:39:35 UTC`.
    pub fn to_older_format(self) -> String {
        let time = self.date_time();
        let year = time.year();
        // Years have one to four digits here.
        let [century, year] = [year / 100, year % 100].map(|pair| u8::try_from(pair).unwrap_or_default());
        let numbers = [century, year, time.month().into(), time.day(), time.hour(), time.minute(), time.second()];
        let mut text = *b"0000-00-00 00:00:00 UTC";
        for (place, number) in [0, 2, 5, 8, 11, 14, 17].into_iter().zip(numbers) {
            text[place] += number / 10;
            text[place + 1] += number % 10;
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The calendar form.
    pub fn date_time(self) -> OffsetDateTime {
        let epoch = OffsetDateTime::UNIX_EPOCH;
        epoch.checked_add(time::Duration::milliseconds(self.0)).unwrap_or(epoch)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.date_time();
        let (year, month, day) = (t.year(), u8::from(t.month()), t.day());
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second())?;
        match t.millisecond() {
            0 => f.write_str("Z"),
            millis => write!(f, ".{millis:03}Z"),
        }
    }
}

impl FromStr for Timestamp {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let utc = |date: Date, time: Time| PrimitiveDateTime::new(date, time).assume_utc();
        let parsed = OffsetDateTime::parse(text, &Rfc3339)
            .or_else(|_| Date::parse(text, DATE).map(|date| utc(date, Time::MIDNIGHT)))
            .or_else(|_| PrimitiveDateTime::parse(text, SECONDS).map(PrimitiveDateTime::assume_utc))
            .or_else(|_| PrimitiveDateTime::parse(text, MINUTES).map(PrimitiveDateTime::assume_utc))
            .map_err(|_| "must be a date (2026-11-23) or a date-time (2026-11-23T08:00:00Z)")?;
        let millis = parsed.unix_timestamp_nanos().div_euclid(1_000_000);
        i64::try_from(millis).map(Self::from_millis).map_err(|_| "must be within the years 1 to 9999")
    }
}

serde_as_text!(Timestamp);

/// A week by ISO 8601: it begins on Monday and belongs to the year that its Thursday is in. Written `2026-W47`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IsoWeek {
    year: i32,
    week: u8,
}

impl IsoWeek {
    /// The week that a time is in.
    pub fn of(time: Timestamp) -> Self {
        let (year, week, _) = time.date_time().to_iso_week_date();
        Self { year, week }
    }

    /// The first week of an ISO year.
    pub fn first_of(year: i32) -> Self {
        Self { year, week: 1 }
    }

    /// The ISO year.
    pub fn year(self) -> i32 {
        self.year
    }

    /// The first moment of its Monday; of 1970 for a year that no calendar has.
    pub fn start(self) -> Timestamp {
        let monday = Date::from_iso_week_date(self.year, self.week, Weekday::Monday);
        monday.map_or(Timestamp::EPOCH, |date| Timestamp::from_seconds(date.midnight().assume_utc().unix_timestamp()))
    }

    /// So many weeks later, or earlier.
    #[must_use]
    pub fn plus(self, weeks: i64) -> Self {
        Self::of(Timestamp::from_seconds(self.start().seconds().saturating_add(weeks.saturating_mul(7 * 86_400))))
    }
}

impl fmt::Display for IsoWeek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.week)
    }
}

/// The first moment of a calendar day.
pub fn day(year: i32, month: u8, day: u8) -> Option<Timestamp> {
    let month = Month::try_from(month).ok()?;
    let date = Date::from_calendar_date(year, month, day).ok()?;
    Some(Timestamp::from_seconds(date.midnight().assume_utc().unix_timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_as_rfc_3339() {
        assert_eq!(Timestamp::from_seconds(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp::from_millis(1_795_344_787_042).to_string(), "2026-11-22T10:53:07.042Z");
        assert_eq!(Timestamp::from_seconds(MAX_SECONDS).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(Timestamp::from_seconds(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
        let check = |millis, text: &str| assert_eq!(Timestamp::from_millis(millis).to_older_format(), text);
        check(1_443_573_575_000, "2015-09-30 00:39:35 UTC");
        check(-1, "1969-12-31 23:59:59 UTC");
        check(i64::MIN, "0001-01-01 00:00:00 UTC");
        check(i64::MAX, "9999-12-31 23:59:59 UTC");
    }

    #[test]
    fn read_as_date_or_date_time() {
        let check = |text: &str, seconds: i64| {
            assert_eq!(text.parse(), Ok(Timestamp::from_seconds(seconds)), "{text}");
        };
        check("1970-01-02", 86_400);
        check("1970-01-01T01:00", 3600);
        check("1970-01-01T01:00:05", 3605);
        check("1970-01-01T02:00:00+01:00", 3600);
        check("9999-12-31T23:59:59Z", MAX_SECONDS);
        for text in ["", "yesterday", "2026-13-01", "2026-11-23T25:00:00Z", "1795344787"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_are_rounded_either_way() {
        let check = |millis: i64, down: i64, up: i64| {
            let time = Timestamp::from_millis(millis);
            assert_eq!((time.seconds(), time.seconds_rounded_up()), (down, up), "{millis}");
        };
        check(2000, 2, 2);
        check(2001, 2, 3);
        check(-1999, -2, -1);
    }

    #[test]
    fn weeks_are_those_of_iso_8601() {
        let check = |(year, month, of_month), week: &str| {
            let time = day(year, month, of_month).unwrap();
            assert_eq!(IsoWeek::of(time).to_string(), week);
            assert_eq!(IsoWeek::of(IsoWeek::of(time).start()).to_string(), week);
        };
        check((2026, 11, 22), "2026-W47");
        check((2026, 11, 23), "2026-W48");
        check((2027, 1, 3), "2026-W53");
        check((2027, 1, 4), "2027-W01");
        check((2024, 12, 30), "2025-W01");
        check((1970, 1, 1), "1970-W01");
        assert_eq!(IsoWeek::first_of(2027).plus(-1).to_string(), "2026-W53");
        assert_eq!(IsoWeek::first_of(2026).plus(53).to_string(), "2027-W01");
    }

    #[test]
    fn days_begin_at_midnight() {
        assert_eq!(day(1970, 1, 2), Some(Timestamp::from_seconds(86_400)));
        assert_eq!(day(2026, 2, 30), None);
    }
}
