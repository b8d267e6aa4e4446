//! Facets: what a filter could be narrowed to, with counts.

use serde::{Deserialize, Serialize};

use crate::filter::Source;
use crate::{Access, Endpoint, Method, RecordFilter};

/// Counts of the records that pass a filter, by each facet. A facet ignores its own part of the filter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GetFacets(pub RecordFilter);

impl Endpoint for GetFacets {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/facets";
    const SUMMARY: &'static str = "What a filter could be narrowed to, with counts";
    type Body = ();
    type Response = Facets;
}

#[cfg(feature = "openapi")]
impl utoipa::IntoParams for GetFacets {
    fn into_params(
        place: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        RecordFilter::into_params(place)
    }
}

/// The counts, largest first, names ascending among equals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Facets {
    /// Systems with their builds; ignores `system` and `build`.
    pub systems: Vec<SystemFacet>,
    /// Ignores `classification`.
    pub classifications: Vec<NameCount>,
    /// Ascending; ignores `severity`.
    pub severities: Vec<SeverityCount>,
    /// Ignores `source`.
    pub sources: Vec<SourceCount>,
    /// Whether a search of payloads ran out of time, so that the counts are too low.
    pub partial: bool,
}

/// A system and its builds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SystemFacet {
    /// `ID` of os-release.
    pub name: String,
    /// Records of it.
    pub records: u64,
    /// Its builds, ascending: as numbers where all are whole numbers, else as versions.
    pub builds: Vec<BuildCount>,
}

/// Records of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BuildCount {
    /// OS version.
    pub build: String,
    /// Records of it.
    pub records: u64,
    /// How many of them are no longer kept: they were purged, and only their count is left.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub purged: u64,
}

/// Records of something with a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NameCount {
    /// Its name.
    pub name: String,
    /// Records of it.
    pub records: u64,
    /// How many of them are no longer kept: they were purged, and only their count is left.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub purged: u64,
}

/// Records of a severity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeverityCount {
    /// 1 low, 2 medium, 3 high, 4 critical.
    pub severity: u8,
    /// Records of it.
    pub records: u64,
    /// How many of them are no longer kept: they were purged, and only their count is left.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub purged: u64,
}

/// Records of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceCount {
    /// External or internal.
    pub source: Source,
    /// Records of it.
    pub records: u64,
}

/// Whether a count need not be told.
pub(crate) fn is_zero(count: &u64) -> bool {
    *count == 0
}
