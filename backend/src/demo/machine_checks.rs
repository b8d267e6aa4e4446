//! Machine checks and thermal events, in the form of mcelog's report.

use fastrand::Rng;
use telemetrics_common::Timestamp;

use super::draw::{mix, pick};

/// What a bank reports: the upper and lower half of its status, and what mcelog makes of it.
#[derive(Clone, Copy, Default)]
struct Fault {
    bank: u8,
    upper: &'static str,
    lower: &'static str,
    meaning: &'static str,
}

const fn fault(bank: u8, upper: &'static str, lower: &'static str, meaning: &'static str) -> Fault {
    Fault { bank, upper, lower, meaning }
}

const FAULTS: [Fault; 7] = [
    fault(7, "8c000047", "00010090", "MEMORY CONTROLLER RD_CHANNEL0_ERR"),
    fault(7, "8c000048", "00010092", "MEMORY CONTROLLER RD_CHANNEL2_ERR"),
    fault(13, "88000080", "000800c1", "MEMORY CONTROLLER MS_CHANNEL1_ERR"),
    fault(0, "90000040", "000f0005", "Internal parity error"),
    fault(1, "94000040", "00010151", "Instruction CACHE Level-1 Instruction-Fetch Error"),
    fault(2, "94000041", "00100135", "Data CACHE Level-1 Data-Read Error"),
    fault(5, "b2000000", "00000400", "Internal Timer error"),
];

/// An error of memory or processor. A machine has one fault that it keeps reporting.
pub(super) fn error(rng: &mut Rng, machine: u64, corrected: bool, at: Timestamp) -> String {
    let own = pick(&mut Rng::with_seed(mix(machine, 7)), &FAULTS);
    let Fault { bank, upper, lower, meaning } = if rng.u32(0..8) == 0 { pick(rng, &FAULTS) } else { own };
    let cpu = rng.u32(0..32);
    let (tsc, misc, address) = (rng.u64(1 << 40..1 << 48), rng.u32(..), rng.u64(1 << 24..1 << 38));
    format!(
        "Hardware event. This is not a software error.\nMCE {mce}\nCPU {cpu} BANK {bank} TSC {tsc:x}\n\
         MISC {misc:x} ADDR {address:x}\nTIME {time}\nMCG status:\nMCi status:\n{kind} error\n\
         MCi_MISC register valid\nMCi_ADDR register valid\nMCA: {meaning}\nSTATUS {upper}{lower} MCGSTATUS 0\n\
         MCGCAP f000c14 APICID {apic:x} SOCKETID {socket}\nCPUID Vendor Intel Family 6 Model 106\n\n",
        mce = rng.u32(0..3),
        kind = if corrected { "Corrected" } else { "Uncorrected" },
        time = time(at),
        apic = cpu * 2,
        socket = cpu / 16,
    )
}

/// A processor that got too hot.
pub(super) fn thermal(rng: &mut Rng, at: Timestamp) -> String {
    let (cpu, tsc) = (rng.u32(0..16), rng.u64(1 << 40..1 << 46));
    let status = pick(rng, &["880003c3", "88010003", "88340fc3"]);
    format!(
        "Hardware event. This is not a software error.\nMCE 0\nCPU {cpu} THERMAL EVENT TSC {tsc:x}\nTIME {time}\n\
         Processor {cpu} heated above trip temperature. Throttling enabled.\n\
         Please check your system cooling. Performance will be impacted\nSTATUS {status} MCGSTATUS 0\n\
         MCGCAP c0a APICID {apic:x} SOCKETID 0\nCPUID Vendor Intel Family 6 Model 140\n\n",
        time = time(at),
        apic = cpu * 2,
    )
}

/// `1700000000 Tue Nov 14 22:13:20 2023`.
fn time(at: Timestamp) -> String {
    let t = at.date_time();
    let (weekday, month) = (t.weekday().to_string(), t.month().to_string());
    let (hour, minute, second) = t.to_hms();
    format!("{} {weekday:.3} {month:.3} {:2} {hour:02}:{minute:02}:{second:02} {}", at.seconds(), t.day(), t.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_written_as_mcelog_does() {
        assert_eq!(time(Timestamp::from_seconds(1_700_000_000)), "1700000000 Tue Nov 14 22:13:20 2023");
        assert_eq!(time(Timestamp::EPOCH), "0 Thu Jan  1 00:00:00 1970");
    }
}
