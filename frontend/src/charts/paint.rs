//! Colours as classes. Plotters knows colours only, so that each class travels through it as one.

use plotters::style::RGBAColor;
use plotters_backend::BackendColor;

use super::data::Tone;

/// What a mark is, and with that how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A column, a bar, a slice.
    Fill,
    /// The same, set apart from its neighbours by a line.
    Slice,
    /// An area below a line.
    Area,
    /// A line through values.
    Line,
    /// A value on a line.
    Point,
    /// A line across the plot.
    Grid,
    /// The line that values stand on.
    Axis,
    /// What is below a tiny line.
    Shade,
    /// What is behind everything, in downloads.
    Surface,
    /// The number of a tick, the label of a category.
    Tick,
    /// The name of a bar.
    Name,
    /// The value of a bar.
    Value,
    /// The number in the middle of a ring.
    Total,
    /// The heading of a download.
    Title,
}

const ROLES: [(Role, &str); 14] = [
    (Role::Fill, "chart-fill"),
    (Role::Slice, "chart-slice"),
    (Role::Area, "chart-area"),
    (Role::Line, "chart-line"),
    (Role::Point, "chart-point"),
    (Role::Grid, "chart-grid"),
    (Role::Axis, "chart-axis"),
    (Role::Shade, "chart-shade"),
    (Role::Surface, "chart-surface"),
    (Role::Tick, "chart-tick"),
    (Role::Name, "chart-name"),
    (Role::Value, "chart-value"),
    (Role::Total, "chart-total"),
    (Role::Title, "chart-title"),
];

impl Role {
    /// The size of its text in pixels, as the style sheet has it.
    pub fn text_size(self) -> f64 {
        match self {
            Self::Total => 22.0,
            Self::Title => 14.0,
            _ => 12.0,
        }
    }
}

/// How many colours the palette has.
pub const PALETTE: u8 = 10;

const TONES: [&str; 20] = [
    "",
    "tone-1",
    "tone-2",
    "tone-3",
    "tone-4",
    "tone-5",
    "tone-6",
    "tone-7",
    "tone-8",
    "tone-9",
    "tone-10",
    "tone-other",
    "tone-accent",
    "tone-ok",
    "tone-warn",
    "tone-danger",
    "tone-low",
    "tone-medium",
    "tone-high",
    "tone-critical",
];

impl Tone {
    /// The palette's colour at a position, for a tone that has none of its own.
    #[must_use]
    pub fn or_slot(self, position: usize) -> Self {
        match self {
            Self::Auto => Self::Slot((position % usize::from(PALETTE)) as u8 + 1),
            fixed => fixed,
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Auto => 0,
            Self::Slot(slot) => slot.clamp(1, PALETTE),
            Self::Other | Self::Muted => 11,
            Self::Accent => 12,
            Self::Ok => 13,
            Self::Warn => 14,
            Self::Danger => 15,
            Self::Severity(severity) => 15 + severity.clamp(1, 4),
        }
    }

    /// The class that sets its colour.
    pub fn class(self) -> &'static str {
        TONES.get(usize::from(self.code())).copied().unwrap_or_default()
    }
}

/// The colour by which a class travels.
pub fn paint(role: Role, tone: Tone) -> RGBAColor {
    let code = ROLES.iter().position(|(known, _)| *known == role).unwrap_or_default();
    RGBAColor(code as u8, tone.code(), 0, 1.0)
}

/// The role and the classes of a colour that was made by [`paint`].
pub fn classes(color: BackendColor) -> (Role, String) {
    let (role, tone, _) = color.rgb;
    let [first, ..] = ROLES;
    let (role, class) = ROLES.get(usize::from(role)).copied().unwrap_or(first);
    match TONES.get(usize::from(tone)).copied().unwrap_or_default() {
        "" => (role, class.to_owned()),
        tone => (role, format!("{class} {tone}")),
    }
}

#[cfg(test)]
mod tests {
    use plotters::style::Color;

    use super::*;

    #[test]
    fn classes_travel_as_colours() {
        let check = |role, tone, expected| {
            assert_eq!(classes(paint(role, tone).to_backend_color()), (role, String::from(expected)));
        };
        check(Role::Fill, Tone::Slot(3), "chart-fill tone-3");
        check(Role::Slice, Tone::Severity(4), "chart-slice tone-critical");
        check(Role::Tick, Tone::Auto, "chart-tick");
    }

    #[test]
    fn positions_have_colours() {
        assert_eq!(Tone::Auto.or_slot(0), Tone::Slot(1));
        assert_eq!(Tone::Auto.or_slot(12), Tone::Slot(3));
        assert_eq!(Tone::Ok.or_slot(12), Tone::Ok);
    }
}
