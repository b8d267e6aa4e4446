//! Population: how many machines run which build, by their heartbeats.

use serde::{Deserialize, Serialize};

use crate::{Access, Endpoint, Method, Timestamp};

/// The windows of [`GetPopulation`] in days, behind all time. Machine ids rotate every three days, so that longer
/// windows count a machine more than once.
pub const WINDOWS: [u32; 4] = [14, 7, 3, 1];

/// Machines per build of one system.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetPopulation {
    /// Name of the system (`ID` of os-release); the one with the most records when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
}

impl Endpoint for GetPopulation {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/population";
    const SUMMARY: &'static str =
        "Distinct machines per build of one system, over all time and the last 14, 7, 3 and 1 days";
    type Body = ();
    type Response = Population;
}

/// Distinct machine ids with a heartbeat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Population {
    /// Name of the system.
    pub system: String,
    /// All time first, then the shorter ones.
    pub windows: Vec<Window>,
}

/// The machines that were seen in a stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Window {
    /// The last so many days; `null` for all time.
    pub days: Option<u32>,
    /// Builds, ascending.
    pub builds: Vec<BuildMachines>,
}

/// Machines of a build. One that was seen with and without the external mark counts in both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BuildMachines {
    /// OS version.
    pub build: String,
    /// Machines inside the organisation.
    pub internal: u64,
    /// Machines outside.
    pub external: u64,
}

/// Machines per day and build of one system.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetMachineDays {
    /// Name of the system (`ID` of os-release); the one with the most records when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The day of this time and later ones; a date or date-time, UTC. 30 days ago when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-16"))]
    pub from: Option<Timestamp>,
    /// Days that begin before this time; a date or date-time, UTC. Tomorrow when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-23T08:00:00Z"))]
    pub to: Option<Timestamp>,
}

impl Endpoint for GetMachineDays {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/population/days";
    const SUMMARY: &'static str = "Distinct machines per day and build of one system";
    type Body = ();
    type Response = MachineDays;
}

/// Distinct machine ids with a heartbeat, for each day anew.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MachineDays {
    /// Name of the system.
    pub system: String,
    /// Ascending; days without any are left out.
    pub days: Vec<MachineDay>,
}

/// The machines of one day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MachineDay {
    /// The day's first moment.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub day: Timestamp,
    /// Builds, ascending.
    pub builds: Vec<BuildMachines>,
}
