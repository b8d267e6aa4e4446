//! Horizontal bars with their names and values; several series stand behind each other.

use crate::charts::canvas::{Anchor, Canvas, Rect};
use crate::charts::data::Unit;
use crate::charts::fold::Shown;
use crate::charts::number::{exact, share};
use crate::charts::paint::Role;
use crate::charts::scene::{Hit, Layout, Scene, Shape};
use crate::charts::text::{shorten, width};

const SIZE: f64 = 12.0;
const BAR: f64 = 14.0;
const ROW: f64 = 26.0;
/// A row whose name stands above its bar.
const TALL_ROW: f64 = 42.0;
const APART: f64 = 8.0;
/// Below this width names stand above their bars.
const NARROW: f64 = 480.0;
/// The shortest bar that is not nothing.
const SHORTEST: f64 = 1.5;

/// Where everything is in a row.
struct Rows {
    height: f64,
    names: f64,
    bars: Rect,
    largest: f64,
    values: Vec<String>,
    width: f64,
    above: bool,
}

/// Draws bars.
pub fn bars(unit: Unit, shown: &Shown, layout: Layout) -> Scene {
    let rows = Rows::new(unit, shown, layout);
    let count = shown.data.categories.len();
    Scene::draw(layout.width, (rows.height * count as f64).max(ROW), |canvas| {
        (0..count).flat_map(|category| rows.draw(canvas, shown, category)).collect()
    })
}

/// The value at the end of a bar.
fn value(unit: Unit, shown: &Shown, category: usize, whole: f64) -> String {
    let value = shown.data.total(category);
    match unit.is_additive() {
        true => format!("{} · {}", exact(value), share(value, whole)),
        // What cannot be added up says nothing about the rest.
        false if shown.is_other(category) => String::new(),
        false => format!("{} {}", exact(value), unit.name(value)),
    }
}

impl Rows {
    fn new(unit: Unit, shown: &Shown, layout: Layout) -> Self {
        let whole = shown.data.grand_total();
        let values: Vec<_> = (0..shown.data.categories.len()).map(|i| value(unit, shown, i, whole)).collect();
        let at_end = values.iter().map(|value| width(value, SIZE)).fold(0.0, f64::max).ceil();
        let longest = shown.data.categories.iter().map(|known| width(&known.label, SIZE)).fold(0.0, f64::max).ceil();
        let above = layout.width < NARROW;
        let names = if above { layout.width } else { longest.min((layout.width * 0.4).floor()) };
        let x = if above { 0.0 } else { names + APART };
        let long = (layout.width - x - APART - at_end).max(24.0);
        let height = if above { TALL_ROW } else { ROW };
        let bars = Rect { x, y: height - BAR - 6.0, width: long, height: BAR };
        let single = (0..shown.data.categories.len()).filter(|category| !shown.is_other(*category));
        let largest = single.map(|category| shown.data.total(category)).fold(0.0, f64::max);
        Self { height, names, bars, largest, values, width: layout.width, above }
    }

    fn draw(&self, canvas: &Canvas<'_>, shown: &Shown, category: usize) -> Vec<Hit> {
        let top = category as f64 * self.height;
        let bar = Rect { y: top + self.bars.y, ..self.bars };
        let middle = bar.y + bar.height / 2.0;
        let label = shown.data.categories.get(category).map_or("", |known| known.label.as_str());
        let name = shorten(label, SIZE, self.names);
        let (at, anchor) =
            if self.above { ((0.0, top + 12.0), Anchor::Start) } else { ((self.names, middle), Anchor::End) };
        canvas.text(&name, at, anchor, Role::Name);
        // What stands for many would dwarf the single ones: it has a value only.
        let (end, mut hits) = match shown.is_other(category) {
            true => (bar.x - APART, Vec::new()),
            false => self.parts(canvas, shown, category, bar),
        };
        let value = self.values.get(category).map_or("", String::as_str);
        if !value.is_empty() {
            canvas.text(value, (end + APART, middle), Anchor::Start, Role::Value);
        }
        let row = Rect { x: 0.0, y: top, width: self.width, height: self.height };
        let anchor = (bar.x + (end - bar.x).max(0.0) / 2.0, bar.y);
        hits.insert(0, Hit::category(shown, category, Shape::Rect(row), anchor));
        hits
    }

    /// The parts of a bar, and where they end.
    fn parts(&self, canvas: &Canvas<'_>, shown: &Shown, category: usize, bar: Rect) -> (f64, Vec<Hit>) {
        let scale = if self.largest > 0.0 { bar.width / self.largest } else { 0.0 };
        let several = shown.data.series.len() > 1;
        let (mut end, mut hits) = (bar.x, Vec::new());
        for (position, series) in shown.data.series.iter().enumerate() {
            let long = series.value(category) * scale;
            if long == 0.0 {
                continue;
            }
            let long = if several { long } else { long.max(SHORTEST) };
            let gap = if end > bar.x && long > 3.0 { 1.0 } else { 0.0 };
            let part = Rect { x: end + gap, width: long - gap, ..bar };
            canvas.rect(part, Role::Fill, shown.tone(category, position));
            hits.extend(Hit::value(shown, category, position, Shape::Rect(part), (part.center().0, bar.y)));
            end += long;
        }
        (end, hits)
    }
}
