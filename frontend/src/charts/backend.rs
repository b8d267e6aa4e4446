//! Where plotters draws to: the nodes of an SVG document, with classes for colours.
//!
//! One pixel is [`SCALE`] of plotters' whole units, so that nothing is off by more than an eighth of a pixel.

use std::convert::Infallible;
use std::fmt::Write;

use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontTransform,
};

use super::paint::classes;
use super::text;

/// Units of the drawing in a pixel.
pub const SCALE: i32 = 4;

/// From a text's middle down to its baseline, in sizes of the font.
const BASELINE: f64 = 0.36;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Appends nodes to a document.
pub struct SvgBackend<'a> {
    svg: &'a mut String,
    size: (u32, u32),
}

impl<'a> SvgBackend<'a> {
    /// A drawing of a size in units.
    pub fn new(svg: &'a mut String, size: (u32, u32)) -> Self {
        Self { svg, size }
    }

    fn node(&mut self, tag: &str, color: BackendColor, attributes: std::fmt::Arguments<'_>) -> Drawn {
        let (_, class) = classes(color);
        // Writing to a text does not fail.
        let _ = writeln!(self.svg, "<{tag} class=\"{class}\" {attributes}/>");
        Ok(())
    }
}

/// The points of a line: from the first to each next one.
fn path(points: impl IntoIterator<Item = BackendCoord>) -> String {
    let mut path = String::new();
    for (position, (x, y)) in points.into_iter().enumerate() {
        let _ = write!(path, "{}{x} {y}", if position == 0 { 'M' } else { 'L' });
    }
    path
}

/// Text that can stand in a document or an attribute.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // Not allowed in XML, not even as references.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

impl DrawingBackend for SvgBackend<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.node("rect", color, format_args!("x=\"{x}\" y=\"{y}\" width=\"1\" height=\"1\""))
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S, _fill: bool) -> Drawn {
        let (width, height) = ((to.0 - from.0).max(0), (to.1 - from.1).max(0));
        let (x, y) = from;
        self.node("rect", style.color(), format_args!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\""))
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, points: I, style: &S) -> Drawn {
        self.node("path", style.color(), format_args!("d=\"{}\"", path(points)))
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, points: I, style: &S) -> Drawn {
        self.node("path", style.color(), format_args!("d=\"{}Z\"", path(points)))
    }

    fn draw_circle<S: BackendStyle>(&mut self, center: BackendCoord, radius: u32, style: &S, _fill: bool) -> Drawn {
        let (x, y) = center;
        self.node("circle", style.color(), format_args!("cx=\"{x}\" cy=\"{y}\" r=\"{radius}\""))
    }

    /// The anchor is at the text's middle in its height, whatever the style says.
    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        let (_, class) = classes(style.color());
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        let down = (style.size() * BASELINE).round() as i32;
        let text = escape(text);
        let _ = match style.transform() {
            FontTransform::Rotate270 => {
                let x = x + down;
                let turn = format_args!("transform=\"rotate(-90 {x} {y})\"");
                writeln!(
                    self.svg,
                    "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" {turn}>{text}</text>"
                )
            }
            _ => {
                let y = y + down;
                writeln!(self.svg, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>")
            }
        };
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        Ok((text::width(text, style.size()).ceil() as u32, style.size().ceil() as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_clients_stay_texts() {
        assert_eq!(escape("<script>&\"\u{1}</script>"), "&lt;script&gt;&amp;&quot;\u{fffd}&lt;/script&gt;");
    }
}
