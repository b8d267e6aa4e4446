//! Machine checks: errors that the hardware reports about itself.

use serde::{Deserialize, Serialize};

use crate::facets::{BuildCount, NameCount, is_zero};
use crate::{Access, Endpoint, Method};

/// How many machines [`GetMce`] names when it is not told.
pub const DEFAULT_TOP: u32 = 10;
/// The most machines that [`GetMce`] names.
pub const MAX_TOP: u32 = 1000;

/// The machine checks of one year.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetMce {
    /// ISO 8601 year; this one when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<i32>,
    /// Name of the system (`ID` of os-release); an empty text means records without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// How many machines to name, 1 to 1000; 10 when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top: Option<u32>,
}

impl Endpoint for GetMce {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/mce";
    const SUMMARY: &'static str = "Machine checks of one year by week, classification, build, status and machine";
    type Body = ();
    type Response = Mce;
}

/// The counts of one year.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Mce {
    /// ISO 8601 year.
    pub year: i32,
    /// The years that have machine checks, ascending.
    pub years: Vec<i32>,
    /// How many of the counted records are no longer kept: they were purged, and only their count is left.
    pub purged: u64,
    /// By week and classification, weeks ascending.
    pub weeks: Vec<WeekCount>,
    /// By classification, largest first.
    pub classifications: Vec<NameCount>,
    /// By build, ascending.
    pub builds: Vec<BuildCount>,
    /// By status, largest first.
    pub statuses: Vec<StatusCount>,
    /// The machines with the most machine checks, largest first.
    pub machines: Vec<MachineCount>,
}

/// Records of a classification in a week.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WeekCount {
    /// ISO 8601 week: `2026-W47`.
    pub week: String,
    /// `DOMAIN/PROBE/REST`.
    pub classification: String,
    /// Records of it.
    pub records: u64,
    /// How many of them are no longer kept: they were purged, and only their count is left.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub purged: u64,
}

/// Records with a status.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatusCount {
    /// The low 32 bits of the bank's status register (`IA32_MCi_STATUS`), 8 hex digits.
    pub status: String,
    /// Records of it.
    pub records: u64,
    /// How many of them are no longer kept: they were purged, and only their count is left.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub purged: u64,
}

/// Records of a machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MachineCount {
    /// The machine's id, normally rotated every three days.
    pub machine_id: String,
    /// Records of it.
    pub records: u64,
    /// How many of them are no longer kept: they were purged, and only their count is left.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub purged: u64,
    /// By build, ascending.
    pub builds: Vec<BuildCount>,
}
