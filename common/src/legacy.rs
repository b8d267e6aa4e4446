//! `GET /api/records`, the older server's query, as its users know it.

use serde::{Deserialize, Serialize};

/// Where it is.
pub const PATH: &str = "/api/records";
/// The most records of one answer, and how many there are when no limit is given.
pub const MAX_LIMIT: u32 = 10_000;
/// The longest build that can be asked for, in characters.
pub const MAX_BUILD_CHARS: usize = 256;

/// Its parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct LegacyQuery {
    /// Exactly this classification, three parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// Exactly this severity, 1 to 4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<u8>,
    /// Exactly this machine, at most 32 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_id: Option<String>,
    /// Exactly this build, at most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// Received in the last so many days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_in_days: Option<u32>,
    /// Received in the last so many seconds; only looked at without `created_in_days`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_in_sec: Option<u64>,
    /// Only ids below this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_id: Option<i64>,
    /// 1 to 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Its answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LegacyRecords {
    /// Newest id first.
    pub records: Vec<LegacyRecord>,
}

/// A record under the older server's names; also the collector's answer to a record that it stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LegacyRecord {
    /// Grows with every record.
    pub id: i64,
    /// The machine's id.
    pub machine_id: String,
    /// `host_type` of the wire.
    pub machine_type: String,
    /// Architecture.
    pub arch: String,
    /// OS version.
    pub build: String,
    /// As `uname -r` says it.
    pub kernel_version: String,
    /// When the machine made it: `2015-09-30 00:39:35 UTC`.
    pub ts_capture: String,
    /// When the server got it: `2015-09-30 00:39:35 UTC`.
    pub ts_reception: String,
    /// 1 low, 2 medium, 3 high, 4 critical.
    pub severity: u8,
    /// `DOMAIN/PROBE/REST`.
    pub classification: String,
    /// Version of the wire format, 1 to 4.
    pub record_format_version: u8,
    /// Version of the payload, by its probe.
    pub payload_format_version: u32,
    /// `ID` of os-release.
    pub system_name: String,
    /// What the probe wrote.
    pub payload: String,
    /// Vendor and name of the main board.
    pub board_name: String,
    /// Version of the firmware.
    pub bios_version: String,
    /// Processor.
    pub cpu_model: String,
    /// Ties the records of one event together.
    pub event_id: String,
    /// Whether it was marked external.
    pub external: bool,
}
