//! Telemetry ids: by which the collector knows the machines that may send records.

use serde::{Deserialize, Serialize};

use crate::{Access, Endpoint, Method, Role};

/// The telemetry ids that machines may send.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetTelemetryIds {}

impl Endpoint for GetTelemetryIds {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Role(Role::Admin);
    const PATH: &'static str = "/api/v1/telemetry-ids";
    const SUMMARY: &'static str = "The telemetry ids that machines may send";
    type Body = ();
    type Response = TelemetryIds;
}

/// Puts other telemetry ids in place of those that there are; every server knows them within some seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct SetTelemetryIds {}

impl Endpoint for SetTelemetryIds {
    const METHOD: Method = Method::Put;
    const ACCESS: Access = Access::Role(Role::Admin);
    const PATH: &'static str = "/api/v1/telemetry-ids";
    const SUMMARY: &'static str = "Change the telemetry ids that machines may send";
    type Body = TelemetryIds;
    type Response = TelemetryIds;
}

/// All telemetry ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TelemetryIds {
    /// In the order in which they are listed.
    pub ids: Vec<TelemetryId>,
    /// Grows with each change; 0 while the server's settings hold. A change must name the version that it changes.
    pub version: i64,
}

/// A telemetry id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TelemetryId {
    /// What machines send as `X-Telemetry-TID`: 1 to 100 visible characters; upper and lower case are the same.
    #[cfg_attr(feature = "openapi", schema(example = "6907c830-eed9-4ce9-81ae-76daf8d88f0f"))]
    pub id: String,
    /// Whose machines send it; may be empty.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(example = "our fleet"))]
    pub name: String,
    /// Whether records with it are taken.
    pub active: bool,
    /// The networks that it may come from, such as `192.0.2.0/24`; from everywhere when there are none.
    #[serde(default)]
    pub networks: Vec<String>,
}
