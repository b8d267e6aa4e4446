//! What machines and the collector say to each other, where it is JSON.

use serde::{Deserialize, Serialize};

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

/// The answer to a record that broke a rule and went into quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Quarantined {
    /// Always true.
    pub quarantined: bool,
    /// Which rule it broke; begins with the field's name.
    pub message: String,
}
