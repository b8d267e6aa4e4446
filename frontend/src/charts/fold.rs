//! Ranks categories and folds long tails together, so that a chart of 2,000 platforms is still one to read.

use super::data::{Category, Data, Kind, Series, Tone, Unit};
use super::paint::PALETTE;

/// How many slices a ring has, together with the folded one.
pub const SLICES: usize = PALETTE as usize;
/// How many bars there are at first, without the folded one.
pub const BARS: usize = 12;
/// How many bars more each time.
pub const MORE_BARS: usize = 50;
/// How many series there are, together with the folded one.
const SERIES: usize = PALETTE as usize;

/// Data as they are drawn: ranked, folded, and with a colour for everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// What is drawn. Where something was folded, the last category or series stands for it.
    pub data: Data,
    /// How many categories the last one stands for; 0 if nothing was folded.
    pub folded: usize,
    /// How many series the last one stands for, or how many were left out because they cannot be added up.
    pub folded_series: usize,
}

impl Shown {
    /// Whether a category stands for others.
    pub fn is_other(&self, category: usize) -> bool {
        self.folded > 0 && category + 1 == self.data.categories.len()
    }

    /// The colour of a value.
    pub fn tone(&self, category: usize, series: usize) -> Tone {
        match self.data.tones.get(category) {
            Some(tone) if *tone != Tone::Auto && self.data.series.len() == 1 => *tone,
            _ => self.data.series.get(series).map_or(Tone::Auto, |series| series.tone),
        }
    }

    /// The same without some series.
    #[must_use]
    pub fn without(mut self, hidden: &[String]) -> Self {
        self.data.series.retain(|series| !hidden.contains(&series.name));
        self
    }
}

/// Prepares data for a kind of chart, with at most so many bars before the rest is folded.
pub fn fold(data: &Data, kind: Kind, unit: Unit, bars: usize) -> Shown {
    let mut shown = Shown { data: data.clone(), ..Shown::default() };
    fold_series(&mut shown, kind, unit);
    color(&mut shown.data, kind);
    if kind.is_ranked() {
        shown.data = ranked(&shown.data);
        if kind == Kind::Donut {
            color_slices(&mut shown.data);
        }
        let room = match kind {
            Kind::Donut => SLICES,
            _ => bars + 1,
        };
        fold_categories(&mut shown, room, unit);
    }
    shown
}

/// Gives series and slices their colours, by their first position.
fn color(data: &mut Data, kind: Kind) {
    for (position, series) in data.series.iter_mut().enumerate() {
        series.tone = series.tone.or_slot(position);
    }
    data.tones.resize(data.categories.len(), Tone::Auto);
    if kind == Kind::Donut {
        data.series.truncate(1);
    }
}

/// The same data, largest first; equals stay in their order.
pub fn ranked(data: &Data) -> Data {
    let mut order: Vec<usize> = (0..data.categories.len()).collect();
    order.sort_by(|a, b| data.total(*b).total_cmp(&data.total(*a)));
    let series = |series: &Series| Series {
        values: order.iter().map(|i| series.value(*i)).collect(),
        hrefs: order.iter().map(|i| series.href(*i).map(ToOwned::to_owned)).collect(),
        ..series.clone()
    };
    Data {
        categories: order.iter().filter_map(|i| data.categories.get(*i).cloned()).collect(),
        tones: order.iter().map(|i| data.tones.get(*i).copied().unwrap_or_default()).collect(),
        series: data.series.iter().map(series).collect(),
        ..data.clone()
    }
}

/// Slices without colours get them by rank.
fn color_slices(data: &mut Data) {
    for (position, tone) in data.tones.iter_mut().enumerate() {
        *tone = tone.or_slot(position);
    }
}

fn fold_categories(shown: &mut Shown, room: usize, unit: Unit) {
    let data = &mut shown.data;
    let all = data.categories.len();
    if all <= room {
        return;
    }
    let kept = room - 1;
    shown.folded = all - kept;
    for series in &mut data.series {
        let rest: f64 = (kept..all).map(|i| series.value(i)).sum();
        series.values.truncate(kept);
        series.hrefs.truncate(kept);
        series.values.push(if unit.is_additive() { rest } else { 0.0 });
    }
    data.categories.truncate(kept);
    data.categories.push(Category::new(other(shown.folded)));
    data.tones.truncate(kept);
    data.tones.push(Tone::Other);
}

/// Keeps the largest series in their order.
fn fold_series(shown: &mut Shown, kind: Kind, unit: Unit) {
    let data = &mut shown.data;
    if kind == Kind::Donut || data.series.len() <= SERIES {
        return;
    }
    let count = data.categories.len();
    let size = |series: &Series| -> f64 { (0..count).map(|category| series.value(category)).sum() };
    let mut kept: Vec<(usize, Series)> = std::mem::take(&mut data.series).into_iter().enumerate().collect();
    kept.sort_by(|(_, a), (_, b)| size(b).total_cmp(&size(a)));
    let rest = kept.split_off(SERIES - 1);
    kept.sort_unstable_by_key(|(position, _)| *position);
    data.series = kept.into_iter().map(|(_, series)| series).collect();
    shown.folded_series = rest.len();
    if unit.is_additive() {
        let sum = |category| rest.iter().map(|(_, series)| series.value(category)).sum();
        let values: Vec<f64> = (0..count).map(sum).collect();
        data.series.push(Series::measures(other(rest.len()), values).tone(Tone::Other));
    }
}

/// What stands for others is called.
fn other(n: usize) -> String {
    format!("Other ({})", crate::format::number(n as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDS: Unit = Unit::counted("record", "records");

    fn platforms(n: u64) -> Data {
        let names = (0..n).map(|i| Category::new(format!("p{i}")).href(format!("/{i}")));
        Data::new("Platform", names)
            .series(Series::counts("records", 1..=n).hrefs((0..n).map(|i| Some(format!("/{i}")))))
    }

    fn labels(shown: &Shown) -> Vec<&str> {
        shown.data.categories.iter().map(|category| category.label.as_str()).collect()
    }

    #[test]
    fn bars_are_ranked() {
        let shown = fold(&platforms(3), Kind::Bars, RECORDS, BARS);
        assert_eq!(labels(&shown), ["p2", "p1", "p0"]);
        assert_eq!(shown.data.series[0].values, [3.0, 2.0, 1.0]);
        assert_eq!(shown.data.series[0].href(0), Some("/2"));
        assert_eq!(shown.folded, 0);
    }

    #[test]
    fn a_long_tail_is_one_bar() {
        let shown = fold(&platforms(2000), Kind::Bars, RECORDS, 2);
        assert_eq!(labels(&shown), ["p1999", "p1998", "Other (1,998)"]);
        assert_eq!(shown.data.series[0].values, [2000.0, 1999.0, (1998 * 1999 / 2) as f64]);
        assert!(shown.is_other(2) && !shown.is_other(1));
        assert_eq!(shown.data.grand_total(), platforms(2000).grand_total());
    }

    #[test]
    fn nothing_is_folded_alone() {
        assert_eq!(fold(&platforms(3), Kind::Bars, RECORDS, 2).folded, 0);
        assert_eq!(fold(&platforms(10), Kind::Donut, RECORDS, BARS).folded, 0);
        assert_eq!(fold(&platforms(11), Kind::Donut, RECORDS, BARS).folded, 2);
    }

    #[test]
    fn slices_have_the_palette_by_rank() {
        let shown = fold(&platforms(30), Kind::Donut, RECORDS, BARS);
        assert_eq!((shown.tone(0, 0), shown.tone(8, 0)), (Tone::Slot(1), Tone::Slot(9)));
        assert_eq!(shown.tone(9, 0), Tone::Other);
    }

    #[test]
    fn columns_keep_their_order() {
        assert_eq!(fold(&platforms(40), Kind::Columns, RECORDS, BARS).data.categories, platforms(40).categories);
    }

    #[test]
    fn many_series_are_folded() {
        let many = |n: u64| {
            (0..n).fold(Data::new("Day", [Category::new("Mon")]), |data, i| {
                data.series(Series::counts(format!("s{i}"), [i]))
            })
        };
        let shown = fold(&many(15), Kind::Stacked, RECORDS, BARS);
        let names: Vec<_> = shown.data.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "Other (6)"]);
        assert_eq!(shown.data.series[9].values, [15.0]);
        assert_eq!(fold(&many(10), Kind::Stacked, RECORDS, BARS).folded_series, 0);
        let seconds = fold(&many(15), Kind::Lines, Unit::measured("s"), BARS);
        assert_eq!((seconds.data.series.len(), seconds.folded_series), (9, 6));
    }
}
