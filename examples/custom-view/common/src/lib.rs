//! What server and dashboard agree on about boot times: the call, its answer, and the view's name.

use serde::{Deserialize, Serialize};
use telemetrics_common::{Access, Endpoint, Method, Role, Timestamp, ViewInfo};

/// The view. It is for those with an account, also where everybody may see the core's charts.
pub const BOOT_TIME: ViewInfo = ViewInfo::new("boot-time", "Boot time").for_role(Role::Viewer);

/// The records that it counts. Their payload has a line `boot_ms=1234`.
pub const CLASSIFICATION: &str = "org.example/boot/time";

/// What builds count as that there is no room for.
pub const OTHER: &str = "(other)";

/// Boots, by build and by how long they took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetBootTime {
    /// Of one system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// From the day of this moment on, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, format = DateTime))]
    pub from: Option<Timestamp>,
    /// To the end of the day before this moment, or of its own day if it is within one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, format = DateTime))]
    pub to: Option<Timestamp>,
    /// Only boots that took at least so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
}

impl Endpoint for GetBootTime {
    const METHOD: Method = Method::Get;
    // What the tab is hidden from, the call has to refuse.
    const ACCESS: Access = Access::Role(Role::Viewer);
    const PATH: &'static str = "/api/v1/boot-time";
    const SUMMARY: &'static str = "Boots, by build and by how long they took";
    type Body = ();
    type Response = BootTime;
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BootTime {
    /// By build, the newest last.
    pub builds: Vec<BuildBoots>,
    /// By full seconds, ascending.
    pub seconds: Vec<SecondBoots>,
}

/// Boots of one build.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BuildBoots {
    /// The build.
    pub build: String,
    /// How many.
    pub boots: u64,
    /// How long they took on average, in milliseconds.
    pub mean_ms: u64,
}

/// Boots that took equally long.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecondBoots {
    /// Full seconds.
    pub seconds: u32,
    /// How many.
    pub boots: u64,
}

/// What a payload says: how many milliseconds it took.
///
/// ```
/// assert_eq!(boot_time_common::boot_ms("firmware_ms=900\nboot_ms=1234\n"), Some(1234));
/// assert_eq!(boot_time_common::boot_ms("boot_ms=soon\n"), None);
/// ```
pub fn boot_ms(payload: &str) -> Option<u32> {
    payload.lines().find_map(|line| line.trim().strip_prefix("boot_ms="))?.parse().ok()
}
