//! The views: each is one file with its routes, and the only place that names axum handlers of the API.

pub mod legacy;
pub mod quarantine;
pub mod records;

use telemetrics_common::ViewInfo;

use crate::api::Routes;

/// A view of the dashboard, as the server has it: its tab and its part of the API.
pub trait View: Send + Sync + 'static {
    /// Slug and title of its tab.
    fn info(&self) -> ViewInfo;
    /// Its routes, made with [`crate::api::endpoint`] or [`crate::api::plain`].
    fn routes(&self) -> Routes;
}

/// The views of the core, in the order of their tabs.
pub fn builtin() -> Vec<Box<dyn View>> {
    vec![Box::new(records::Records)]
}
