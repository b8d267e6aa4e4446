//! The axes of a plot: values upwards, categories to the right.

use crate::charts::canvas::{Anchor, Canvas, Rect};
use crate::charts::data::{Category, Tone};
use crate::charts::fold::Shown;
use crate::charts::number::{compact, ticks};
use crate::charts::paint::Role;
use crate::charts::scene::Layout;
use crate::charts::text::{shorten, width};

const SIZE: f64 = 12.0;
const LINE: f64 = 16.0;
/// Between two labels beside each other.
const APART: f64 = 8.0;
/// The narrowest room in which a shortened name still says something.
const SHORTEST: f64 = 60.0;
/// The longest name that stands upright.
const UPRIGHT: f64 = 96.0;

/// Where everything is in a plot.
pub struct Frame {
    /// The room for the marks.
    pub plot: Rect,
    /// The room of one category.
    pub band: f64,
    ticks: Vec<f64>,
    labels: Labels,
}

/// How categories are labelled.
enum Labels {
    /// Beside each other: middle of the label, text.
    Flat(Vec<(f64, String)>),
    /// Upright, all of them.
    Upright(Vec<String>),
}

impl Frame {
    /// Finds the places for values up to a largest one.
    pub fn new(shown: &Shown, largest: f64, layout: Layout) -> Self {
        let count = ((layout.height - 40.0) / 44.0).clamp(2.0, 6.0) as usize;
        let ticks = ticks(largest, count, shown.data.is_whole());
        let numbers = ticks.iter().map(|tick| width(&compact(*tick), SIZE)).fold(0.0, f64::max);
        let x = (numbers + APART).ceil();
        let categories = &shown.data.categories;
        let across = (layout.width - x - 4.0).max(1.0);
        let band = across / categories.len().max(1) as f64;
        let labels = label(categories, shown.data.evenly_spaced, x, band, layout.width);
        let below = match &labels {
            Labels::Flat(_) => LINE + 6.0,
            Labels::Upright(texts) => texts.iter().map(|text| width(text, SIZE)).fold(0.0, f64::max).ceil() + 10.0,
        };
        let y = LINE / 2.0;
        let plot = Rect { x, y, width: across, height: (layout.height - y - below).max(20.0) };
        Self { plot, band, ticks, labels }
    }

    /// The height of a value in the drawing.
    pub fn y(&self, value: f64) -> f64 {
        let top = self.ticks.last().copied().unwrap_or(1.0);
        self.plot.bottom() - value / top * self.plot.height
    }

    /// The middle of a category.
    pub fn x(&self, category: usize) -> f64 {
        self.plot.x + (category as f64 + 0.5) * self.band
    }

    /// The room of a category within the plot, from top to bottom.
    pub fn column(&self, category: usize) -> Rect {
        let x = self.plot.x + category as f64 * self.band;
        Rect { x, y: self.plot.y, width: self.band, height: self.plot.height }
    }

    /// Draws what is behind the marks.
    pub fn draw(&self, canvas: &Canvas<'_>) {
        for tick in &self.ticks {
            // On whole pixels, where thin lines are sharp.
            let y = self.y(*tick).round();
            let role = if *tick == 0.0 { Role::Axis } else { Role::Grid };
            canvas.line(&[(self.plot.x, y), (self.plot.right(), y)], role, Tone::Auto);
            canvas.text(&compact(*tick), (self.plot.x - APART, y), Anchor::End, Role::Tick);
        }
        let below = self.plot.bottom() + 6.0;
        match &self.labels {
            Labels::Flat(labels) => {
                for (x, text) in labels {
                    canvas.text(text, (*x, below + LINE / 2.0), Anchor::Middle, Role::Tick);
                }
            }
            Labels::Upright(labels) => {
                for (category, text) in labels.iter().enumerate() {
                    canvas.text(text, (self.x(category), below), Anchor::Upwards, Role::Tick);
                }
            }
        }
    }
}

fn label(categories: &[Category], evenly_spaced: bool, left: f64, band: f64, right: f64) -> Labels {
    let names = || categories.iter().map(|category| category.label.as_str());
    let longest = names().map(|name| width(name, SIZE)).fold(0.0, f64::max);
    let flat = |room: f64, step: usize| place(categories, left, band, right, room, step);
    if let Some(labels) = flat(longest, 1) {
        return Labels::Flat(labels);
    }
    if !evenly_spaced
        && band >= SHORTEST
        && let Some(labels) = flat(band - APART, 1)
    {
        return Labels::Flat(labels);
    }
    if !evenly_spaced && band >= LINE {
        return Labels::Upright(names().map(|name| shorten(name, SIZE, UPRIGHT)).collect());
    }
    let room = if evenly_spaced { longest } else { longest.min(UPRIGHT) };
    let thinned = (2..=categories.len()).find_map(|step| flat(room, step));
    Labels::Flat(thinned.unwrap_or_default())
}

/// Every so manyth label, if they have room beside each other.
fn place(
    categories: &[Category],
    left: f64,
    band: f64,
    right: f64,
    room: f64,
    step: usize,
) -> Option<Vec<(f64, String)>> {
    let mut labels = Vec::new();
    let mut free = 0.0;
    for (position, category) in categories.iter().enumerate().step_by(step) {
        let text = shorten(&category.label, SIZE, room.min(right));
        let wide = width(&text, SIZE);
        let center = left + (position as f64 + 0.5) * band;
        // Labels at the edges move inwards.
        let center = center.clamp(wide / 2.0, (right - wide / 2.0).max(wide / 2.0));
        if center - wide / 2.0 < free {
            return None;
        }
        free = center + wide / 2.0 + APART;
        labels.push((center, text));
    }
    Some(labels)
}
