//! The record between parsing and storing: every rule of the wire has been checked.

use telemetrics_common::Timestamp;

/// A record that keeps every rule of the wire, ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// Version of the wire format, 1 to 4.
    pub record_format_version: u8,
    /// `DOMAIN/PROBE/REST`.
    pub classification: String,
    /// 1 low, 2 medium, 3 high, 4 critical.
    pub severity: u8,
    /// 1 to 32 characters.
    pub machine_id: String,
    /// When the machine made it, by the machine's clock; whole seconds.
    pub captured_at: Timestamp,
    /// One of the known architectures.
    pub arch: String,
    /// `sys_vendor|product_name|product_version`, or empty.
    pub host_type: String,
    /// OS version.
    pub build: String,
    /// As `uname -r` says it.
    pub kernel_version: String,
    /// Version of the payload, by its probe.
    pub payload_format_version: u32,
    /// `ID` of os-release; empty in format version 1.
    pub system_name: String,
    /// Vendor and name of the main board, or empty.
    pub board_name: String,
    /// Processor, or empty.
    pub cpu_model: String,
    /// Version of the firmware, or empty.
    pub bios_version: String,
    /// 32 lower-case hex digits; empty before format version 4.
    pub event_id: String,
    /// Marked by `X-CLR-External: true`.
    pub external: bool,
    /// What the probe wrote; may be empty.
    pub payload: String,
}
