//! The dashboard's tabs, as the server knows them.

use serde::{Deserialize, Serialize};

use crate::{Access, Endpoint, Method, ViewInfo};

/// All views, in the order of their tabs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct ListViews {}

impl Endpoint for ListViews {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/views";
    const SUMMARY: &'static str = "The dashboard's views, in the order of their tabs";
    type Body = ();
    type Response = Vec<ViewEntry>;
}

/// A view as the API lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ViewEntry {
    /// The view's name in addresses.
    pub slug: String,
    /// The tab's text.
    pub title: String,
}

impl From<ViewInfo> for ViewEntry {
    fn from(view: ViewInfo) -> Self {
        Self { slug: view.slug.to_owned(), title: view.title.to_owned() }
    }
}

/// How the fleet is, at a glance.
pub const OVERVIEW: ViewInfo = ViewInfo::new("overview", "Overview");
/// Records, their details, exports and the quarantine.
pub const RECORDS: ViewInfo = ViewInfo::new("records", "Records");
/// Records per build.
pub const BUILDS: ViewInfo = ViewInfo::new("builds", "Builds");
/// Records by classification, platform and more.
pub const STATS: ViewInfo = ViewInfo::new("stats", "Stats");
/// What crashes most, and where.
pub const CRASHES: ViewInfo = ViewInfo::new("crashes", "Crashes");
/// Machine checks.
pub const MCE: ViewInfo = ViewInfo::new("mce", "MCE");
/// Processors that became too hot.
pub const THERMAL: ViewInfo = ViewInfo::new("thermal", "Thermal");
/// Machines per build.
pub const POPULATION: ViewInfo = ViewInfo::new("population", "Population");
/// Updates from version to version.
pub const UPDATES: ViewInfo = ViewInfo::new("updates", "Updates");
