//! Columns; those of several series stand on each other.

use super::frame::Frame;
use crate::charts::canvas::{Canvas, Rect};
use crate::charts::fold::Shown;
use crate::charts::paint::Role;
use crate::charts::scene::{Hit, Layout, Scene, Shape};

/// The widest column.
const WIDEST: f64 = 56.0;
/// The lowest column that is not nothing.
const LOWEST: f64 = 1.5;
/// Parts of a column that is less wide cannot be pointed at: their links are in the table.
const NARROWEST_PLACE: f64 = 3.0;

/// Draws columns.
pub fn columns(shown: &Shown, layout: Layout) -> Scene {
    let frame = Frame::new(shown, shown.data.largest_total(), layout);
    Scene::draw(layout.width, layout.height, |canvas| {
        frame.draw(canvas);
        (0..shown.data.categories.len()).flat_map(|category| column(canvas, &frame, shown, category)).collect()
    })
}

/// The room of a column in its band: with gaps, as long as there is room for them.
fn span(frame: &Frame, category: usize) -> (f64, f64) {
    let band = frame.band;
    let wide = if band >= 4.0 { (band * 0.74).min(WIDEST).min(band - 1.0) } else { band };
    let x = frame.x(category) - wide / 2.0;
    // Whole pixels give sharp edges, where a column has some.
    if wide >= 6.0 { (x.round(), wide.round()) } else { (x, wide) }
}

fn column(canvas: &Canvas<'_>, frame: &Frame, shown: &Shown, category: usize) -> Vec<Hit> {
    let (x, wide) = span(frame, category);
    let several = shown.data.series.len() > 1;
    let mut below = 0.0;
    let mut hits = Vec::new();
    for (position, series) in shown.data.series.iter().enumerate() {
        let value = series.value(category);
        if value == 0.0 {
            continue;
        }
        let (top, bottom) = (frame.y(below + value), frame.y(below));
        let top = if several { top } else { top.min(bottom - LOWEST) };
        // A gap of a pixel sets a part apart from the one below it.
        let gap = if below > 0.0 && bottom - top > 3.0 { 1.0 } else { 0.0 };
        let part = Rect { x, y: top, width: wide, height: bottom - top - gap };
        canvas.rect(part, Role::Fill, shown.tone(category, position));
        let anchor = (frame.x(category), top);
        if wide >= NARROWEST_PLACE {
            hits.extend(Hit::value(shown, category, position, Shape::Rect(part), anchor));
        }
        below += value;
    }
    let anchor = (frame.x(category), frame.y(below));
    hits.insert(0, Hit::category(shown, category, Shape::Rect(frame.column(category)), anchor));
    hits
}
