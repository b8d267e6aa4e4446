//! Quarantine: records that broke a rule and were kept, so that their machine is not held up.

use serde::{Deserialize, Serialize};

use crate::paging::{Page, Paged};
use crate::{Access, Endpoint, Method, Role, Timestamp};

/// Which quarantined records are meant: all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct All {}

/// A page of the quarantine, newest first.
pub type ListQuarantine = Paged<All>;

impl Endpoint for ListQuarantine {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/quarantine";
    const SUMMARY: &'static str = "Records in quarantine, newest first";
    type Body = ();
    type Response = QuarantinePage;
}

/// One page of the quarantine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuarantinePage {
    /// Newest first.
    pub records: Vec<QuarantinedRecord>,
    /// Where the next page begins; `null` when this was the last.
    pub next_before: Option<i64>,
    /// How many there are in all.
    pub total: u64,
}

impl Page for QuarantinePage {
    type Row = QuarantinedRecord;

    fn into_parts(self) -> (Vec<QuarantinedRecord>, Option<i64>) {
        (self.records, self.next_before)
    }
}

/// A record that broke a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuarantinedRecord {
    /// Its number in quarantine.
    pub id: i64,
    /// When the server got it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub received_at: Timestamp,
    /// Which rule it broke; begins with the field's name.
    pub reason: String,
    /// Whether it was marked external.
    pub external: bool,
    /// The record in JSON form, as it came but for what is scrubbed; one in header form is written as JSON.
    pub body: String,
}

/// Tries every quarantined record again, for instance after an update has changed a rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct ReplayQuarantine {}

impl Endpoint for ReplayQuarantine {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Role(Role::Maintainer);
    const PATH: &'static str = "/api/v1/quarantine/replay";
    const SUMMARY: &'static str = "Try the records in quarantine again";
    type Body = ();
    type Response = Replayed;
}

/// What became of the quarantined records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Replayed {
    /// Now stored as records, and no longer in quarantine.
    pub stored: u64,
    /// Still in quarantine.
    pub kept: u64,
}
