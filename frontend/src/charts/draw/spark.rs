//! A tiny line without axes.

use crate::charts::canvas::Point;
use crate::charts::data::Tone;
use crate::charts::paint::Role;
use crate::charts::scene::Scene;

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 32.0;
/// Room for half a line and the last point.
const EDGE: f64 = 3.0;

/// Draws the line of some values, with an area below it and a point at the last one.
pub fn spark(values: &[u64], tone: Tone) -> Scene {
    let largest = values.iter().copied().max().unwrap_or_default().max(1) as f64;
    let step = (WIDTH - 2.0 * EDGE) / values.len().saturating_sub(1).max(1) as f64;
    let y = |value: u64| HEIGHT - EDGE - value as f64 / largest * (HEIGHT - 2.0 * EDGE);
    let points: Vec<Point> = values.iter().enumerate().map(|(i, value)| (EDGE + i as f64 * step, y(*value))).collect();
    Scene::draw(WIDTH, HEIGHT, |canvas| {
        if let (Some(first), Some(last)) = (points.first(), points.last()) {
            let floor = [(last.0, HEIGHT - EDGE), (first.0, HEIGHT - EDGE)];
            let outline: Vec<Point> = points.iter().copied().chain(floor).collect();
            canvas.polygon(&outline, Role::Shade, tone);
            canvas.line(&points, Role::Line, tone);
            canvas.circle(*last, 2.5, tone);
        }
        Vec::new()
    })
}
