//! Thermal events: processors that became too hot.

use serde::{Deserialize, Serialize};

use crate::facets::{NameCount, is_zero};
use crate::{Access, Endpoint, Method};

/// How many weeks [`GetThermal`] covers, this one included.
pub const WEEKS: u32 = 5;

/// The thermal events of this ISO week and the four before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetThermal {
    /// Name of the system (`ID` of os-release); an empty text means records without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
}

impl Endpoint for GetThermal {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/thermal";
    const SUMMARY: &'static str = "Thermal events of this week and the four before, and the platforms they come from";
    type Body = ();
    type Response = Thermal;
}

/// The counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Thermal {
    /// How many of the counted records are no longer kept: they were purged, and only their count is left.
    pub purged: u64,
    /// By week, ascending; weeks without any are left out.
    pub weeks: Vec<Week>,
    /// By platform (`host_type`), largest first.
    pub platforms: Vec<NameCount>,
}

/// Records of a week.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Week {
    /// ISO 8601 week: `2026-W47`.
    pub week: String,
    /// Records of it.
    pub records: u64,
    /// How many of them are no longer kept: they were purged, and only their count is left.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub purged: u64,
}
