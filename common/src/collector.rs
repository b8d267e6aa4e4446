//! What machines and the collector say to each other, where it is JSON.

use serde::{Deserialize, Serialize};

use crate::records::RecordDetails;

/// Where the header form goes.
pub const HEADER_FORM_PATH: &str = "/v2/collector";
/// Where the JSON form goes.
pub const JSON_FORM_PATH: &str = "/v3/collector";
/// The header that carries the telemetry id.
pub const TELEMETRY_ID_HEADER: &str = "X-Telemetry-TID";
/// The header that marks a record external.
pub const EXTERNAL_HEADER: &str = "X-CLR-External";
/// The telemetry id that clients send unless told otherwise.
pub const DEFAULT_TELEMETRY_ID: &str = "6907c830-eed9-4ce9-81ae-76daf8d88f0f";

/// A record in the JSON form, as today's client sends it: every value is a text. Numbers are taken as well where they
/// mean one; what a record's own format version does not know may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct JsonRecord {
    /// 1 to 4.
    #[cfg_attr(feature = "openapi", schema(example = "4"))]
    pub record_format_version: String,
    /// `DOMAIN/PROBE/REST`.
    #[cfg_attr(feature = "openapi", schema(example = "org.example/test/hello"))]
    pub classification: String,
    /// 1 low, 2 medium, 3 high, 4 critical.
    #[cfg_attr(feature = "openapi", schema(example = "1"))]
    pub severity: String,
    /// 1 to 32 characters.
    #[cfg_attr(feature = "openapi", schema(example = "0123456789abcdef0123456789abcdef"))]
    pub machine_id: String,
    /// When it was made, by the machine's clock, in Unix seconds.
    #[cfg_attr(feature = "openapi", schema(example = "1795420740"))]
    pub creation_timestamp: String,
    /// As `uname -m` says it.
    #[cfg_attr(feature = "openapi", schema(example = "x86_64"))]
    pub arch: String,
    /// `sys_vendor|product_name|product_version`.
    #[cfg_attr(feature = "openapi", schema(example = "Example|Laptop|1"))]
    pub host_type: String,
    /// OS version.
    #[cfg_attr(feature = "openapi", schema(example = "41150"))]
    pub build: String,
    /// As `uname -r` says it.
    #[cfg_attr(feature = "openapi", schema(example = "6.12.5-1"))]
    pub kernel_version: String,
    /// Version of the payload, by its probe; from format version 2 on.
    #[cfg_attr(feature = "openapi", schema(example = "1"))]
    pub payload_format_version: String,
    /// `ID` of os-release; from format version 2 on.
    #[cfg_attr(feature = "openapi", schema(example = "clear-linux-os"))]
    pub system_name: String,
    /// Vendor and name of the main board; from format version 3 on.
    #[cfg_attr(feature = "openapi", schema(example = "Example|Board"))]
    pub board_name: String,
    /// Processor; from format version 3 on.
    #[cfg_attr(feature = "openapi", schema(example = "Example CPU @ 2.40GHz"))]
    pub cpu_model: String,
    /// Version of the firmware; from format version 3 on.
    #[cfg_attr(feature = "openapi", schema(example = "1.0.7"))]
    pub bios_version: String,
    /// 32 lower-case hex digits that tie the records of one event together; from format version 4 on.
    #[cfg_attr(feature = "openapi", schema(example = "000102030405060708090a0b0c0d0e0f"))]
    pub event_id: String,
    /// What the probe wrote.
    #[cfg_attr(feature = "openapi", schema(example = "hello\n"))]
    pub payload: String,
}

/// As the machine has sent it.
impl From<RecordDetails> for JsonRecord {
    fn from(details: RecordDetails) -> Self {
        Self {
            record_format_version: details.record_format_version.to_string(),
            classification: details.classification,
            severity: details.severity.to_string(),
            machine_id: details.machine_id,
            creation_timestamp: details.captured_at.seconds().to_string(),
            arch: details.arch,
            host_type: details.host_type,
            build: details.build,
            kernel_version: details.kernel_version,
            payload_format_version: details.payload_format_version.to_string(),
            system_name: details.system_name,
            board_name: details.board_name,
            cpu_model: details.cpu_model,
            bios_version: details.bios_version,
            event_id: details.event_id,
            payload: details.payload,
        }
    }
}

/// The answer to a record that broke a rule and went into quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quarantined {
    /// Always true.
    #[cfg_attr(feature = "openapi", schema(example = true))]
    pub quarantined: bool,
    /// Which rule it broke; begins with the field's name.
    #[cfg_attr(feature = "openapi", schema(example = "severity: must be 1, 2, 3 or 4"))]
    pub message: String,
}
