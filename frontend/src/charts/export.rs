//! A chart as a document of its own: with its title, its legend and what is behind it.

use std::fmt::Write;

use super::backend::SCALE;
use super::canvas::{Anchor, Canvas, Rect};
use super::data::{Kind, Tone, Unit};
use super::fold::Shown;
use super::number::{share, with_unit};
use super::paint::Role;
use super::scene::{Layout, Scene, description, scene};
use super::text::{shorten, width};

const EDGE: f64 = 20.0;
const SIZE: f64 = 12.0;
const LINE: f64 = 20.0;
const SWATCH: f64 = 10.0;

/// An entry of the legend: colour and text.
type Entry = (Tone, String);

/// The whole document, laid out for a width in pixels.
pub fn export(title: &str, kind: Kind, unit: Unit, shown: &Shown, layout: Layout) -> Scene {
    let inner = layout.width - 2.0 * EDGE;
    let chart = scene(kind, unit, shown, Layout::new(inner, layout.height));
    let legend = rows(&entries(kind, unit, shown), inner);
    let top = EDGE + 24.0 + legend.len() as f64 * LINE + 8.0;
    let height = top + chart.height + EDGE;
    let mut document = Scene::draw(layout.width, height, |canvas| {
        canvas.rect(Rect { x: 0.0, y: 0.0, width: layout.width, height }, Role::Surface, Tone::Auto);
        let title = unit.beside(title).map_or_else(|| title.to_owned(), |unit| format!("{title} ({unit})"));
        // In bold, which is an eighth wider.
        let title = shorten(&title, Role::Title.text_size(), inner / 1.125);
        canvas.text(&title, (EDGE, EDGE + 8.0), Anchor::Start, Role::Title);
        for (row, entries) in legend.iter().enumerate() {
            draw_row(canvas, entries, EDGE + 24.0 + (row as f64 + 0.5) * LINE);
        }
        Vec::new()
    });
    // A ring is as wide as it is high.
    let left = (layout.width - chart.width) / 2.0;
    let (across, down) = (left * f64::from(SCALE), top * f64::from(SCALE));
    let _ = writeln!(document.body, "<g transform=\"translate({across} {down})\">\n{}</g>", chart.body);
    document
}

/// The exported document's text.
pub fn document(title: &str, kind: Kind, unit: Unit, shown: &Shown, layout: Layout) -> String {
    export(title, kind, unit, shown, layout).svg(title, &description(&shown.data, unit))
}

fn entries(kind: Kind, unit: Unit, shown: &Shown) -> Vec<Entry> {
    let data = &shown.data;
    if kind != Kind::Donut {
        let series = data.series.iter().filter(|_| data.series.len() > 1);
        return series.map(|series| (series.tone, series.name.clone())).collect();
    }
    let whole = data.grand_total();
    let slice = |(position, category): (usize, &super::data::Category)| {
        let value = data.total(position);
        let text = format!("{}: {}, {}", category.label, with_unit(value, unit), share(value, whole));
        (shown.tone(position, 0), text)
    };
    data.categories.iter().enumerate().map(slice).collect()
}

/// Where each entry begins, row by row.
fn rows(entries: &[Entry], room: f64) -> Vec<Vec<(f64, Tone, String)>> {
    let mut rows: Vec<Vec<_>> = Vec::new();
    let mut x = f64::MAX;
    for (tone, text) in entries {
        let text = shorten(text, SIZE, room - SWATCH - 6.0);
        let wide = SWATCH + 6.0 + width(&text, SIZE);
        if x + wide > room {
            rows.push(Vec::new());
            x = 0.0;
        }
        if let Some(row) = rows.last_mut() {
            row.push((x, *tone, text));
        }
        x += wide + 16.0;
    }
    rows
}

fn draw_row(canvas: &Canvas<'_>, entries: &[(f64, Tone, String)], middle: f64) {
    for (x, tone, text) in entries {
        let x = EDGE + x;
        let swatch = Rect { x, y: middle - SWATCH / 2.0, width: SWATCH, height: SWATCH };
        canvas.rect(swatch, Role::Fill, *tone);
        canvas.text(text, (x + SWATCH + 6.0, middle), Anchor::Start, Role::Name);
    }
}
