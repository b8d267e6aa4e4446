//! Ingest: how records come in, and what is in their way.

use serde::{Deserialize, Serialize};

use crate::facets::NameCount;
use crate::{Access, Endpoint, Method, Timestamp};

/// How records come in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetIngest {}

impl Endpoint for GetIngest {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/ingest";
    const SUMMARY: &'static str =
        "How records come in: rate, refusals by reason, queue, last record by system, warnings";
    type Body = ();
    type Response = IngestStatus;
}

/// How records come in. Numbers of requests are those of the server that answers, since its start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IngestStatus {
    /// When the server was started.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub since: Timestamp,
    /// What became of the records that were sent, since then.
    pub results: Results,
    /// The last hour, minute by minute, the oldest first.
    pub minutes: Vec<Minute>,
    /// Why records were refused or put into quarantine, the most frequent first.
    pub reasons: Vec<NameCount>,
    /// The way into the database.
    pub queue: Queue,
    /// Records in quarantine.
    pub quarantined: u64,
    /// The last record of each system, the latest first.
    pub systems: Vec<LastSeen>,
    /// What an operator should look at; empty when all is well.
    pub warnings: Vec<Warning>,
}

/// What became of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Results {
    /// Stored.
    pub stored: u64,
    /// Sent once more, and stored already.
    pub resent: u64,
    /// Put into quarantine.
    pub quarantined: u64,
    /// Refused: 4xx.
    pub refused: u64,
    /// Told to come again: 5xx.
    pub unavailable: u64,
}

/// A minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Minute {
    /// When it began.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// What became of the records in it.
    pub results: Results,
}

/// The way into the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Queue {
    /// Records that wait.
    pub waiting: u64,
    /// The most that may wait.
    pub capacity: u64,
    /// How long the last batch's first record had waited for its turn, in milliseconds.
    pub age_millis: f64,
    /// Transactions since the start.
    pub commits: u64,
    /// Records in one of them, on average.
    pub records_per_commit: f64,
    /// How long most of them took, in milliseconds: half of all were done within.
    pub commit_median_millis: f64,
    /// And 99 in 100.
    pub commit_p99_millis: f64,
}

/// The last record of a system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LastSeen {
    /// The system.
    pub system: String,
    /// The record.
    pub record_id: i64,
    /// Its build.
    pub build: String,
    /// When it was received.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub received_at: Timestamp,
}

/// Something that an operator should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Warning {
    /// Of what kind it is: `disk`, `names`, `quarantine`, `ceiling`, `hook`, `replica`.
    pub kind: String,
    /// What it is, and what can be done.
    pub message: String,
}
