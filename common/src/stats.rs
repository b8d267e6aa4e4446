//! Stats: what kinds of records there are, and what machines they come from.

use serde::{Deserialize, Serialize};

use crate::facets::{NameCount, SeverityCount};
use crate::{Access, Endpoint, Method, Timestamp};

/// Records by each of their properties; without a system of all systems, without a range of all time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetStats {
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

impl Endpoint for GetStats {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/stats";
    const SUMMARY: &'static str = "Records by classification, platform, severity, architecture, kernel and system";
    type Body = ();
    type Response = Stats;
}

/// The counts, largest first, names ascending among equals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stats {
    /// All records of the system and the range.
    pub records: u64,
    /// How many of the counted records are no longer kept: they were purged, and only their count is left.
    pub purged: u64,
    /// By classification.
    pub classifications: Vec<NameCount>,
    /// By platform (`host_type`).
    pub platforms: Vec<NameCount>,
    /// By severity, ascending.
    pub severities: Vec<SeverityCount>,
    /// By architecture, as `uname -m` says it.
    pub arches: Vec<NameCount>,
    /// By kernel, as `uname -r` says it.
    pub kernels: Vec<NameCount>,
    /// By system (`ID` of os-release).
    pub systems: Vec<NameCount>,
}
