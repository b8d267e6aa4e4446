//! The result: a table that is Markdown too, or JSON.

use std::fmt;

use serde::{Serialize, Serializer};

use super::machine::Machine;
use super::stats::figure;

/// What a figure should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Target {
    AtLeast(f64),
    AtMost(f64),
    Under(f64),
}

impl Target {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
            Self::Under(bound) => value < bound,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "at least {}", figure(*bound)),
            Self::AtMost(bound) => write!(f, "at most {}", figure(*bound)),
            Self::Under(bound) => write!(f, "under {}", figure(*bound)),
        }
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One figure.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    what: String,
    /// None where there was nothing to measure.
    figure: Option<f64>,
    unit: &'static str,
    target: Option<Target>,
    met: Option<bool>,
}

impl Row {
    pub(super) fn new(what: impl Into<String>, figure: f64, unit: &'static str) -> Self {
        Self { what: what.into(), figure: Some(figure), unit, target: None, met: None }
    }

    pub(super) fn unmeasured(what: impl Into<String>, unit: &'static str) -> Self {
        Self { what: what.into(), figure: None, unit, target: None, met: None }
    }

    pub(super) fn target(self, target: Option<Target>) -> Self {
        let met = self.figure.zip(target).map(|(value, target)| target.is_met(value));
        Self { target, met, ..self }
    }

    fn cells(&self) -> [String; 5] {
        let none = || "-".to_owned();
        let met = self.met.map(|met| if met { "met" } else { "missed" });
        [
            self.what.clone(),
            self.figure.map_or_else(none, figure),
            self.unit.to_owned(),
            self.target.map_or_else(none, |target| target.to_string()),
            met.map_or_else(none, str::to_owned),
        ]
    }
}

/// Everything that a run found out.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) version: &'static str,
    pub(super) machine: Machine,
    pub(super) rows: Vec<Row>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Telemetrics {}\n\n{}", self.version, self.machine)?;
        let rows: Vec<_> = self.rows.iter().map(Row::cells).collect();
        let head = ["what", "figure", "unit", "target", "met"].map(str::to_owned);
        let all = || std::iter::once(&head).chain(&rows);
        let mut widths = [0; 5];
        for row in all() {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for (number, [what, figure, unit, target, met]) in all().enumerate() {
            let [a, b, c, d, e] = widths;
            writeln!(f, "| {what:a$} | {figure:>b$} | {unit:c$} | {target:d$} | {met:e$} |")?;
            if number == 0 {
                let [a, b, c, d, e] = widths.map(|width| "-".repeat(width + 1));
                writeln!(f, "|{a}-|{b}:|{c}-|{d}-|{e}-|")?;
            }
        }
        writeln!(f, "\nTimes are the client's, over loopback; it shares this machine with the server.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_met_or_missed() {
        let check = |target: Target, value: f64, met: &str| {
            let [.., cell] = Row::new("", value, "ms").target(Some(target)).cells();
            assert_eq!(cell, met, "{value} {target}");
        };
        check(Target::AtLeast(0.5), 0.5, "met");
        check(Target::AtLeast(0.5), 0.49, "missed");
        check(Target::AtMost(450.0), 450.0, "met");
        check(Target::AtMost(450.0), 450.1, "missed");
        check(Target::Under(5.0), 4.99, "met");
        check(Target::Under(5.0), 5.0, "missed");
    }

    #[test]
    fn a_row_without_figure_or_target_says_so() {
        assert_eq!(Row::new("a", 1.5, "ms").cells(), ["a", "1.50", "ms", "-", "-"]);
        let unmeasured = Row::unmeasured("b", "kB").target(Some(Target::AtMost(450.0)));
        assert_eq!(unmeasured.cells(), ["b", "-", "kB", "at most 450", "-"]);
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows =
            vec![Row::new("rows", 12_345.0, "rows/s"), Row::new("p99", 7.25, "ms").target(Some(Target::Under(50.0)))];
        let report = Report { version: "1", machine: Machine::default(), rows };
        let table = "\
            | what | figure | unit   | target   | met |\n\
            |------|-------:|--------|----------|-----|\n\
            | rows | 12,345 | rows/s | -        | -   |\n\
            | p99  |   7.25 | ms     | under 50 | met |\n";
        assert!(report.to_string().contains(table), "{report}");
    }
}
