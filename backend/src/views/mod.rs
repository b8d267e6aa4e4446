//! The views: each is one file with its routes, and the only place that names axum handlers of the API.

pub(crate) mod accounts;
pub(crate) mod audit;
pub mod builds;
pub mod crashes;
pub(crate) mod ingest;
pub(crate) mod legacy;
pub mod mce;
pub mod overview;
pub mod population;
pub(crate) mod privacy;
pub(crate) mod quarantine;
pub mod records;
pub(crate) mod retention;
pub(crate) mod saved_views;
pub(crate) mod sign_on;
pub mod stats;
pub(crate) mod storage;
pub(crate) mod telemetry_ids;
pub mod thermal;
pub mod updates;

use std::sync::Arc;

use telemetrics_common::ViewInfo;

use crate::api::Routes;
use crate::extension::{IngestHook, Step};

/// A view of the dashboard, as the server has it: its tab, its part of the API, and what it keeps.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use telemetrics_backend::api::{Routes, endpoint};
/// use telemetrics_backend::{App, AppState, Result, View, views};
/// use telemetrics_common::{Access, Endpoint, Method, ViewInfo};
/// use utoipa::IntoParams;
///
/// #[derive(Serialize, Deserialize, IntoParams)]
/// struct CountTabs {}
///
/// impl Endpoint for CountTabs {
///     const METHOD: Method = Method::Get;
///     const ACCESS: Access = Access::Reader;
///     const PATH: &'static str = "/api/v1/tabs";
///     const SUMMARY: &'static str = "How many tabs there are";
///     type Body = ();
///     type Response = usize;
/// }
///
/// struct Tabs;
///
/// impl View for Tabs {
///     fn info(&self) -> ViewInfo {
///         ViewInfo::new("tabs", "Tabs")
///     }
///
///     fn routes(&self) -> Routes {
///         Routes::new().routes(endpoint::<CountTabs, _, _>(count))
///     }
/// }
///
/// async fn count(state: AppState, _: CountTabs, (): ()) -> Result<usize> {
///     Ok(state.views.len())
/// }
///
/// let app = App::new().with_views(views::builtin()).with_view(Tabs);
/// assert!(app.openapi().is_ok());
/// ```
pub trait View: Send + Sync + 'static {
    /// Slug and title of its tab, and whom it is for.
    fn info(&self) -> ViewInfo;

    /// Its routes, made with [`crate::api::endpoint`] or [`crate::api::plain`]. Each says whom it is for.
    fn routes(&self) -> Routes;

    /// The steps that make its tables, in their order. They are made when the database is opened, in the transaction
    /// that brings the core's tables up to date; begin the tables' names with the slug.
    fn schema(&self) -> Vec<Step> {
        Vec::new()
    }

    /// What keeps counters of its own as records come in.
    fn hook(&self) -> Option<Arc<dyn IngestHook>> {
        None
    }
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
