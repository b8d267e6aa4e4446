//! Numbers on axes, in tooltips and tables, and the steps of an axis.

use super::data::Unit;
use crate::format;

/// The exact value, in two decimals at most: `12,345`, `0.25`.
pub fn exact(value: f64) -> String {
    if value < 0.005 {
        return if value == 0.0 { "0".to_owned() } else { "<0.01".to_owned() };
    }
    let hundredths = (value * 100.0).round() as u64;
    let whole = format::number(hundredths / 100);
    match hundredths % 100 {
        0 => whole,
        part if part % 10 == 0 => format!("{whole}.{}", part / 10),
        part => format!("{whole}.{part:02}"),
    }
}

/// The exact value with its unit: `12,345 records`.
pub fn with_unit(value: f64, unit: Unit) -> String {
    format!("{} {}", exact(value), unit.name(value))
}

/// A value short enough for an axis: `9,500`, `12.3k`, `4.5M`, `2B`.
pub fn compact(value: f64) -> String {
    let scales = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")];
    // Rounding must not give a thousand of the smaller unit.
    match scales.into_iter().find(|(size, _)| value >= size * 0.9995 && value >= 9_999.5) {
        Some((size, suffix)) => format!("{}{suffix}", exact((value / size * 10.0).round() / 10.0)),
        None => exact(value),
    }
}

/// A part of a whole in percent, in three digits at most: `45 %`, `1.3 %`, `<0.1 %`.
pub fn share(part: f64, whole: f64) -> String {
    let percent = if whole > 0.0 { part / whole * 100.0 } else { 0.0 };
    if percent > 0.0 && percent < 0.05 {
        return "<0.1 %".to_owned();
    }
    // What is not everything is not shown as everything.
    let percent = if part < whole { percent.min(99.9) } else { percent };
    format!("{} %", exact((percent * 10.0).round() / 10.0))
}

/// The ticks of an axis from 0 to a largest value or a little more: steps of 1, 2 or 5 times a power of ten,
/// whole ones where the values are, at most `count` of them.
pub fn ticks(largest: f64, count: usize, whole: bool) -> Vec<f64> {
    let rough = largest / count.max(1) as f64;
    if !(rough > 0.0 && rough.is_finite()) {
        return vec![0.0, 1.0];
    }
    let magnitude = 10f64.powi(rough.log10().floor() as i32);
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * magnitude >= rough * (1.0 - 1e-9));
    let step = factor.unwrap_or(10.0) * magnitude;
    let step = if whole { step.max(1.0) } else { step };
    let steps = (largest / step - 1e-9).ceil().max(1.0) as u32;
    (0..=steps).map(|n| f64::from(n) * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_values() {
        let values = [0.0, 0.001, 0.25, 1.0, 12.5, 999.999, 12_345.0, 4_500_000.0];
        let texts = ["0", "<0.01", "0.25", "1", "12.5", "1,000", "12,345", "4,500,000"];
        assert_eq!(values.map(exact), texts);
        let records = Unit::counted("record", "records");
        assert_eq!([1.0, 2000.0].map(|n| with_unit(n, records)), ["1 record", "2,000 records"]);
        assert_eq!(with_unit(1.5, Unit::measured("s")), "1.5 s");
    }

    #[test]
    fn compact_values() {
        let values = [0.0, 0.5, 250.0, 9_500.0, 10_000.0, 12_345.0, 999_960.0, 4_500_000.0, 2e9];
        assert_eq!(values.map(compact), ["0", "0.5", "250", "9,500", "10k", "12.3k", "1M", "4.5M", "2B"]);
    }

    #[test]
    fn shares() {
        let parts = [0.0, 0.01, 1.0, 33.333, 99.99, 100.0];
        assert_eq!(parts.map(|part| share(part, 100.0)), ["0 %", "<0.1 %", "1 %", "33.3 %", "99.9 %", "100 %"]);
        assert_eq!(share(0.0, 0.0), "0 %");
    }

    #[track_caller]
    fn check(largest: f64, whole: bool, expected: &[f64]) {
        let found = ticks(largest, 5, whole);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
    }

    #[test]
    fn ticks_are_round_and_reach_the_largest_value() {
        check(1.0, true, &[0.0, 1.0]);
        check(3.0, true, &[0.0, 1.0, 2.0, 3.0]);
        check(7.0, true, &[0.0, 2.0, 4.0, 6.0, 8.0]);
        check(100.0, true, &[0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        check(12_345.0, true, &[0.0, 5_000.0, 10_000.0, 15_000.0]);
        check(0.3, false, &[0.0, 0.1, 0.2, 0.3]);
        check(0.0, true, &[0.0, 1.0]);
        check(f64::NAN, false, &[0.0, 1.0]);
    }

    #[test]
    fn ticks_are_few() {
        for n in 1..2000u32 {
            let largest = f64::from(n) * 1.37;
            let ticks = ticks(largest, 5, true);
            assert!(ticks.len() <= 6 && ticks.last().is_some_and(|last| *last >= largest), "{largest}: {ticks:?}");
        }
    }
}
