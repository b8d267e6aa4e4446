//! The Telemetrics dashboard.
//!
//! A view is one type that implements [`View`]; [`App`] takes views and makes the navigation and the
//! routes from them. The views of the core, [`views::builtin`], use the same door as those of others.
//!
//! Only [`api`] talks to the server, with the typed calls of `telemetrics-common`. Nothing here knows a
//! path or a parameter of the API that the types have not.

pub mod answer;
pub mod api;
pub mod app;
pub mod browser;
pub mod calendar;
pub mod charts;
pub mod components;
pub mod format;
pub mod jobs;
pub mod pager;
pub mod reactive;
pub mod renewal;
pub mod scope;
pub mod session;
pub(crate) mod shell;
pub mod views;

pub use app::{App, View};
