//! Numbers and times as people read them.

use telemetrics_common::Timestamp;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_thousands_apart() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (12_345, "12,345"), (1_234_567, "1,234,567")] {
            assert_eq!(number(n), text);
        }
        assert_eq!(counted(1, "record", "records"), "1 record");
        assert_eq!(counted(2000, "record", "records"), "2,000 records");
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
