//! Both wire forms: no bytes break the parser, and what it takes keeps the rules.
#![no_main]

use libfuzzer_sys::fuzz_target;
use telemetrics_backend::ingest::wire::{decode_text, header_form_as_json, parse_header_form, parse_json_form};
use telemetrics_common::classification::is_classification;

fuzz_target!(|data: &[u8]| {
    if let Ok(record) = parse_json_form(data, false) {
        assert!(is_classification(&record.classification));
        assert!((1..=4).contains(&record.severity) && !record.payload.contains('\0'));
    }
    assert!(!decode_text(data.to_vec()).contains('\0'));
    // Headers as lines, then an empty one, then the body.
    let text = String::from_utf8_lossy(data);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let headers = || head.lines().filter_map(|line| line.split_once(": ")).map(|(name, value)| (name, value.as_bytes()));
    let parsed = parse_header_form(headers(), body.as_bytes().to_vec(), true);
    // What goes into quarantine is read there as it was here.
    let again = parse_json_form(header_form_as_json(headers(), body.as_bytes()).as_bytes(), true);
    assert_eq!(parsed.is_ok(), again.is_ok());
    if let (Ok(parsed), Ok(again)) = (parsed, again) {
        assert_eq!(parsed, again);
    }
});
