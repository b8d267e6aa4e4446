//! What is around every view: header, navigation, routes, the choice of light and dark.

mod display;
mod frame;
mod not_found;
mod palette;
mod places;
mod routes;
mod saved;
mod scrolling;
mod theme;

pub use frame::Shell;
