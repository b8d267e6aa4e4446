//! The dashboard's pictograms, drawn in the colour of the text around them.

use leptos::prelude::*;

/// What a pictogram shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Symbol {
    /// A warning sign.
    Alert,
    /// To the left.
    Back,
    /// A sheet of a calendar.
    Calendar,
    /// A tick.
    Check,
    /// A cross.
    Close,
    /// Two sheets.
    Copy,
    /// Into a tray.
    Download,
    /// A funnel.
    Filter,
    /// To the right.
    Forward,
    /// An empty tray.
    Inbox,
    /// Head and shoulders.
    Person,
    /// An arrow around.
    Refresh,
    /// A magnifying glass.
    Search,
    /// Two boxes of a rack.
    Server,
    /// A shield.
    Shield,
    /// Two sliders.
    Sliders,
    /// A star.
    Star,
    /// Upwards.
    Up,
    /// Something else: the data of a path in a box of 20 by 20, drawn as a line.
    Path(&'static str),
}

impl Symbol {
    fn path(self) -> &'static str {
        match self {
            Self::Alert => "M10 3.2 18 17H2L10 3.2ZM10 8.4v3.8M10 14.6v.1",
            Self::Back => "M12 4.5 6.5 10l5.5 5.5",
            Self::Calendar => "M3.5 5h13v11.5h-13V5ZM3.5 8.6h13M7 3v3.4M13 3v3.4",
            Self::Check => "M4 10.5 8.2 14.5 16 5.8",
            Self::Close => "M5 5 15 15M15 5 5 15",
            Self::Copy => "M7 7V3.5h9.5V13H13M3.5 7H13v9.5H3.5V7Z",
            Self::Download => "M10 3v9.5M6 9l4 4 4-4M3.5 16.5h13",
            Self::Filter => "M3 4.5h14L11.6 11v5.5L8.4 15v-4L3 4.5Z",
            Self::Forward => "M8 4.5 13.5 10 8 15.5",
            Self::Inbox => "M3 11.5 5.4 4h9.2L17 11.5V16H3v-4.5Zm0 0h4.2c0 1.6 1.1 2.6 2.8 2.6s2.8-1 2.8-2.6H17",
            Self::Person => "M10 3.2a3.4 3.4 0 1 1 0 6.8 3.4 3.4 0 0 1 0-6.8ZM3.5 17c.6-3.4 3.1-5 6.5-5s5.9 1.6 6.5 5",
            Self::Refresh => "M16.2 12.5A6.7 6.7 0 1 1 14.6 5.3L17 7.7M17 3.5v4.2h-4.2",
            Self::Search => "M8.7 3.5a5.2 5.2 0 1 1 0 10.4 5.2 5.2 0 0 1 0-10.4Zm3.8 9L17 17",
            Self::Server => "M3.5 4h13v5h-13V4ZM3.5 11h13v5h-13v-5ZM6.5 6.5h.1M6.5 13.5h.1M9.5 6.5h4M9.5 13.5h4",
            Self::Shield => "M10 2.5 16 5v4.6c0 3.6-2.3 6.4-6 7.9-3.7-1.5-6-4.3-6-7.9V5l6-2.5Z",
            Self::Sliders => {
                "M3 6.5h7M14 6.5h3M3 13.5h3M10 13.5h7M12 4.5a2 2 0 1 1 0 4 2 2 0 0 1 0-4ZM8 11.5a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z"
            }
            Self::Star => "M10 2.8l2.2 4.6 5 .7-3.6 3.5.9 5L10 14.2l-4.5 2.4.9-5L2.8 8.1l5-.7L10 2.8Z",
            Self::Up => "M10 16V4.5M5 9l5-5 5 5",
            Self::Path(path) => path,
        }
    }
}

/// A pictogram. It says nothing to screen readers: the text beside it has to.
#[component]
pub fn Icon(
    /// Which one.
    symbol: Symbol,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d=symbol.path() />
        </svg>
    }
}
