//! Plotters in pixels: the few shapes that charts are made of.

use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, FontTransform};

use super::backend::{SCALE, SvgBackend};
use super::data::Tone;
use super::paint::{Role, paint};

/// A point in pixels.
pub type Point = (f64, f64);

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

impl Rect {
    /// The right edge.
    pub fn right(self) -> f64 {
        self.x + self.width
    }

    /// The lower edge.
    pub fn bottom(self) -> f64 {
        self.y + self.height
    }

    /// The middle.
    pub fn center(self) -> Point {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }
}

/// Where a text stands relative to its point; in its height it is always in the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
    /// It is turned to read upwards, and ends there.
    Upwards,
}

/// Draws through plotters. Its backend writes to memory and cannot fail, so that results are let go.
pub struct Canvas<'a> {
    area: DrawingArea<SvgBackend<'a>, Shift>,
}

impl<'a> Canvas<'a> {
    /// Appends to a document of a size in pixels.
    pub fn new(svg: &'a mut String, (width, height): Point) -> Self {
        let (width, height) = units((width, height));
        let backend = SvgBackend::new(svg, (width.unsigned_abs(), height.unsigned_abs()));
        Self { area: DrawingArea::from(backend) }
    }

    /// A filled rectangle.
    pub fn rect(&self, rect: Rect, role: Role, tone: Tone) {
        let corners = [units((rect.x, rect.y)), units((rect.right(), rect.bottom()))];
        let _ = self.area.draw(&Rectangle::new(corners, paint(role, tone).filled()));
    }

    /// A line through points.
    pub fn line(&self, points: &[Point], role: Role, tone: Tone) {
        let points: Vec<_> = points.iter().copied().map(units).collect();
        let _ = self.area.draw(&PathElement::new(points, paint(role, tone)));
    }

    /// A filled shape.
    pub fn polygon(&self, points: &[Point], role: Role, tone: Tone) {
        let points: Vec<_> = points.iter().copied().map(units).collect();
        let _ = self.area.draw(&Polygon::new(points, paint(role, tone)));
    }

    /// A filled circle.
    pub fn circle(&self, center: Point, radius: f64, tone: Tone) {
        let radius = (radius * f64::from(SCALE)).round();
        let _ = self.area.draw(&Circle::new(units(center), radius, paint(Role::Point, tone).filled()));
    }

    /// A text.
    pub fn text(&self, text: &str, at: Point, anchor: Anchor, role: Role) {
        let (side, turn) = match anchor {
            Anchor::Start => (HPos::Left, FontTransform::None),
            Anchor::Middle => (HPos::Center, FontTransform::None),
            Anchor::End => (HPos::Right, FontTransform::None),
            Anchor::Upwards => (HPos::Right, FontTransform::Rotate270),
        };
        let size = role.text_size() * f64::from(SCALE);
        let font = FontDesc::new(FontFamily::SansSerif, size, FontStyle::Normal).transform(turn);
        let style = font.color(&paint(role, Tone::Auto)).pos(Pos::new(side, VPos::Center));
        let _ = self.area.draw(&Text::new(text, units(at), style));
    }
}

/// From pixels to the drawing's units.
pub fn units((x, y): Point) -> (i32, i32) {
    ((x * f64::from(SCALE)).round() as i32, (y * f64::from(SCALE)).round() as i32)
}
