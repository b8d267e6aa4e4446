//! Crashes: which functions break most, in which builds.

use serde::{Deserialize, Serialize};

use crate::facets::{BuildCount, NameCount, is_zero};
use crate::{Access, Endpoint, Method, Timestamp};

/// The days that [`GetCrashes`] looks back when it is not told.
pub const DEFAULT_DAYS: u32 = 7;
/// How many builds [`GetCrashes`] shows: the newest that have any crash.
pub const NEWEST_BUILDS: usize = 8;
/// How many guilties a page of [`GetCrashes`] has when it is not told.
pub const DEFAULT_LIMIT: u32 = 10;
/// The most guilties that a page of [`GetCrashes`] has.
pub const MAX_LIMIT: u32 = 1000;
/// How many days the small history of a guilty covers.
pub const HISTORY_DAYS: u32 = 28;

/// The guilties of one system, the one with the most crashes first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetCrashes {
    /// Name of the system (`ID` of os-release); the one with the most records when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The last so many days; 7 when no range is given either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Captured at this time or later; a date or date-time, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-16"))]
    pub from: Option<Timestamp>,
    /// Captured before this time; a date or date-time, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-23T08:00:00Z"))]
    pub to: Option<Timestamp>,
    /// One build alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// Whether all builds count, together, and not only the newest ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_builds: Option<bool>,
    /// Guilties whose function or module, or a program that hit it, contains this text in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// How many guilties, 1 to 1000; 10 when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How many guilties to pass over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
}

impl Endpoint for GetCrashes {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/crashes";
    const SUMMARY: &'static str = "The guilties of one system by build, the one with the most crashes first";
    type Body = ();
    type Response = Crashes;
}

/// A page of guilties. Hidden ones are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Crashes {
    /// Name of the system.
    pub system: String,
    /// The days looked back; `null` for a range.
    pub days: Option<u32>,
    /// How many of the counted records are no longer kept: they were purged, and only their count is left.
    pub purged: u64,
    /// The builds of the table, ascending; none when all builds count together.
    pub builds: Vec<BuildColumn>,
    /// The page.
    pub guilties: Vec<GuiltyRow>,
    /// How many guilties there are on all pages.
    pub total: u64,
}

/// A column of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BuildColumn {
    /// OS version.
    pub build: String,
    /// The largest count in this column, on any page.
    pub max: u64,
}

/// A row of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GuiltyRow {
    /// The guilty's id.
    pub id: i64,
    /// Its function, demangled.
    pub function: String,
    /// The module that the function is in.
    pub module: String,
    /// What somebody wrote about it.
    pub comment: String,
    /// Crashes in the builds of the table.
    pub records: u64,
    /// How many of them are no longer kept: they were purged, and only their count is left.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub purged: u64,
    /// By build, ascending; builds without any are left out.
    pub builds: Vec<BuildCount>,
    /// Distinct machines that have hit it in the builds of the table, of all time.
    pub machines: u64,
    /// Crashes in all builds of the system on each of the last 28 days, oldest first, zeros included.
    pub history: Vec<u64>,
}

/// Crashes over time, and of what kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetCrashCharts {
    /// Name of the system (`ID` of os-release); the one with the most records when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The last so many days; 7 when no range is given either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Captured at this time or later; a date or date-time, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-16"))]
    pub from: Option<Timestamp>,
    /// Captured before this time; a date or date-time, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-23T08:00:00Z"))]
    pub to: Option<Timestamp>,
}

impl Endpoint for GetCrashCharts {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/crashes/charts";
    const SUMMARY: &'static str = "Crashes of one system by day, classification and build";
    type Body = ();
    type Response = CrashCharts;
}

/// Records with a backtrace, whether it has frames or not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CrashCharts {
    /// Name of the system.
    pub system: String,
    /// How many of the counted records are no longer kept: they were purged, and only their count is left.
    pub purged: u64,
    /// By day of capture, ascending; days without any are left out.
    pub days: Vec<DayCount>,
    /// By classification, largest first.
    pub classifications: Vec<NameCount>,
    /// By build, ascending; only records whose backtrace has frames.
    pub builds: Vec<BuildCount>,
}

/// Records of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DayCount {
    /// The day's first moment.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub day: Timestamp,
    /// Records of it.
    pub records: u64,
    /// How many of them are no longer kept: they were purged, and only their count is left.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub purged: u64,
}
