//! Percentiles, and figures as people read them.

use std::time::Duration;

/// The percentile of ascending values by nearest rank: the smallest value that `percent` of them do not exceed.
/// Zero of no values.
pub(super) fn percentile(ascending: &[Duration], percent: usize) -> Duration {
    let rank = (ascending.len() * percent).div_ceil(100);
    ascending.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

pub(super) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Large figures whole and in groups of three, small ones with the digits that matter.
pub(super) fn figure(value: f64) -> String {
    if value.fract() == 0.0 || value >= 100.0 {
        grouped(&format!("{value:.0}"))
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let check = |values: &[u64], percent, expected| {
            let values: Vec<_> = values.iter().copied().map(Duration::from_millis).collect();
            assert_eq!(percentile(&values, percent), Duration::from_millis(expected), "{percent}% of {values:?}");
        };
        check(&[], 50, 0);
        check(&[7], 1, 7);
        check(&[7], 99, 7);
        check(&[1, 2, 3, 4], 50, 2);
        check(&[1, 2, 3, 4, 5], 50, 3);
        check(&[1, 2, 3, 4], 100, 4);
        let hundred: Vec<u64> = (1..=100).collect();
        check(&hundred, 99, 99);
        check(&hundred, 50, 50);
    }

    #[test]
    fn figures_show_the_digits_that_matter() {
        let check = |value, expected: &str| assert_eq!(figure(value), expected);
        check(0.0, "0");
        check(0.123, "0.12");
        check(5.0, "5");
        check(9.994, "9.99");
        check(12.34, "12.3");
        check(450.0, "450");
        check(999.6, "1,000");
        check(12_345.6, "12,346");
        check(1_234_567.0, "1,234,567");
    }

    #[test]
    fn durations_become_milliseconds() {
        assert_eq!(millis(Duration::from_micros(1500)), 1.5);
    }
}
