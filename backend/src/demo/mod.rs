//! A believable fleet: the records of machines that do not exist, for demonstrations and benchmarks.
//!
//! The same options give the same records. Nothing is kept but small tables, so a million records
//! take no more memory than a hundred.

mod draw;
mod kernel;
mod kinds;
mod machine_checks;
mod machines;
mod payloads;
mod platforms;
mod rhythm;
mod stacks;
mod symbols;
mod systems;

use fastrand::Rng;
use telemetrics_common::Timestamp;
use telemetrics_common::time::MAX_SECONDS;

use crate::ingest::record::NewRecord;
use kernel::Oopses;
use kinds::Kind;
use machines::{Clock, Machine};
use rhythm::Rhythm;
use stacks::Stacks;
use systems::Systems;

/// Which fleet, and how much of it.
#[derive(Clone, Copy, Debug)]
pub struct DemoOptions {
    /// How many records.
    pub records: u64,
    /// Over how many days they come in; at least one.
    pub days: u32,
    /// Chooses the machines and what happens to them.
    pub seed: u64,
    /// When the last of them comes in, about.
    pub until: Timestamp,
    /// Whether the machines report nothing but crashes and what their kernels complain about.
    pub only_crashes: bool,
}

/// A record and when it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoRecord {
    /// What the machine sent.
    pub record: NewRecord,
    /// When the server got it.
    pub received_at: Timestamp,
}

/// The fleet's records, by the time they come in.
pub fn fleet(options: &DemoOptions) -> impl Iterator<Item = DemoRecord> + use<> {
    let rhythm = Rhythm::new(options.until, options.days, options.records);
    Fleet {
        seed: options.seed,
        only_crashes: options.only_crashes,
        machines: (options.records / RECORDS_PER_MACHINE).max(MIN_MACHINES),
        systems: Systems::new(rhythm.start_seconds(), rhythm.end_seconds()),
        stacks: Stacks::new(options.seed),
        oopses: Oopses::new(options.seed),
        rng: Rng::with_seed(draw::mix(options.seed, 0)),
        rhythm,
    }
}

const RECORDS_PER_MACHINE: u64 = 60;
const MIN_MACHINES: u64 = 5;

struct Fleet {
    seed: u64,
    only_crashes: bool,
    machines: u64,
    systems: Systems,
    stacks: Stacks,
    oopses: Oopses,
    rhythm: Rhythm,
    rng: Rng,
}

impl Iterator for Fleet {
    type Item = DemoRecord;

    fn next(&mut self) -> Option<DemoRecord> {
        let received_at = self.rhythm.next(&mut self.rng)?;
        let machine = Machine::of(self.seed, self.rng.u64(0..self.machines));
        let record = self.record(&machine, received_at.seconds());
        Some(DemoRecord { record, received_at })
    }
}

impl Fleet {
    fn record(&mut self, machine: &Machine, received: i64) -> NewRecord {
        let made = received - delay(&mut self.rng);
        let captured = Timestamp::from_seconds(captured_seconds(machine.clock, made));
        let releases = self.systems.releases(machine.system);
        let (release, before) = (releases.at(made - machine.lag), releases.before(made - machine.lag));
        let kind = match self.only_crashes {
            true => Kind::draw_crash(&mut self.rng),
            false => Kind::draw(&mut self.rng, machine, release, before.is_some()),
        };
        let payload = match kind {
            Kind::Crash => self.stacks.payload(&mut self.rng, release.regression),
            Kind::KernelBug | Kind::ClientKernelBug | Kind::KernelWarning => {
                self.oopses.payload(&mut self.rng, kind != Kind::KernelWarning, &release.kernel, &machine.platform)
            }
            Kind::MceCorrected | Kind::MceUcna | Kind::MceSrao => {
                machine_checks::error(&mut self.rng, machine.seed, kind == Kind::MceCorrected, captured)
            }
            Kind::Thermal => machine_checks::thermal(&mut self.rng, captured),
            _ => payloads::other(&mut self.rng, kind, &release.build, &before.unwrap_or(release).build),
        };
        let version = machine.format_version;
        let since = |first: u8, text: &str| if version < first { String::new() } else { text.to_owned() };
        NewRecord {
            record_format_version: version,
            classification: kind.classification().to_owned(),
            severity: kind.severity(&payload),
            machine_id: machine.id_at(made),
            captured_at: captured,
            arch: machine.platform.arch.to_owned(),
            host_type: machine.platform.host_type.to_owned(),
            build: release.build.clone(),
            kernel_version: release.kernel.clone(),
            payload_format_version: if version < 2 { 1 } else { kind.payload_format_version() },
            system_name: since(2, machine.system.name()),
            board_name: since(3, machine.platform.board),
            cpu_model: since(3, machine.platform.cpu),
            bios_version: since(3, machine.platform.bios),
            event_id: if version < 4 { String::new() } else { draw::hex(&mut self.rng) },
            external: machine.external,
            payload,
        }
    }
}

/// Seconds between a record's making and its coming in: mostly a moment, at times a spool's hours.
fn delay(rng: &mut Rng) -> i64 {
    match rng.u32(0..100) {
        0..70 => rng.i64(1..20),
        70..95 => rng.i64(20..900),
        _ => rng.i64(900..72_000),
    }
}

fn captured_seconds(clock: Clock, made: i64) -> i64 {
    let shown = match clock {
        Clock::Right => made,
        // Without a battery it counts from 1970 at every boot.
        Clock::FromEpoch => made.rem_euclid(1_900_000),
        Clock::Ahead { seconds } => made.saturating_add(seconds),
    };
    shown.clamp(0, MAX_SECONDS)
}

#[cfg(test)]
mod tests;
