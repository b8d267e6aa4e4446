//! Adds up what records change about the counters. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use telemetrics_common::time::IsoWeek;

use super::{ALL_SYSTEMS, Dimension, MAX_AHEAD_SECONDS, day, hour, is_wrong_clock};
use crate::store::row::{Fact, Row};

/// What facets count by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::store) struct Cell {
    pub(in crate::store) classification_id: i32,
    pub(in crate::store) build_id: i32,
    pub(in crate::store) severity: i16,
    pub(in crate::store) external: bool,
}

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Change {
    /// It came in.
    Stored,
    /// It is no longer kept, but its count is.
    Purged,
    /// It is no longer kept, nor is its count.
    Erased,
}

/// Records that were counted, and how many of them are no longer kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Count {
    pub(in crate::store) records: i64,
    pub(in crate::store) purged: i64,
}

impl From<u64> for Count {
    /// Records of which all are kept.
    fn from(records: u64) -> Self {
        Self { records: i64::try_from(records).unwrap_or(i64::MAX), purged: 0 }
    }
}

impl Count {
    /// What is still kept.
    pub(in crate::store) fn kept(self) -> i64 {
        self.records - self.purged
    }

    /// Of some hours of a day: which of them the purged ones belonged to is not known, but not more than there were.
    pub(in crate::store) fn of_hours(self) -> Self {
        Self { purged: self.purged.min(self.records), ..self }
    }

    pub(in crate::store) fn merge(&mut self, other: Self) {
        self.records += other.records;
        self.purged += other.purged;
    }

    pub(in crate::store) fn add(&mut self, change: Change, amount: i64) {
        match change {
            Change::Stored => self.records += amount,
            Change::Purged => self.purged += amount,
            Change::Erased => self.records -= amount,
        }
    }
}

/// One property's one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(in crate::store) struct Tally {
    pub(in crate::store) dimension: Dimension,
    pub(in crate::store) scope: i32,
    pub(in crate::store) key: i32,
}

/// The same in one hour of one day. Machines are counted by day, without an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(in crate::store) struct TallyDay {
    pub(in crate::store) dimension: Dimension,
    pub(in crate::store) day: i32,
    pub(in crate::store) scope: i32,
    pub(in crate::store) key: i32,
    pub(in crate::store) hour: Option<u8>,
}

impl TallyDay {
    /// On all days together.
    pub(in crate::store) fn tally(&self) -> Tally {
        Tally { dimension: self.dimension, scope: self.scope, key: self.key }
    }
}

/// A machine that is counted once on a day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::store) struct MachineDay {
    pub(in crate::store) day: i32,
    pub(in crate::store) tally: Tally,
    pub(in crate::store) machine_id: String,
}

/// A machine with heartbeats of one build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(in crate::store) struct Heart {
    pub(in crate::store) system_id: i32,
    pub(in crate::store) build_id: i32,
    pub(in crate::store) external: bool,
    pub(in crate::store) machine_id: String,
}

impl Heart {
    /// Where such machines of all time are counted.
    pub(in crate::store) fn tally(&self) -> Tally {
        Tally { dimension: Dimension::of_machines(self.external), scope: self.system_id, key: self.build_id }
    }
}

/// By (hour, system, build, external mark): how many machines more, or fewer, were seen last then.
pub(in crate::store) type HeartHours = BTreeMap<(i32, i32, i32, bool), i64>;

/// Everything in the order of its keys: instances that add to the same rows then never wait in a circle. What is written
/// down of it is known by [`super::journal::FORMAT`].
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::store) struct Sums {
    /// By (day, cell).
    pub(in crate::store) cell_days: BTreeMap<(i32, Cell), Count>,
    pub(in crate::store) cells: BTreeMap<Cell, Count>,
    pub(in crate::store) days: BTreeMap<TallyDay, Count>,
    pub(in crate::store) totals: BTreeMap<Tally, Count>,
    /// Machines of records that came in.
    pub(in crate::store) machines: BTreeSet<MachineDay>,
    /// Heartbeats that came in, with the last hour by a clock that was not ahead.
    pub(in crate::store) hearts: BTreeMap<Heart, Option<i32>>,
    /// Crashes by (stack, system, day).
    pub(in crate::store) crash_days: BTreeMap<(i32, i32, i32), Count>,
    /// Crashes by (stack, build, machine).
    pub(in crate::store) crash_machines: BTreeMap<(i32, i32, String), Count>,
    /// Machine checks by (year, machine, build).
    pub(in crate::store) mce_machines: BTreeMap<(i32, String, i32), Count>,
    /// Machine checks that came in, less those that were erased, by (year, system or all, machine).
    pub(in crate::store) mce_totals: BTreeMap<(i32, i32, String), i64>,
}

impl Sums {
    /// Adds all of others.
    pub(in crate::store) fn merge(&mut self, other: Self) {
        fn counts<K: Ord>(into: &mut BTreeMap<K, Count>, from: BTreeMap<K, Count>) {
            from.into_iter().for_each(|(key, count)| into.entry(key).or_default().merge(count));
        }
        // Each record counts on its day.
        if self.days.is_empty() {
            *self = other;
            return;
        }
        counts(&mut self.cell_days, other.cell_days);
        counts(&mut self.cells, other.cells);
        counts(&mut self.days, other.days);
        counts(&mut self.totals, other.totals);
        counts(&mut self.crash_days, other.crash_days);
        counts(&mut self.crash_machines, other.crash_machines);
        counts(&mut self.mce_machines, other.mce_machines);
        self.machines.extend(other.machines);
        for (heart, seen) in other.hearts {
            let last = self.hearts.entry(heart).or_default();
            *last = (*last).max(seen);
        }
        for (key, records) in other.mce_totals {
            *self.mce_totals.entry(key).or_default() += records;
        }
    }

    /// Nothing but what is counted by some dimensions.
    pub(in crate::store) fn only(self, dimensions: &[Dimension]) -> Self {
        let (mut days, mut totals) = (self.days, self.totals);
        days.retain(|tally, _| dimensions.contains(&tally.dimension));
        totals.retain(|tally, _| dimensions.contains(&tally.dimension));
        Self { days, totals, ..Self::default() }
    }

    pub(in crate::store) fn add(&mut self, row: &Row<'_>, change: Change) {
        let captured = row.record.captured_at.seconds();
        let cell = Cell {
            classification_id: row.ids.classification_id,
            build_id: row.ids.build_id,
            severity: row.severity(),
            external: row.record.external,
        };
        self.cell_days.entry((day(captured), cell)).or_default().add(change, 1);
        self.cells.entry(cell).or_default().add(change, 1);
        let mut tally = |dimension, scope, key, amount| self.tally(captured, dimension, scope, key, (change, amount));
        let system = row.system_id;
        tally(Dimension::Build, system, row.ids.build_id, 1);
        tally(Dimension::Classification, system, row.ids.classification_id, 1);
        tally(Dimension::Severity, system, i32::from(row.record.severity), 1);
        tally(Dimension::Platform, system, row.ids.platform_id, 1);
        tally(Dimension::Kernel, system, row.ids.kernel_id, 1);
        if is_wrong_clock(captured, row.received_at.seconds()) {
            tally(Dimension::WrongClock, system, row.ids.build_id, 1);
        }
        match row.fact {
            Fact::Thermal => tally(Dimension::ThermalPlatform, system, row.ids.platform_id, 1),
            Fact::Mce { status_id } => {
                tally(Dimension::MceBuild, system, row.ids.build_id, 1);
                tally(Dimension::MceClassification, system, row.ids.classification_id, 1);
                if let Some(status_id) = status_id {
                    tally(Dimension::MceStatus, system, status_id, 1);
                }
                self.add_mce_machine(row, change);
            }
            Fact::Update { transition_id, succeeded, millis } => {
                let result = if succeeded { Dimension::UpdateSucceeded } else { Dimension::UpdateFailed };
                tally(result, system, transition_id, 1);
                if let Some(millis) = millis {
                    tally(Dimension::UpdateTimed, system, transition_id, 1);
                    tally(Dimension::UpdateMillis, system, transition_id, millis);
                }
            }
            Fact::Crash { stack_id, program_id } => {
                tally(Dimension::Crash, row.ids.build_id, stack_id, 1);
                tally(Dimension::CrashProgram, stack_id, program_id, 1);
                tally(Dimension::CrashStack, system, stack_id, 1);
                tally(Dimension::CrashStack, ALL_SYSTEMS, stack_id, 1);
                self.crash_days.entry((stack_id, system, day(captured))).or_default().add(change, 1);
                let machine = (stack_id, row.ids.build_id, row.record.machine_id.clone());
                self.crash_machines.entry(machine).or_default().add(change, 1);
            }
            Fact::Heartbeat | Fact::None => {}
        }
        if change == Change::Stored {
            self.add_machine(row, captured);
        }
    }

    fn tally(&mut self, captured: i64, dimension: Dimension, scope: i32, key: i32, (change, amount): (Change, i64)) {
        if dimension.has_days() {
            let hour = u8::try_from(hour(captured).rem_euclid(24)).ok();
            let in_day = TallyDay { dimension, day: day(captured), scope, key, hour };
            self.days.entry(in_day).or_default().add(change, amount);
        }
        if dimension.has_totals() {
            self.totals.entry(Tally { dimension, scope, key }).or_default().add(change, amount);
        }
    }

    fn add_machine(&mut self, row: &Row<'_>, captured: i64) {
        let (scope, machine_id) = (row.system_id, &row.record.machine_id);
        let mut active = |dimension, key| {
            let tally = Tally { dimension, scope, key };
            self.machines.insert(MachineDay { day: day(captured), tally, machine_id: machine_id.clone() });
        };
        active(Dimension::Machines, 0);
        if matches!(row.fact, Fact::Heartbeat) {
            active(Dimension::of_machines(row.record.external), row.ids.build_id);
            // A clock that is ahead must not hide when the machine was really seen last.
            let is_ahead = captured > row.received_at.seconds() + MAX_AHEAD_SECONDS;
            let seen = (!is_ahead).then(|| hour(captured));
            let heart = Heart {
                system_id: row.system_id,
                build_id: row.ids.build_id,
                external: row.record.external,
                machine_id: machine_id.clone(),
            };
            let last = self.hearts.entry(heart).or_default();
            *last = (*last).max(seen);
        }
    }

    fn add_mce_machine(&mut self, row: &Row<'_>, change: Change) {
        let year = IsoWeek::of(row.record.captured_at).year();
        let machine_id = &row.record.machine_id;
        self.mce_machines.entry((year, machine_id.clone(), row.ids.build_id)).or_default().add(change, 1);
        let records = match change {
            Change::Stored => 1,
            Change::Purged => return,
            Change::Erased => -1,
        };
        for system in [ALL_SYSTEMS, row.system_id] {
            *self.mce_totals.entry((year, system, machine_id.clone())).or_default() += records;
        }
    }

    /// Counts a machine that had not been counted on its day.
    pub(in crate::store) fn add_new_machine(&mut self, day: i32, Tally { dimension, scope, key }: Tally) {
        self.days.entry(TallyDay { dimension, day, scope, key, hour: None }).or_default().records += 1;
    }

    /// Counts a machine that had never sent a heartbeat of a build.
    pub(in crate::store) fn add_new_heart(&mut self, heart: &Heart) {
        self.totals.entry(heart.tally()).or_default().records += 1;
    }
}

/// Moves a machine from the hour in which it was seen last to a later one.
pub(in crate::store) fn move_heart(hours: &mut HeartHours, heart: &Heart, from: Option<i32>, to: Option<i32>) {
    for (hour, change) in [(from, -1), (to, 1)] {
        if let Some(hour) = hour {
            *hours.entry((hour, heart.system_id, heart.build_id, heart.external)).or_default() += change;
        }
    }
}
