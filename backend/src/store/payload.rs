//! Payloads on the disk: packed by zstd with a dictionary where that is smaller, else as text.
//!
//! A packed payload is the number of its dictionary and a frame of zstd (RFC 8878). Dictionaries are only ever added:
//! what has been packed can be read for ever.

use std::cell::RefCell;
use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::error::{Error, Result};

/// Made by `examples/train-dictionary.rs`. Number 1 is the first.
const DICTIONARIES: [&[u8]; 1] = [include_bytes!("payload-1.zdict")];
/// Higher ones take longer than they save.
const LEVEL: i32 = 1;
/// Shorter ones hardly become smaller.
const MIN_BYTES: usize = 48;
/// What no payload exceeds once it is unpacked, whatever a frame claims.
const MAX_BYTES: usize = 64 << 20;

static ENCODER: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARIES[DICTIONARIES.len() - 1], LEVEL));
static DECODERS: LazyLock<[DecoderDictionary<'static>; DICTIONARIES.len()]> =
    LazyLock::new(|| DICTIONARIES.map(DecoderDictionary::copy));

thread_local! {
    /// Its tables are kept from one payload to the next.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> =
        RefCell::new(Compressor::with_prepared_dictionary(&ENCODER).ok());
    /// With the number of its dictionary.
    static DECOMPRESSOR: RefCell<Option<(u8, Decompressor<'static>)>> = const { RefCell::new(None) };
}

/// Packs a payload with the newest dictionary; none where that would save nothing, or [`unpack`] would refuse it.
pub(super) fn pack(payload: &str) -> Option<Vec<u8>> {
    if !(MIN_BYTES..=MAX_BYTES).contains(&payload.len()) {
        return None;
    }
    COMPRESSOR.with_borrow_mut(|compressor| {
        let mut packed = Vec::with_capacity(1 + zstd::zstd_safe::compress_bound(payload.len()));
        packed.push(u8::try_from(DICTIONARIES.len()).ok()?);
        packed.extend(compressor.as_mut()?.compress(payload.as_bytes()).ok()?);
        (packed.len() < payload.len()).then_some(packed)
    })
}

/// The text of a packed payload.
///
/// # Errors
/// `Internal` when it has been packed by a newer program, or is damaged.
pub(super) fn unpack(packed: &[u8]) -> Result<String> {
    let broken = |what: &str| Error::internal(format!("a packed payload {what}"));
    let (number, frame) = packed.split_first().ok_or_else(|| broken("is empty"))?;
    let dictionary = usize::from(*number).checked_sub(1).and_then(|place| DECODERS.get(place));
    let dictionary = dictionary.ok_or_else(|| broken("has a dictionary that this program does not know"))?;
    let size = zstd::zstd_safe::get_frame_content_size(frame).ok().flatten();
    let size = size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= MAX_BYTES);
    let size = size.ok_or_else(|| broken("has no size"))?;
    let text = DECOMPRESSOR.with_borrow_mut(|kept| {
        if kept.as_ref().is_none_or(|(known, _)| known != number) {
            *kept = Some((*number, Decompressor::with_prepared_dictionary(dictionary)?));
        }
        match kept {
            Some((_, decompressor)) => decompressor.decompress(frame, size),
            None => Ok(Vec::new()),
        }
    });
    String::from_utf8(text.map_err(|_| broken("is damaged"))?).map_err(|_| broken("is no text"))
}

/// A payload as it stands in its two columns.
///
/// # Errors
/// As [`unpack`].
pub(super) fn read(text: String, packed: Option<Vec<u8>>) -> Result<String> {
    packed.map_or(Ok(text), |packed| unpack(&packed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{DemoOptions, fleet};

    #[test]
    fn payloads_come_back_as_they_were() {
        let until = telemetrics_common::Timestamp::from_seconds(1_800_000_000);
        let options = DemoOptions { records: 500, days: 1, seed: 7, until, only_crashes: false };
        let (mut before, mut after) = (0, 0);
        for demo in fleet(&options) {
            let payload = demo.record.payload;
            let packed = pack(&payload);
            before += payload.len();
            after += packed.as_ref().map_or(payload.len(), Vec::len);
            if let Some(packed) = packed {
                assert_eq!(unpack(&packed).unwrap(), payload);
            }
        }
        assert!(after * 2 < before, "{before} bytes became {after}");
    }

    #[test]
    fn what_would_not_become_smaller_stays_text() {
        assert_eq!(pack(""), None);
        assert_eq!(pack("short"), None);
        let noise: String = (0..200_u32).map(|n| char::from(b'!' + (n * 7919 % 89) as u8)).collect();
        let packed = pack(&noise);
        assert!(packed.is_none_or(|packed| packed.len() < noise.len()));
    }

    #[test]
    fn what_could_not_be_unpacked_stays_text() {
        assert_eq!(pack(&"a".repeat(MAX_BYTES + 1)), None);
    }

    #[test]
    fn damage_is_told() {
        let check = |packed: &[u8], message: &str| {
            let Err(Error::Internal(inside)) = unpack(packed) else { panic!("it was unpacked") };
            assert_eq!(inside.to_string(), message);
        };
        check(b"", "a packed payload is empty");
        check(b"\x00abc", "a packed payload has a dictionary that this program does not know");
        check(b"\xffabc", "a packed payload has a dictionary that this program does not know");
        check(b"\x01abc", "a packed payload has no size");
        let mut packed = pack(&"a line of a payload\n".repeat(20)).unwrap();
        packed.truncate(packed.len() - 3);
        check(&packed, "a packed payload is damaged");
    }
}
