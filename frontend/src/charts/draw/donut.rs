//! A ring of shares, with the total in its middle. Names are in the legend beside it.

use std::f64::consts::TAU;

use crate::charts::canvas::{Anchor, Canvas, Point};
use crate::charts::data::Unit;
use crate::charts::fold::Shown;
use crate::charts::number::compact;
use crate::charts::paint::Role;
use crate::charts::scene::{Hit, Layout, Scene, Shape};
use crate::charts::text::{shorten, width};

/// The part of the radius that is left open.
const HOLE: f64 = 0.64;
/// Corners of a full turn: at 150 pixels a corner is a tenth of a pixel off the circle.
const CORNERS: f64 = 120.0;

/// Where the ring is.
struct Ring {
    center: Point,
    radius: f64,
}

/// Draws a ring.
pub fn donut(unit: Unit, shown: &Shown, layout: Layout) -> Scene {
    let size = layout.width.min(layout.height);
    let ring = Ring { center: (size / 2.0, size / 2.0), radius: size / 2.0 - 4.0 };
    let total = shown.data.grand_total();
    Scene::draw(size, size, |canvas| {
        let mut hits = Vec::new();
        let mut from = 0.0;
        for category in 0..shown.data.categories.len() {
            let value = shown.data.total(category);
            if value == 0.0 || total == 0.0 {
                continue;
            }
            let to = from + value / total;
            let slice = ring.slice(from, to);
            let role = if value == total { Role::Fill } else { Role::Slice };
            canvas.polygon(&slice, role, shown.tone(category, 0));
            let middle = (HOLE + 1.0) / 2.0 * ring.radius;
            let anchor = ring.point((from + to) / 2.0, middle);
            hits.push(Hit::category(shown, category, Shape::Polygon(slice), anchor));
            from = to;
        }
        ring.draw_total(canvas, total, unit);
        hits
    })
}

impl Ring {
    /// A point at a part of a turn, from the top clockwise.
    fn point(&self, turn: f64, radius: f64) -> Point {
        let (sin, cos) = (turn * TAU).sin_cos();
        (self.center.0 + radius * sin, self.center.1 - radius * cos)
    }

    /// The outline of a slice between two parts of a turn.
    fn slice(&self, from: f64, to: f64) -> Vec<Point> {
        let steps = ((to - from) * CORNERS).ceil().max(1.0) as u32;
        let turn = |step: u32| from + (to - from) * f64::from(step) / f64::from(steps);
        let outer = (0..=steps).map(|step| self.point(turn(step), self.radius));
        let inner = (0..=steps).rev().map(|step| self.point(turn(step), self.radius * HOLE));
        outer.chain(inner).collect()
    }

    fn draw_total(&self, canvas: &Canvas<'_>, total: f64, unit: Unit) {
        let room = self.radius * HOLE * 1.7;
        let (x, y) = self.center;
        let number = compact(total);
        // In bold, which is an eighth wider.
        if width(&number, Role::Total.text_size()) * 1.125 <= room {
            canvas.text(&number, (x, y - 8.0), Anchor::Middle, Role::Total);
            let name = shorten(unit.name(total), Role::Tick.text_size(), room);
            canvas.text(&name, (x, y + 14.0), Anchor::Middle, Role::Tick);
        }
    }
}
