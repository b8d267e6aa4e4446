//! Counters: what a chart shows is a sum over few rows, kept in the transaction that stores the records.
//!
//! `Sums` adds up, without a database, what some records change; `sqlite` and `postgres` apply it, on SQLite after
//! `journal` has kept it for some batches; [`recount`] builds the same from the records that are kept, to check the
//! counters or to make them anew.

use sea_orm::{DbErr, QueryResult};
use telemetrics_common::Timestamp;

use super::{Kind, Store};
use crate::error::Result;
use crate::key;

pub(super) mod dimension;
pub(super) mod journal;
mod packed;
pub(super) mod postgres;
pub mod recount;
pub(super) mod sqlite;
mod sums;

pub(super) use dimension::Dimension;
pub(super) use journal::catch_up;
pub(super) use sums::{Cell, Change, Count, Sums, Tally, TallyDay};

pub(super) const SECONDS_PER_HOUR: i64 = 3600;
pub(super) const SECONDS_PER_DAY: i64 = 86_400;

/// In place of a system: all of them.
pub(super) const ALL_SYSTEMS: i32 = -1;

/// How far a clock may be ahead of the server's.
const MAX_AHEAD_SECONDS: i64 = SECONDS_PER_DAY;
/// How far a record may lie behind, by its clock: machines can be off for long with records to send.
const MAX_BEHIND_SECONDS: i64 = 365 * SECONDS_PER_DAY;

/// The day of a time in seconds, in days since 1970.
pub(super) fn day(seconds: i64) -> i32 {
    // The years 1 to 9999 are within ±3 million days.
    i32::try_from(seconds.div_euclid(SECONDS_PER_DAY)).unwrap_or(i32::MAX)
}

/// The first moment of a day since 1970.
pub(super) fn day_start(day: i32) -> Timestamp {
    Timestamp::from_seconds(i64::from(day) * SECONDS_PER_DAY)
}

/// The hour of a time in seconds, in hours since 1970.
pub(super) fn hour(seconds: i64) -> i32 {
    // The years 1 to 9999 are within ±80 million hours.
    i32::try_from(seconds.div_euclid(SECONDS_PER_HOUR)).unwrap_or(i32::MAX)
}

/// Whether a record's clock was so far from the server's that its time says nothing.
pub(super) fn is_wrong_clock(captured: i64, received: i64) -> bool {
    captured > received + MAX_AHEAD_SECONDS || captured < received - MAX_BEHIND_SECONDS
}

/// The same in SQL, as the condition of the index `records_wrong_clock`.
pub(super) const WRONG_CLOCK: &str =
    "(captured_at > received_at / 1000 + 86400 OR captured_at < received_at / 1000 - 31536000)";

/// A number that tells machines apart: 64 bits of a hash.
pub(super) fn machine_key(machine_id: &str) -> i64 {
    let [key @ .., _, _, _, _, _, _, _, _] = key::of(machine_id.as_bytes());
    i64::from_be_bytes(key)
}

/// What changes when counters are changed in another way than by records that came in, or were purged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rewritten {
    /// Of what is counted.
    version: i32,
    /// How often something was erased, or counted anew.
    erased: i64,
    /// PostgreSQL: when the server began, since another one may take its place that lacks the last records.
    since: i64,
}

/// Told by whoever erases, in the same transaction: as its last statement, so that those who erase at once never wait in a circle.
pub(super) const ERASES: &str = "UPDATE counter_version SET erased = erased + 1";

impl Rewritten {
    /// Three columns, for the statement that reads what is to be known by it: both are then of one moment.
    pub(super) fn columns(store: &Store) -> String {
        let since = match store.kind() {
            Kind::Postgres if !store.inner.distributed => {
                "(SELECT CAST(EXTRACT(EPOCH FROM pg_postmaster_start_time()) * 1000000 AS BIGINT))"
            }
            _ => "CAST(0 AS BIGINT)",
        };
        format!("(SELECT version FROM counter_version), (SELECT erased FROM counter_version), {since}")
    }

    /// From those columns.
    pub(super) fn read(row: &QueryResult, first: usize) -> Result<Self> {
        Ok(Self {
            version: row.try_get_by_index(first)?,
            erased: row.try_get_by_index(first + 1)?,
            since: row.try_get_by_index(first + 2)?,
        })
    }
}

/// The cell in four columns of a row, in the order of its fields.
pub(super) fn read_cell(row: &QueryResult, first: usize) -> std::result::Result<Cell, DbErr> {
    Ok(Cell {
        classification_id: row.try_get_by_index(first)?,
        build_id: row.try_get_by_index(first + 1)?,
        severity: row.try_get_by_index(first + 2)?,
        external: row.try_get_by_index(first + 3)?,
    })
}
