//! Charts: columns, bars, rings, lines and areas, tiny lines, and shaded tables.
//!
//! [`ChartCard`] is what pages use. From [`Data`] to the picture everything is pure and works without a browser:
//! `fold` ranks and folds, `scene` lays out and draws with plotters through a backend of our own that writes SVG
//! with classes, so that colours come from the style sheet. Nothing here knows the server or other pages.

mod backend;
mod canvas;
mod card;
mod csv;
mod data;
mod download;
mod draw;
mod export;
mod fold;
mod heat;
mod html;
mod keys;
mod legend;
mod number;
mod paint;
mod plot;
mod pointed;
mod resize;
mod saving;
mod scene;
mod sparkline;
mod table;
mod text;
mod tooltip;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod overlap;

pub use card::ChartCard;
pub use csv::Table;
pub use data::{Category, Data, Kind, Series, Tone, Unit};
pub use download::save_table;
pub use heat::{Heat, HeatCell, HeatRow, HeatTable};
pub use number::share;
pub use saving::CsvButton;
pub use sparkline::Sparkline;
