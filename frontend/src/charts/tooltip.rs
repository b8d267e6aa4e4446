//! What is said about a place of a chart: in its tooltip, and to screen readers.

use super::data::{Kind, Tone, Unit};
use super::fold::Shown;
use super::number::{share, with_unit};

/// One line of a tooltip.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its colour.
    pub tone: Tone,
    /// Name of the series; empty where there is only one.
    pub name: String,
    /// The exact value with its unit.
    pub value: String,
    /// Its part of the whole, where that makes sense.
    pub share: Option<String>,
    /// Whether it is the one that is pointed at.
    pub is_pointed_at: bool,
}

/// What is said about a category or one of its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Tooltip {
    /// The category.
    pub heading: String,
    /// The values, in the order in which they are seen from above.
    pub lines: Vec<Line>,
    /// Their sum, where there are several.
    pub total: Option<String>,
}

/// The most lines before the smaller values are left to the table.
const LINES: usize = 12;

impl Tooltip {
    /// What is said about a category, and one of its series if that is pointed at.
    pub fn new(kind: Kind, unit: Unit, shown: &Shown, category: usize, pointed_at: Option<usize>) -> Self {
        let data = &shown.data;
        let several = data.series.len() > 1;
        let sum = data.total(category);
        // Parts of a stack are shares of the stack; single values are shares of all.
        let whole = if several { sum } else { data.grand_total() };
        let has_shares =
            unit.is_additive() && kind.is_stacked() && whole > 0.0 && (several || data.categories.len() > 1);
        let line = |position: usize| -> Option<Line> {
            let series = data.series.get(position)?;
            let value = series.value(category);
            (value > 0.0 || !several).then(|| Line {
                tone: shown.tone(category, position),
                name: if several { series.name.clone() } else { String::new() },
                value: with_unit(value, unit),
                share: has_shares.then(|| share(value, whole)),
                is_pointed_at: several && pointed_at == Some(position),
            })
        };
        let upwards = matches!(kind, Kind::Columns | Kind::Stacked | Kind::Area);
        let mut lines: Vec<Line> = (0..data.series.len()).filter_map(line).collect();
        if upwards {
            lines.reverse();
        }
        lines.truncate(LINES);
        let total = (several && unit.is_additive()).then(|| with_unit(sum, unit));
        let heading = data.categories.get(category).map_or("", |known| known.full()).to_owned();
        Self { heading, lines, total }
    }

    /// All of it in one sentence.
    pub fn sentence(&self) -> String {
        let line = |line: &Line| {
            let name = if line.name.is_empty() { String::new() } else { format!("{} ", line.name) };
            let share = line.share.as_ref().map(|share| format!(" ({share})")).unwrap_or_default();
            format!("{name}{}{share}", line.value)
        };
        let pointed_at = self.lines.iter().find(|line| line.is_pointed_at);
        let parts: Vec<String> = match pointed_at {
            Some(only) => vec![line(only)],
            None => {
                self.total.iter().map(|total| format!("{total} in all")).chain(self.lines.iter().map(line)).collect()
            }
        };
        format!("{}: {}", self.heading, parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::data::{Category, Data, Series};
    use crate::charts::fold::{BARS, fold};

    const RECORDS: Unit = Unit::counted("record", "records");

    #[track_caller]
    fn check(kind: Kind, unit: Unit, data: &Data, pointed_at: Option<usize>, expected: &str) {
        let shown = fold(data, kind, unit, BARS);
        assert_eq!(Tooltip::new(kind, unit, &shown, 0, pointed_at).sentence(), expected);
    }

    fn builds() -> Data {
        Data::new("Build", [Category::new("41150").title("Build 41150"), Category::new("41160")])
            .series(Series::counts("inside", [12_345, 1]))
    }

    #[test]
    fn a_value_has_its_share_of_all() {
        check(Kind::Columns, RECORDS, &builds(), None, "Build 41150: 12,345 records (99.9 %)");
        check(Kind::Bars, RECORDS, &builds(), None, "Build 41150: 12,345 records (99.9 %)");
    }

    #[test]
    fn a_stack_lists_its_parts_from_above() {
        let data = builds().series(Series::counts("outside", [55, 0])).series(Series::counts("nowhere", [0, 0]));
        let all = "Build 41150: 12,400 records in all, outside 55 records (0.4 %), inside 12,345 records (99.6 %)";
        check(Kind::Stacked, RECORDS, &data, None, all);
        check(Kind::Stacked, RECORDS, &data, Some(1), "Build 41150: outside 55 records (0.4 %)");
    }

    #[test]
    fn measures_have_neither_shares_nor_sums() {
        let data = builds().series(Series::measures("outside", [2.5, 0.0]));
        check(Kind::Lines, Unit::measured("s"), &data, None, "Build 41150: inside 12,345 s, outside 2.5 s");
    }
}
