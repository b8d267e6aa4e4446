//! Lines through values, and areas that stand on each other.

use super::frame::Frame;
use crate::charts::canvas::{Point, Rect};
use crate::charts::fold::Shown;
use crate::charts::paint::Role;
use crate::charts::scene::{Hit, Layout, Scene, Shape};

/// With at least so many pixels for each category its values are marked.
const ROOM_FOR_POINTS: f64 = 14.0;
const POINT: f64 = 3.0;
/// Half the size of the place around a value that has a link.
const REACH: f64 = 7.0;

/// Draws a line for each series.
pub fn lines(shown: &Shown, layout: Layout) -> Scene {
    let frame = Frame::new(shown, shown.data.largest_value(), layout);
    let count = shown.data.categories.len();
    Scene::draw(layout.width, layout.height, |canvas| {
        frame.draw(canvas);
        for series in &shown.data.series {
            let points: Vec<Point> = (0..count).map(|i| (frame.x(i), frame.y(series.value(i)))).collect();
            canvas.line(&points, Role::Line, series.tone);
            if count == 1 || frame.band >= ROOM_FOR_POINTS {
                for point in points {
                    canvas.circle(point, POINT, series.tone);
                }
            }
        }
        (0..count).flat_map(|category| places(&frame, shown, category)).collect()
    })
}

/// The place of a category, and those of its values.
fn places(frame: &Frame, shown: &Shown, category: usize) -> Vec<Hit> {
    let x = frame.x(category);
    let ys: Vec<f64> = shown.data.series.iter().map(|series| frame.y(series.value(category))).collect();
    let top = ys.iter().copied().fold(frame.plot.bottom(), f64::min);
    let mut hits = vec![Hit::category(shown, category, Shape::Rect(frame.column(category)), (x, top))];
    let reach = REACH.min(frame.band / 2.0);
    for (position, y) in ys.into_iter().enumerate() {
        let around = Rect { x: x - reach, y: y - reach, width: 2.0 * reach, height: 2.0 * reach };
        hits.extend(Hit::value(shown, category, position, Shape::Rect(around), (x, y)));
    }
    hits
}

/// Draws areas.
pub fn area(shown: &Shown, layout: Layout) -> Scene {
    let frame = Frame::new(shown, shown.data.largest_total(), layout);
    let count = shown.data.categories.len();
    Scene::draw(layout.width, layout.height, |canvas| {
        frame.draw(canvas);
        let mut below = vec![0.0; count];
        for series in &shown.data.series {
            let floor: Vec<Point> = below.iter().enumerate().map(|(i, value)| (frame.x(i), frame.y(*value))).collect();
            for (category, value) in below.iter_mut().enumerate() {
                *value += series.value(category);
            }
            let outline = below.iter().enumerate().map(|(i, value)| (frame.x(i), frame.y(*value)));
            let outline: Vec<Point> = outline.chain(floor.into_iter().rev()).collect();
            canvas.polygon(&outline, Role::Area, series.tone);
        }
        let place = |category| {
            let anchor = (frame.x(category), frame.y(shown.data.total(category)));
            Hit::category(shown, category, Shape::Rect(frame.column(category)), anchor)
        };
        (0..count).map(place).collect()
    })
}
