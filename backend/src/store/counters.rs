//! Adds up what a batch adds to the counters.

use std::collections::BTreeMap;

use super::insert::Row;

pub(super) const SECONDS_PER_DAY: i64 = 86_400;

/// The day of a time in seconds, in days since 1970.
pub(super) fn day(seconds: i64) -> i32 {
    // The years 1 to 9999 are within ±3 million days.
    i32::try_from(seconds.div_euclid(SECONDS_PER_DAY)).unwrap_or(i32::MAX)
}

/// What records are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell {
    pub(super) classification_id: i32,
    pub(super) build_id: i32,
    pub(super) severity: i16,
    pub(super) external: bool,
}

/// Sums in the order of their keys: instances that add to the same rows then never wait in a circle.
#[derive(Debug, Default)]
pub(super) struct Sums {
    days: BTreeMap<(i32, Cell), i64>,
    totals: BTreeMap<Cell, i64>,
}

impl Sums {
    pub(super) fn add(&mut self, row: &Row<'_>) {
        let cell = Cell {
            classification_id: row.classification_id,
            build_id: row.build_id,
            severity: row.severity(),
            external: row.record.external,
        };
        *self.days.entry((day(row.record.captured_at.seconds()), cell)).or_default() += 1;
        *self.totals.entry(cell).or_default() += 1;
    }

    pub(super) fn days(&self) -> Vec<(i32, Cell, i64)> {
        self.days.iter().map(|(&(day, cell), &records)| (day, cell, records)).collect()
    }

    pub(super) fn totals(&self) -> Vec<(Cell, i64)> {
        self.totals.iter().map(|(&cell, &records)| (cell, records)).collect()
    }
}
