//! What happens on a machine, and how often.

use fastrand::Rng;
use telemetrics_common::classification::{
    CRASH, CRASH_UNKNOWN, HEARTBEAT, HELLO, KERNEL_BUG, KERNEL_WARNING, MCE_CORRECTED, THERMAL, UPDATE,
};

use super::draw::{percent, weighted};
use super::machines::{Health, Machine};
use super::systems::{Release, System};

/// A kind of record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Heartbeat,
    Hello,
    Update,
    BundleAdd,
    Verify,
    Crash,
    CrashUnknown,
    CrashError,
    KernelBug,
    KernelWarning,
    /// Under the name that the client gives some of them.
    ClientKernelBug,
    MceCorrected,
    MceUcna,
    MceSrao,
    Thermal,
    /// From a program that is not part of the system.
    Application,
}

const USUAL: [(u32, Kind); 15] = [
    (520, Kind::Heartbeat),
    (25, Kind::Hello),
    (85, Kind::Update),
    (25, Kind::BundleAdd),
    (15, Kind::Verify),
    (195, Kind::Crash),
    (22, Kind::CrashUnknown),
    (6, Kind::CrashError),
    (12, Kind::KernelBug),
    (45, Kind::KernelWarning),
    (5, Kind::ClientKernelBug),
    (5, Kind::MceCorrected),
    (1, Kind::MceUcna),
    (12, Kind::Thermal),
    (34, Kind::Application),
];
const FAULTY_HARDWARE: [(u32, Kind); 6] = [
    (300, Kind::Heartbeat),
    (50, Kind::Crash),
    (20, Kind::KernelBug),
    (560, Kind::MceCorrected),
    (55, Kind::MceUcna),
    (25, Kind::MceSrao),
];
const TROUBLED: [(u32, Kind); 5] = [
    (400, Kind::Heartbeat),
    (460, Kind::Crash),
    (40, Kind::CrashUnknown),
    (40, Kind::KernelBug),
    (60, Kind::KernelWarning),
];
/// Those with a backtrace, as often as they usually are.
const CRASHES: [(u32, Kind); 4] =
    [(195, Kind::Crash), (12, Kind::KernelBug), (45, Kind::KernelWarning), (5, Kind::ClientKernelBug)];

impl Kind {
    /// What a machine with a release reports; it can tell of an update when it had a release before.
    pub(super) fn draw(rng: &mut Rng, machine: &Machine, release: &Release, was_updated: bool) -> Self {
        if release.regression.is_some() && percent(rng, 12) {
            return Self::Crash;
        }
        if machine.platform.runs_hot && percent(rng, 2) {
            return Self::Thermal;
        }
        let kind = match machine.health {
            Health::Good => weighted(rng, &USUAL),
            Health::FaultyHardware => weighted(rng, &FAULTY_HARDWARE),
            Health::Troubled => weighted(rng, &TROUBLED),
        };
        let is_possible = match kind {
            Self::Update => machine.system == System::Clear && was_updated,
            Self::BundleAdd | Self::Verify => machine.system == System::Clear,
            Self::MceCorrected | Self::MceUcna | Self::Thermal => machine.platform.reports_machine_checks(),
            _ => true,
        };
        if is_possible { kind } else { Self::Heartbeat }
    }

    /// What a machine reports when it reports nothing but crashes.
    pub(super) fn draw_crash(rng: &mut Rng) -> Self {
        weighted(rng, &CRASHES)
    }

    pub(super) fn classification(self) -> &'static str {
        match self {
            Self::Heartbeat => HEARTBEAT,
            Self::Hello => HELLO,
            Self::Update => UPDATE,
            Self::BundleAdd => "org.clearlinux/swupd-client/bundleadd",
            Self::Verify => "org.clearlinux/swupd-client/verify",
            Self::Crash => CRASH,
            Self::CrashUnknown => CRASH_UNKNOWN,
            Self::CrashError => "org.clearlinux/crash/error",
            Self::KernelBug => KERNEL_BUG,
            Self::KernelWarning => KERNEL_WARNING,
            Self::ClientKernelBug => "crash/kernel/bug",
            Self::MceCorrected => MCE_CORRECTED,
            Self::MceUcna => "org.clearlinux/mce/UCNA",
            Self::MceSrao => "org.clearlinux/mce/SRAO",
            Self::Thermal => THERMAL,
            Self::Application => "com.quayside/agent/restart",
        }
    }

    /// As the client's probes rate it; an update that failed is critical.
    pub(super) fn severity(self, payload: &str) -> u8 {
        match self {
            Self::Heartbeat | Self::Hello | Self::Application => 1,
            Self::Update if !payload.contains("\nresult=0\n") => 4,
            Self::Update | Self::BundleAdd | Self::Verify | Self::CrashUnknown => 2,
            Self::KernelWarning | Self::ClientKernelBug | Self::MceCorrected => 2,
            Self::Crash | Self::Thermal => 3,
            Self::CrashError | Self::KernelBug | Self::MceUcna | Self::MceSrao => 4,
        }
    }

    pub(super) fn payload_format_version(self) -> u32 {
        if matches!(self, Self::Update | Self::BundleAdd | Self::Verify) { 2 } else { 1 }
    }
}
