//! Storage: what takes the room, how it grows, and how long it will do.

use serde::{Deserialize, Serialize};

use crate::{Access, Endpoint, Method, Timestamp};

/// What the database takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetStorage {}

impl Endpoint for GetStorage {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/storage";
    const SUMMARY: &'static str = "Size of the database by classification, its growth, and the days that are left";
    type Body = ();
    type Response = Storage;
}

/// Sizes of single classifications and days are estimates: those of records that were looked at, times their number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Storage {
    /// The database with its indexes and counters.
    pub database_bytes: u64,
    /// What of it is free for new records.
    pub reusable_bytes: u64,
    /// What is free on the disk; `null` where the server does not see the disk.
    pub disk_free_bytes: Option<u64>,
    /// Below so much free disk the collector takes nothing.
    pub disk_floor_bytes: u64,
    /// Above this the oldest records of the lowest severity go; `null` for no such bound.
    pub ceiling_bytes: Option<u64>,
    /// Records that are kept.
    pub records: u64,
    /// When the oldest of them was received.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub oldest_received_at: Option<Timestamp>,
    /// Largest first.
    pub classifications: Vec<ClassificationSize>,
    /// Records by the day of their capture, in the last weeks, the oldest first.
    pub days: Vec<DaySize>,
    /// What comes in on a day, by the last whole days of these.
    pub bytes_per_day: u64,
    /// After how many days the disk, or the ceiling, is reached if nothing is purged; `null` when nothing bounds it or
    /// nothing comes in.
    pub days_left: Option<f64>,
    /// About what the database takes when it holds the days that most records are kept; `null` when that is for ever.
    pub settled_bytes: Option<u64>,
}

/// What the records of a classification take.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClassificationSize {
    /// The classification.
    pub name: String,
    /// Records that are kept.
    pub records: u64,
    /// About what they take.
    pub bytes: u64,
}

/// What the records of a day take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DaySize {
    /// Its first moment.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub day: Timestamp,
    /// Records that came in.
    pub records: u64,
    /// About what they took.
    pub bytes: u64,
}
