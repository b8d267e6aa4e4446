//! A drawn chart: its nodes, and the places that can be pointed at.

use std::fmt::Write;

use super::backend::{SCALE, escape};
use super::canvas::{Canvas, Point, Rect};
use super::data::{Data, Kind, Unit};
use super::draw;
use super::fold::Shown;

/// The room for a chart in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// Width of its container.
    pub width: f64,
    /// Height of the plot; bars take what they need.
    pub height: f64,
}

impl Layout {
    /// A layout that has room for at least a few marks.
    pub fn new(width: f64, height: f64) -> Self {
        Self { width: width.clamp(160.0, 4000.0).round(), height: height.clamp(80.0, 2000.0).round() }
    }
}

/// The outline of a place in pixels.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A rectangle.
    Rect(Rect),
    /// Anything else, by its corners.
    Polygon(Vec<Point>),
}

impl Shape {
    /// The smallest rectangle around it.
    pub fn bounds(&self) -> Rect {
        match self {
            Self::Rect(rect) => *rect,
            Self::Polygon(points) => {
                let low = points.iter().fold((f64::MAX, f64::MAX), |low, p| (low.0.min(p.0), low.1.min(p.1)));
                let high = points.iter().fold((f64::MIN, f64::MIN), |high, p| (high.0.max(p.0), high.1.max(p.1)));
                Rect { x: low.0, y: low.1, width: (high.0 - low.0).max(0.0), height: (high.1 - low.1).max(0.0) }
            }
        }
    }
}

/// What happens at a click.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Nothing.
    None,
    /// An address in the dashboard is opened.
    Link(String),
    /// What was folded together is shown.
    Unfold,
}

/// A place that can be pointed at.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Which category, by its position in what is shown.
    pub category: usize,
    /// Which series; none for all of the category.
    pub series: Option<usize>,
    /// Where it is.
    pub shape: Shape,
    /// Where its tooltip points to.
    pub anchor: Point,
    /// What a click does.
    pub action: Action,
}

impl Hit {
    /// A place for all of a category.
    pub fn category(shown: &Shown, category: usize, shape: Shape, anchor: Point) -> Self {
        let mut links = shown.data.series.iter().filter_map(|series| series.href(category));
        let only = links.next().filter(|_| shown.data.series.len() == 1);
        let link = shown.data.categories.get(category).and_then(|known| known.href.as_deref()).or(only);
        let action = match link {
            _ if shown.is_other(category) => Action::Unfold,
            Some(link) => Action::Link(link.to_owned()),
            None => Action::None,
        };
        Self { category, series: None, shape, anchor, action }
    }

    /// A place for one of several values of a category, if it has a link of its own.
    pub fn value(shown: &Shown, category: usize, series: usize, shape: Shape, anchor: Point) -> Option<Self> {
        if shown.data.series.len() < 2 {
            return None;
        }
        let link = shown.data.series.get(series)?.href(category)?;
        Some(Self { category, series: Some(series), shape, anchor, action: Action::Link(link.to_owned()) })
    }
}

/// A drawn chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    /// The nodes inside the document's root.
    pub body: String,
    /// Category by category; first all of it, then its values.
    pub hits: Vec<Hit>,
}

impl Scene {
    /// Draws into a new scene.
    pub(super) fn draw(width: f64, height: f64, paint: impl FnOnce(&Canvas<'_>) -> Vec<Hit>) -> Self {
        let mut body = String::new();
        let hits = paint(&Canvas::new(&mut body, (width, height)));
        Self { width, height, body, hits }
    }

    /// The whole document, named and described for those who cannot see it.
    pub fn svg(&self, title: &str, description: &str) -> String {
        let Self { width, height, body, .. } = self;
        let (across, down) = (width * f64::from(SCALE), height * f64::from(SCALE));
        let mut svg = String::with_capacity(body.len() + 400);
        let _ = writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart-svg\" role=\"img\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {across} {down}\">\n<title>{}</title>\n<desc>{}</desc>",
            escape(title),
            escape(description),
        );
        svg.push_str(body);
        svg.push_str("</svg>\n");
        svg
    }
}

/// Draws what is shown. There has to be something that is more than zero, or there is nothing to see.
pub fn scene(kind: Kind, unit: Unit, shown: &Shown, layout: Layout) -> Scene {
    let single = shown.data.categories.len() == 1;
    match kind {
        Kind::Area if single => draw::columns(shown, layout),
        Kind::Columns | Kind::Stacked => draw::columns(shown, layout),
        Kind::Bars => draw::bars(unit, shown, layout),
        Kind::Donut => draw::donut(unit, shown, layout),
        Kind::Lines => draw::lines(shown, layout),
        Kind::Area => draw::area(shown, layout),
    }
}

/// What a chart shows, in a sentence or two.
pub fn description(data: &Data, unit: Unit) -> String {
    let count = data.categories.len();
    // The first of equals.
    let largest =
        data.categories.iter().enumerate().rev().max_by(|(a, _), (b, _)| data.total(*a).total_cmp(&data.total(*b)));
    let Some((place, largest)) = largest.filter(|_| !data.is_empty()) else {
        return "Nothing to show.".to_owned();
    };
    let number = super::number::exact(count as f64);
    let value = super::number::with_unit(data.total(place), unit);
    let mut text = format!("Largest of {number}: {}, {value}.", largest.full());
    if unit.is_additive() {
        let _ = write!(text, " Total: {}.", super::number::with_unit(data.grand_total(), unit));
    }
    text
}
