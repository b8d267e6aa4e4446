//! The audit log: what people have changed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::paging::{Page, Paged};
use crate::{Access, Endpoint, Method, Role, Timestamp};

/// The export as CSV.
pub const CSV_PATH: &str = "/api/v1/audit.csv";
/// The export as JSON, an entry a line.
pub const NDJSON_PATH: &str = "/api/v1/audit.ndjson";

/// Which entries are meant; without any of these all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct AuditFilter {
    /// By this account (`ada`), this token of it (`ada/report`), or at the `(command line)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// Of this action, or of those that begin with it: `guilty` or `guilty.comment`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// At this time or later; a date or date-time, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-16"))]
    pub from: Option<Timestamp>,
    /// Before this time; a date or date-time, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, example = "2026-11-23T08:00:00Z"))]
    pub to: Option<Timestamp>,
}

/// A page of the audit log, newest first.
pub type ListAudit = Paged<AuditFilter>;

impl Endpoint for ListAudit {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Role(Role::Admin);
    const PATH: &'static str = "/api/v1/audit";
    const SUMMARY: &'static str = "What people have changed, newest first";
    type Body = ();
    type Response = AuditPage;
}

/// One page of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditPage {
    /// Newest first.
    pub entries: Vec<AuditEntry>,
    /// Where the next page begins; `null` when this was the last.
    pub next_before: Option<i64>,
}

impl Page for AuditPage {
    type Row = AuditEntry;

    fn into_parts(self) -> (Vec<AuditEntry>, Option<i64>) {
        (self.entries, self.next_before)
    }
}

/// A change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Its number.
    pub id: i64,
    /// When it was made.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// The account, its token (`ACCOUNT/TOKEN`), or `(command line)`; `null` when it was made without accounts.
    pub who: Option<String>,
    /// Where it came from; `null` for the command line.
    pub address: Option<String>,
    /// What was done: `guilty.comment`, `account.add`, …
    pub action: String,
    /// To what.
    pub target: String,
    /// How it was, where that means anything.
    pub before: Option<Value>,
    /// How it is now, where that means anything.
    pub after: Option<Value>,
}
