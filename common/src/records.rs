//! Records: the list, one of them, exports and live events.

use serde::{Deserialize, Serialize};

use crate::paging::{Page, Paged};
use crate::{Access, Endpoint, Method, RecordFilter, Timestamp};

/// A page of the list, newest id first.
pub type ListRecords = Paged<RecordFilter>;

/// Rows of a page of [`ListRecords`] when no limit is given.
pub const DEFAULT_LIMIT: u32 = 50;
/// The most rows a page of [`ListRecords`] may have.
pub const MAX_LIMIT: u32 = 1000;
/// How many characters of the payload a row shows at most.
pub const EXCERPT_CHARS: usize = 160;

impl Endpoint for ListRecords {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/records";
    const SUMMARY: &'static str = "Records that pass a filter, newest id first";
    type Body = ();
    type Response = RecordPage;
}

/// One page of records.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordPage {
    /// The rows, newest id first. May be empty with `next_before` set when a search of payloads ran out of time.
    pub records: Vec<RecordRow>,
    /// Where the next page begins; `null` when this was the last.
    pub next_before: Option<i64>,
    /// How far a search of payloads got that ran out of time; `null` when none did.
    pub searched: Option<Searched>,
}

/// How far a search of payloads got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Searched {
    /// When the server got the record that was looked at last.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub received_at: Timestamp,
    /// When the server got the oldest of all records that are kept.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub oldest_received_at: Timestamp,
}

impl Page for RecordPage {
    type Row = RecordRow;

    fn into_parts(self) -> (Vec<RecordRow>, Option<i64>) {
        (self.records, self.next_before)
    }
}

/// A record as lists and live events show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordRow {
    /// Grows with every record; never used again.
    pub id: i64,
    /// When the server got it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub received_at: Timestamp,
    /// When the machine made it, by the machine's clock.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub captured_at: Timestamp,
    /// Whether it was marked external.
    pub external: bool,
    /// The machine's id, normally rotated every three days.
    pub machine_id: String,
    /// 1 low, 2 medium, 3 high, 4 critical.
    pub severity: u8,
    /// `DOMAIN/PROBE/REST`.
    pub classification: String,
    /// `ID` of os-release.
    pub system_name: String,
    /// OS version.
    pub build: String,
    /// The guilty of its backtrace.
    pub guilty_id: Option<i64>,
    /// The beginning of the payload in one line.
    pub excerpt: String,
}

/// One record with all its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetRecord {
    /// The record's id.
    pub id: i64,
}

impl Endpoint for GetRecord {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/records/{id}";
    const SUMMARY: &'static str = "One record with every field and its payload";
    type Body = ();
    type Response = RecordDetails;
}

/// Every field of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordDetails {
    /// Grows with every record; never used again.
    pub id: i64,
    /// When the server got it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub received_at: Timestamp,
    /// When the machine made it, by the machine's clock (`creation_timestamp` on the wire).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub captured_at: Timestamp,
    /// Whether it was marked external.
    pub external: bool,
    /// Version of the wire format, 1 to 4.
    pub record_format_version: u8,
    /// `DOMAIN/PROBE/REST`.
    pub classification: String,
    /// 1 low, 2 medium, 3 high, 4 critical.
    pub severity: u8,
    /// The machine's id, normally rotated every three days.
    pub machine_id: String,
    /// Architecture, as `uname -m` says it.
    pub arch: String,
    /// `sys_vendor|product_name|product_version`.
    pub host_type: String,
    /// OS version.
    pub build: String,
    /// As `uname -r` says it.
    pub kernel_version: String,
    /// Version of the payload, by its probe.
    pub payload_format_version: u32,
    /// `ID` of os-release; empty in format version 1.
    pub system_name: String,
    /// Vendor and name of the main board.
    pub board_name: String,
    /// Processor.
    pub cpu_model: String,
    /// Version of the firmware.
    pub bios_version: String,
    /// Ties the records of one event together; empty before format version 4.
    pub event_id: String,
    /// What the probe wrote.
    pub payload: String,
    /// The guilty of its backtrace.
    pub guilty: Option<GuiltyRef>,
}

/// The function that a backtrace blames.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GuiltyRef {
    /// The guilty's id.
    pub id: i64,
    /// Its function, demangled.
    pub function: String,
    /// The module (program, library, `kernel`) that the function is in.
    pub module: String,
}

/// Path of the CSV export; takes a [`RecordFilter`].
pub const CSV_PATH: &str = "/api/v1/records.csv";
/// Path of the NDJSON export, one [`RecordDetails`] a line; takes a [`RecordFilter`].
pub const NDJSON_PATH: &str = "/api/v1/records.ndjson";
/// Path of the server-sent events, one [`RecordRow`] per record committed; takes a [`RecordFilter`].
pub const LIVE_PATH: &str = "/api/v1/records/live";
