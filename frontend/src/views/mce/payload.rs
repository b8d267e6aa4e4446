//! What a machine check says, in words.

/// Bits of `MCi_STATUS` and what they mean (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 3B,
/// 17.3.2.2).
const FLAGS: [(u32, &str); 7] = [
    (61, "uncorrected"),
    (57, "the processor's state is corrupt"),
    (56, "signalled by a machine check"),
    (55, "the program must be ended or recover"),
    (62, "an earlier error was overwritten"),
    (59, "MISC is valid"),
    (58, "the address is valid"),
];

/// The word behind a name, anywhere in the payload: `CPU 2 BANK 5`.
fn word<'a>(payload: &'a str, name: &str) -> Option<&'a str> {
    payload.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace().skip_while(|word| *word != name);
        words.nth(1)
    })
}

fn rest<'a>(payload: &'a str, name: &str) -> Option<&'a str> {
    payload.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim)
}

/// The lines that `mcelog` writes, as facts.
pub(super) fn facts(payload: &str) -> Vec<(String, String)> {
    let hex = |value: &str| format!("0x{value}");
    let status = word(payload, "STATUS");
    let meaning = status.and_then(|status| u64::from_str_radix(status, 16).ok()).map(flags);
    let facts = [
        ("Error", rest(payload, "MCA:").map(str::to_owned)),
        ("Status", status.map(hex)),
        ("Which says", meaning.filter(|meaning| !meaning.is_empty())),
        ("CPU", word(payload, "CPU").map(str::to_owned)),
        ("Socket", word(payload, "SOCKETID").map(str::to_owned)),
        ("Bank", word(payload, "BANK").map(str::to_owned)),
        ("Address", word(payload, "ADDR").map(hex)),
        ("Processor", rest(payload, "CPUID").map(str::to_owned)),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A status of fewer than 64 bits is a thermal one, which has other bits.
fn flags(status: u64) -> String {
    const VALID: u32 = 63;
    if status >> VALID == 0 {
        return String::new();
    }
    let set: Vec<&str> = FLAGS.into_iter().filter(|(bit, _)| status >> bit & 1 == 1).map(|(_, text)| text).collect();
    set.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_check_in_words() {
        let payload = "Hardware event. This is not a software error.\nMCE 0\nCPU 2 BANK 5 TSC 1a2b\n\
                       MISC 38a0 ADDR fef1ce40\nMCA: Internal parity error\nSTATUS bd20004000010005 MCGSTATUS 0\n\
                       MCGCAP c09 APICID 4 SOCKETID 1\nCPUID Vendor Intel Family 6 Model 142\n";
        let expected = [
            ("Error", "Internal parity error"),
            ("Status", "0xbd20004000010005"),
            ("Which says", "uncorrected, signalled by a machine check, MISC is valid, the address is valid"),
            ("CPU", "2"),
            ("Socket", "1"),
            ("Bank", "5"),
            ("Address", "0xfef1ce40"),
            ("Processor", "Vendor Intel Family 6 Model 142"),
        ];
        assert_eq!(facts(payload), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn thermal_statuses_have_other_bits() {
        let facts = facts("MCE 0\nCPU 1 THERMAL EVENT TSC 6a0\nSTATUS 880003c3 MCGSTATUS 0\n");
        let names: Vec<&str> = facts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Status", "CPU"]);
    }

    #[test]
    fn other_texts_say_nothing() {
        assert_eq!(facts("STATUS"), []);
        assert_eq!(facts("hello"), []);
    }
}
