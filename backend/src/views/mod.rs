//! The views: each is one file with its routes, and the only place that names axum handlers of the API.

pub mod accounts;
pub mod audit;
pub mod builds;
pub mod crashes;
pub mod ingest;
pub mod legacy;
pub mod mce;
pub mod overview;
pub mod population;
pub mod privacy;
pub mod quarantine;
pub mod records;
pub mod retention;
pub mod sign_on;
pub mod stats;
pub mod storage;
pub mod telemetry_ids;
pub mod thermal;
pub mod updates;

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
    vec![
        Box::new(overview::Overview),
        Box::new(records::Records),
        Box::new(builds::Builds),
        Box::new(stats::Stats),
        Box::new(crashes::Crashes),
        Box::new(mce::Mce),
        Box::new(thermal::Thermal),
        Box::new(population::Population),
        Box::new(updates::Updates),
    ]
}
