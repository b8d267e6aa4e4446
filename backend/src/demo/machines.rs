//! The machines: each one's traits follow from the fleet's seed and its number.

use fastrand::Rng;

use super::draw::{hex, mix, percent, weighted};
use super::platforms::{BOARDS, COMPUTERS, Platform};
use super::systems::System;

const DAY: i64 = 86_400;
/// How long a client keeps its machine id, in seconds.
const ID_LIFE: i64 = 3 * DAY;

/// What a machine's clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Right,
    /// Starts at 1970 with every boot.
    FromEpoch,
    Ahead {
        seconds: i64,
    },
}

/// How a machine fares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Health {
    #[default]
    Good,
    /// Its memory or processor reports errors all the time.
    FaultyHardware,
    /// Its programs crash more than elsewhere.
    Troubled,
}

/// A machine of the fleet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Machine {
    pub(super) seed: u64,
    number: u64,
    pub(super) system: System,
    pub(super) platform: Platform,
    pub(super) external: bool,
    pub(super) clock: Clock,
    pub(super) health: Health,
    /// Seconds from a release until it runs here.
    pub(super) lag: i64,
    /// What its client speaks.
    pub(super) format_version: u8,
    /// Whether its id is a name that somebody chose, and stays.
    has_name: bool,
}

const SYSTEMS: [(u32, System); 5] =
    [(52, System::Clear), (17, System::Debian), (12, System::Fedora), (11, System::Tumbleweed), (8, System::Harbor)];
const HEALTHS: [(u32, Health); 3] = [(91, Health::Good), (5, Health::FaultyHardware), (4, Health::Troubled)];
const FORMAT_VERSIONS: [(u32, u8); 4] = [(95, 4), (3, 3), (1, 2), (1, 1)];

impl Machine {
    /// A machine by its number in the fleet of a seed.
    pub(super) fn of(fleet: u64, number: u64) -> Self {
        let seed = mix(fleet, number.wrapping_add(1));
        let mut rng = Rng::with_seed(seed);
        let system = weighted(&mut rng, &SYSTEMS);
        let platform = weighted(&mut rng, if system == System::Harbor { &BOARDS } else { &COMPUTERS });
        Self {
            seed,
            number,
            system,
            platform,
            external: percent(&mut rng, 30),
            clock: clock(&mut rng),
            health: health(&mut rng, &platform),
            lag: lag(&mut rng) * system.reluctance(),
            format_version: weighted(&mut rng, &FORMAT_VERSIONS).max(1),
            has_name: rng.u32(0..200) == 0,
        }
    }

    /// The id at a time in seconds since 1970: a new one every three days, not for all on the same day.
    pub(super) fn id_at(&self, seconds: i64) -> String {
        if self.has_name {
            return format!("rack {}, node {}", 1 + self.number / 40 % 100, 1 + self.number % 40);
        }
        let shift = i64::try_from(self.seed >> 40).unwrap_or_default() % ID_LIFE;
        let period = (seconds + shift).div_euclid(ID_LIFE);
        hex(&mut Rng::with_seed(mix(self.seed, period.cast_unsigned())))
    }
}

fn clock(rng: &mut Rng) -> Clock {
    match rng.u32(0..200) {
        0..2 => Clock::FromEpoch,
        2 => Clock::Ahead { seconds: rng.i64(2..12) * 365 * DAY },
        3..5 => Clock::Ahead { seconds: rng.i64(1..30) * DAY },
        _ => Clock::Right,
    }
}

fn health(rng: &mut Rng, platform: &Platform) -> Health {
    match weighted(rng, &HEALTHS) {
        Health::FaultyHardware if !platform.reports_machine_checks() => Health::Good,
        health => health,
    }
}

fn lag(rng: &mut Rng) -> i64 {
    match rng.u32(0..100) {
        0..50 => rng.i64(0..DAY),
        50..80 => rng.i64(DAY..4 * DAY),
        80..95 => rng.i64(4 * DAY..12 * DAY),
        // Forgotten in a corner.
        _ => rng.i64(12 * DAY..90 * DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_lives_three_days() {
        let machine = (0..).map(|number| Machine::of(1, number)).find(|machine| !machine.has_name).unwrap();
        let days: Vec<_> = (0..300).map(|hour| machine.id_at(1_790_000_000 + hour * 3600)).collect();
        let mut ids = days.clone();
        ids.dedup();
        assert!((4..=6).contains(&ids.len()));
        assert!(ids.iter().all(|id| id.len() == 32));
        assert!(ids.iter().skip(1).all(|id| id != &ids[0]));
    }

    #[test]
    fn about_a_third_is_external() {
        let external = (0..1000).filter(|&number| Machine::of(7, number).external).count();
        assert!((250..350).contains(&external), "{external}");
    }
}
