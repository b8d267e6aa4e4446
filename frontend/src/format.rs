//! Numbers and times as people read them.

use telemetrics_common::Timestamp;

use crate::charts::share;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A number with its thousands set apart: `12,345`.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in decimal units: `14.2 MB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.into_iter().find(|(size, _)| bytes >= *size) {
        Some((size, unit)) => {
            let shown = bytes as f64 / size as f64;
            if shown < 100.0 { format!("{shown:.1} {unit}") } else { format!("{shown:.0} {unit}") }
        }
        None => format!("{bytes} B"),
    }
}

/// A number of things: `1 record`, `12,345 records`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// How long ago, or how far ahead, in its largest unit.
pub fn age(now: Timestamp, then: Timestamp) -> String {
    let seconds = now.seconds() - then.seconds();
    let size = seconds.abs();
    let (n, unit) = match size {
        0..5 => return "just now".to_owned(),
        5..MINUTE => (size, "s"),
        MINUTE..HOUR => (size / MINUTE, "min"),
        HOUR..DAY => (size / HOUR, "h"),
        _ if size < 2 * DAY => (1, "day"),
        _ if size < 60 * DAY => (size / DAY, "days"),
        _ if size < 730 * DAY => (size / (30 * DAY), "months"),
        _ => (size / (365 * DAY), "years"),
    };
    if seconds > 0 { format!("{n} {unit} ago") } else { format!("in {n} {unit}") }
}

/// The exact time, UTC.
pub fn exact(time: Timestamp) -> String {
    time.to_older_format()
}

/// The exact time by a clock that is so many minutes ahead of UTC, or behind it.
pub fn exact_at(time: Timestamp, ahead: i32) -> String {
    let shifted = Timestamp::from_seconds(time.seconds().saturating_add(i64::from(ahead) * MINUTE));
    let text = exact(shifted);
    let sign = if ahead < 0 { '-' } else { '+' };
    let (hours, minutes) = (ahead.abs() / 60, ahead.abs() % 60);
    format!("{} UTC{sign}{hours:02}:{minutes:02}", text.trim_end_matches(" UTC"))
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The day, UTC: `23 Nov 2026`.
pub fn date(time: Timestamp) -> String {
    format!("{} {}", day_and_month(time), time.date_time().year())
}

/// The day without its year: `23 Nov`.
pub fn day_and_month(time: Timestamp) -> String {
    let calendar = time.date_time();
    let month = usize::from(u8::from(calendar.month()));
    let name = month.checked_sub(1).and_then(|month| MONTHS.get(month)).copied().unwrap_or_default();
    format!("{} {name}", calendar.day())
}

/// The day with its weekday: `Mon, 23 Nov 2026`.
pub fn weekday_and_date(time: Timestamp) -> String {
    let mut weekday = time.date_time().weekday().to_string();
    weekday.truncate(3);
    format!("{weekday}, {}", date(time))
}

/// The day as fields for dates write it: `2026-11-23`.
pub fn iso_date(time: Timestamp) -> String {
    let mut text = time.to_string();
    text.truncate(text.find('T').unwrap_or(text.len()));
    text
}

/// A part of a whole in percent, as charts write it: `12.5 %`. Of nothing there is no part.
pub fn percent(part: u64, whole: u64) -> String {
    // Exact up to 2^53, far beyond any count here.
    if whole == 0 { "–".to_owned() } else { share(part as f64, whole as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_their_unit() {
        let check = |size, expected: &str| assert_eq!(bytes(size), expected);
        check(0, "0 B");
        check(999, "999 B");
        check(14_200_000, "14.2 MB");
        check(586_000, "586 kB");
        check(3_000_000_000, "3.0 GB");
    }

    #[test]
    fn numbers_have_their_thousands_apart() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (12_345, "12,345"), (1_234_567, "1,234,567")] {
            assert_eq!(number(n), text);
        }
        assert_eq!(counted(1, "record", "records"), "1 record");
        assert_eq!(counted(2000, "record", "records"), "2,000 records");
    }

    #[test]
    fn days_are_written_in_several_ways() {
        let time = Timestamp::from_seconds(1_795_344_787);
        assert_eq!(date(time), "22 Nov 2026");
        assert_eq!(day_and_month(time), "22 Nov");
        assert_eq!(weekday_and_date(time), "Sun, 22 Nov 2026");
        assert_eq!(iso_date(time), "2026-11-22");
    }

    #[test]
    fn of_nothing_there_is_no_part() {
        assert_eq!([percent(0, 0), percent(0, 7), percent(1, 8)], ["–", "0 %", "12.5 %"]);
    }

    #[test]
    fn ages_are_in_their_largest_unit() {
        let now = Timestamp::from_seconds(1_795_344_787);
        let check = |seconds: i64, text: &str| {
            assert_eq!(age(now, Timestamp::from_seconds(now.seconds() - seconds)), text);
        };
        check(0, "just now");
        check(-4, "just now");
        check(5, "5 s ago");
        check(59, "59 s ago");
        check(60, "1 min ago");
        check(3 * HOUR + 59 * MINUTE, "3 h ago");
        check(DAY, "1 day ago");
        check(3 * DAY, "3 days ago");
        check(90 * DAY, "3 months ago");
        check(now.seconds(), "56 years ago");
        check(-2 * HOUR, "in 2 h");
        check(-400 * DAY, "in 13 months");
    }
}
