//! Updates: from which version to which, and how well it went.

use serde::{Deserialize, Serialize};

use crate::facets::is_zero;
use crate::{Access, Endpoint, Method, Timestamp};

/// The days that [`GetUpdates`] looks back when it is given neither days nor a range.
pub const DEFAULT_DAYS: u32 = 14;

/// Updates by the versions they lead from and to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetUpdates {
    /// The last so many days; 14 when no range is given either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Name of the system (`ID` of os-release); an empty text means records without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Captured at this time or later; a date or date-time, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-16"))]
    pub from: Option<Timestamp>,
    /// Captured before this time; a date or date-time, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-23T08:00:00Z"))]
    pub to: Option<Timestamp>,
}

impl Endpoint for GetUpdates {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/updates";
    const SUMMARY: &'static str = "Updates from version to version, succeeded and failed";
    type Body = ();
    type Response = Updates;
}

/// The version pairs, the one with the most updates first, versions ascending among equals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Updates {
    /// How many of the counted records are no longer kept: they were purged, and only their count is left.
    pub purged: u64,
    /// The pairs.
    pub transitions: Vec<Transition>,
}

/// The updates from one version to another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Transition {
    /// The version before, as the updater wrote it.
    pub from: String,
    /// The version that the update server offered; `-1` where it could not be asked.
    pub to: String,
    /// Updates that ended with the result 0.
    pub succeeded: u64,
    /// All others.
    pub failed: u64,
    /// How many of them are no longer kept: they were purged, and only their count is left.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub purged: u64,
    /// How long those took, in seconds on average, that say how long they took.
    pub mean_seconds: Option<f64>,
}
