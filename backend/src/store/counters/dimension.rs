//! What records are counted by, one property at a time.

use serde::{Deserialize, Serialize};

/// A property. The number is the column `dimension` of the database and never means anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "i16", try_from = "i16")]
#[repr(i16)]
pub(in crate::store) enum Dimension {
    /// Scope: system. Key: build.
    Build = 1,
    /// Scope: system. Key: classification.
    Classification = 2,
    /// Scope: system. Key: 1 to 4.
    Severity = 3,
    /// Scope: system. Key: platform.
    Platform = 4,
    /// Scope: system. Key: kernel with its architecture.
    Kernel = 5,
    /// Records with a wrong clock. Scope: system. Key: build.
    WrongClock = 7,
    /// Thermal events. Scope: system. Key: platform.
    ThermalPlatform = 8,
    /// Machine checks. Scope: system. Key: status.
    MceStatus = 9,
    /// Machine checks. Scope: system. Key: build.
    MceBuild = 10,
    /// Scope: system. Key: transition.
    UpdateSucceeded = 11,
    /// Scope: system. Key: transition.
    UpdateFailed = 12,
    /// Updates that say how long they took. Scope: system. Key: transition.
    UpdateTimed = 13,
    /// The milliseconds that those took. Scope: system. Key: transition.
    UpdateMillis = 14,
    /// Crashes. Scope: build. Key: stack.
    Crash = 15,
    /// Distinct machines with any record; per day only. Scope: system. Key: 0.
    Machines = 16,
    /// Distinct machines with an internal heartbeat, on a day and of all time. Scope: system. Key: build.
    InternalMachines = 17,
    /// Distinct machines with an external heartbeat, on a day and of all time. Scope: system. Key: build.
    ExternalMachines = 18,
    /// Machine checks. Scope: system. Key: classification.
    MceClassification = 19,
    /// Crashes; of all time only. Scope: stack. Key: program with its signal.
    CrashProgram = 20,
    /// Crashes; per day only. Scope: system, and once more -1 for all of them. Key: stack.
    CrashStack = 21,
}

impl Dimension {
    pub(in crate::store) const ALL: [Self; 20] = [
        Self::Build,
        Self::Classification,
        Self::Severity,
        Self::Platform,
        Self::Kernel,
        Self::WrongClock,
        Self::ThermalPlatform,
        Self::MceStatus,
        Self::MceBuild,
        Self::UpdateSucceeded,
        Self::UpdateFailed,
        Self::UpdateTimed,
        Self::UpdateMillis,
        Self::Crash,
        Self::Machines,
        Self::InternalMachines,
        Self::ExternalMachines,
        Self::MceClassification,
        Self::CrashProgram,
        Self::CrashStack,
    ];

    pub(in crate::store) fn number(self) -> i16 {
        self as i16
    }

    /// The version of the counters that it came with. One that comes later is counted at the next start, from the records
    /// that are kept then.
    pub(in crate::store) fn since(self) -> i32 {
        1
    }

    /// Where the machines are counted that sent heartbeats with or without the external mark.
    pub(in crate::store) fn of_machines(external: bool) -> Self {
        if external { Self::ExternalMachines } else { Self::InternalMachines }
    }

    /// Whether it counts machines and not records: those are told apart by their ids, not added up.
    pub(in crate::store) fn counts_machines(self) -> bool {
        matches!(self, Self::Machines | Self::InternalMachines | Self::ExternalMachines)
    }

    /// Whether it is counted by day.
    pub(in crate::store) fn has_days(self) -> bool {
        !matches!(self, Self::CrashProgram)
    }

    /// Whether it is counted of all time.
    pub(in crate::store) fn has_totals(self) -> bool {
        !matches!(self, Self::Machines | Self::CrashStack)
    }

    pub(in crate::store) fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.number() == number)
    }
}

impl From<Dimension> for i16 {
    fn from(dimension: Dimension) -> Self {
        dimension.number()
    }
}

impl TryFrom<i16> for Dimension {
    type Error = &'static str;

    fn try_from(number: i16) -> Result<Self, Self::Error> {
        Self::from_number(number).ok_or("not the number of a dimension")
    }
}
