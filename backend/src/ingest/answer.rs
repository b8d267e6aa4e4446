//! What a sender is told of a record that is stored: the record, as
//! [`LegacyRecord`](telemetrics_common::legacy::LegacyRecord) has it. Each record that comes in goes out again in this form,
//! so it is written by hand: a general writer looks at one byte after the other.

use std::fmt::Display;
use std::io::Write;

use super::record::NewRecord;
use crate::store::insert::Stored;

/// Room for everything but the payload.
const ROOM: usize = 1024;

/// The JSON of a record.
pub(super) fn json(stored: Stored, record: &NewRecord) -> Vec<u8> {
    let mut object = Object(Vec::with_capacity(record.payload.len() + record.payload.len() / 8 + ROOM));
    object.value("{\"id\":", stored.id);
    object.text(",\"machine_id\":", &record.machine_id);
    object.text(",\"machine_type\":", &record.host_type);
    object.text(",\"arch\":", &record.arch);
    object.text(",\"build\":", &record.build);
    object.text(",\"kernel_version\":", &record.kernel_version);
    object.text(",\"ts_capture\":", &record.captured_at.to_older_format());
    object.text(",\"ts_reception\":", &stored.received_at.to_older_format());
    object.value(",\"severity\":", record.severity);
    object.text(",\"classification\":", &record.classification);
    object.value(",\"record_format_version\":", record.record_format_version);
    object.value(",\"payload_format_version\":", record.payload_format_version);
    object.text(",\"system_name\":", &record.system_name);
    object.text(",\"payload\":", &record.payload);
    object.text(",\"board_name\":", &record.board_name);
    object.text(",\"bios_version\":", &record.bios_version);
    object.text(",\"cpu_model\":", &record.cpu_model);
    object.text(",\"event_id\":", &record.event_id);
    object.value(",\"external\":", record.external);
    object.0.push(b'}');
    object.0
}

/// An object on its way.
struct Object(Vec<u8>);

impl Object {
    /// Adds what is written in JSON as it is shown.
    fn value(&mut self, before: &str, value: impl Display) {
        self.0.extend_from_slice(before.as_bytes());
        // A vector takes everything.
        let _ = write!(self.0, "{value}");
    }

    fn text(&mut self, before: &str, text: &str) {
        self.0.extend_from_slice(before.as_bytes());
        self.0.push(b'"');
        self.escaped(text.as_bytes());
        self.0.push(b'"');
    }

    /// Adds a text as it stands between quotes (RFC 8259, section 7).
    fn escaped(&mut self, text: &[u8]) {
        let mut rest = text;
        loop {
            let (plain, special) = rest.split_at(plain_bytes(rest));
            self.0.extend_from_slice(plain);
            let Some((byte, after)) = special.split_first() else { return };
            match byte {
                b'"' | b'\\' => self.0.extend_from_slice(&[b'\\', *byte]),
                b'\n' => self.0.extend_from_slice(b"\\n"),
                b'\t' => self.0.extend_from_slice(b"\\t"),
                _ => self.value("", format_args!("\\u{byte:04x}")),
            }
            rest = after;
        }
    }
}

/// How many bytes there are before the first that may not stand in JSON as it is.
fn plain_bytes(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks();
    for (number, word) in words.iter().enumerate() {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return number * size_of::<u64>() + special.trailing_zeros() as usize / 8;
        }
    }
    let is_special = |byte: &u8| *byte < b' ' || matches!(*byte, b'"' | b'\\');
    text.len() - rest.len() + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// Eight bytes at once: the high bit of the lowest one that is special is the lowest bit set
/// (<https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>).
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let below = |word: u64, bound: u8| word.wrapping_sub(ONES * u64::from(bound)) & !word;
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, b' ') | is(b'"') | is(b'\\')) & HIGH
}

#[cfg(test)]
mod tests {
    use telemetrics_common::Timestamp;
    use telemetrics_common::legacy::LegacyRecord;

    use super::*;
    use crate::ingest::wire::sample;
    use crate::store::records::StoredRecord;

    /// What is written must be what the type's own writer writes.
    #[track_caller]
    fn check(record: NewRecord) {
        let stored = Stored { id: 17, received_at: Timestamp::from_seconds(1_795_420_800), resend: false };
        let written: LegacyRecord = serde_json::from_slice(&json(stored, &record)).unwrap();
        let whole = StoredRecord { id: 17, received_at: stored.received_at, record, stack_id: None, guilty: None };
        assert_eq!(written, whole.into_legacy());
    }

    #[test]
    fn it_is_the_record() {
        check(sample::record());
        check(NewRecord { external: true, payload: String::new(), severity: 4, ..sample::record() });
    }

    #[test]
    fn every_character_comes_through() {
        for c in ('\0'..='\u{17f}').chain(['\u{2028}', '\u{fffd}', '\u{1f4a9}']) {
            for before in 0..10 {
                let payload = format!("{}{c}\nbehind it", "x".repeat(before));
                check(NewRecord { payload, ..sample::record() });
            }
        }
    }
}
