//! Overview: how the fleet is, at a glance.

use serde::{Deserialize, Serialize};

use crate::facets::{NameCount, is_zero};
use crate::population::BuildMachines;
use crate::records::GuiltyRef;
use crate::{Access, Endpoint, Method, Timestamp};

/// How many guilties the overview names.
pub const TOP_GUILTIES: usize = 3;
/// How many builds the overview names.
pub const NEWEST_BUILDS: usize = 5;
/// The days of the overview's range when none is given.
pub const DEFAULT_DAYS: u32 = 30;

/// How the fleet is; without a system all systems together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetOverview {
    /// Name of the system (`ID` of os-release); an empty text means records without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Captured at this time or later; a date or date-time, UTC. 30 days ago when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-16"))]
    pub from: Option<Timestamp>,
    /// Captured before this time; a date or date-time, UTC. Tomorrow when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-23T08:00:00Z"))]
    pub to: Option<Timestamp>,
}

impl Endpoint for GetOverview {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/overview";
    const SUMMARY: &'static str =
        "How the fleet is: records, machines and crashes per day, top guilties, newest builds, ingest";
    type Body = ();
    type Response = Overview;
}

/// The fleet at a glance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overview {
    /// All records of the range.
    pub records: u64,
    /// How many of the counted records are no longer kept: they were purged, and only their count is left.
    pub purged: u64,
    /// Ascending; days without records are left out.
    pub days: Vec<OverviewDay>,
    /// The guilties with the most crashes in the last seven days.
    pub guilties: Vec<GuiltyChange>,
    /// The newest builds and their share of the fleet; `null` without a heartbeat in the last three days.
    pub fleet: Option<Fleet>,
    /// How records come in.
    pub ingest: Ingest,
}

/// One day, by capture time. At the edges of the range it may be a part of one, except for the machines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OverviewDay {
    /// The day's first moment.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub day: Timestamp,
    /// Records by kind, the pattern of their probe (`org.clearlinux/crash/*`), largest first.
    pub kinds: Vec<NameCount>,
    /// Records of the classifications that carry a backtrace.
    pub crashes: u64,
    /// How many of those are no longer kept.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub purged_crashes: u64,
    /// Distinct machines that sent anything captured on this whole day; one that runs two systems counts in both.
    pub machines: u64,
}

/// A guilty and how it has changed in a week.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GuiltyChange {
    /// Which one.
    pub guilty: GuiltyRef,
    /// Crashes in the last seven days.
    pub records: u64,
    /// Crashes in the seven days before those.
    pub before: u64,
}

/// The newest builds of one system, by heartbeats in the last three days.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fleet {
    /// Name of the system: the one asked for, else the one with the most records.
    pub system: String,
    /// All its machines, whatever their build.
    pub machines: u64,
    /// The newest builds that have machines, newest first.
    pub builds: Vec<BuildMachines>,
}

/// How records come in, of all systems and on all instances.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ingest {
    /// Records per second, over the last thousand records or the last hour, whichever is shorter.
    pub records_per_second: f64,
    /// When the last record came in.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub last_received_at: Option<Timestamp>,
    /// Records in quarantine.
    pub quarantined: u64,
    /// Records of all time whose clock was more than a day ahead of the server's or more than a year behind.
    pub wrong_clocks: u64,
}
