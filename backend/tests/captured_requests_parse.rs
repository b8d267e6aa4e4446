//! Whole requests through the wire parser: the project's own, and those captured from real clients
//! where they are at hand.
#![cfg(test)]

use std::path::Path;

use captured::captured_requests;
use fixtures::{Request, files, own_requests};
use telemetrics_backend::ingest::record::NewRecord;
use telemetrics_backend::ingest::wire::{self, WireError};
use telemetrics_common::collector::{EXTERNAL_HEADER, HEADER_FORM_PATH, JSON_FORM_PATH, TELEMETRY_ID_HEADER};

#[path = "support/captured.rs"]
mod captured;
mod fixtures;

fn parse(request: &Request) -> Result<NewRecord, WireError> {
    let external = request.header(EXTERNAL_HEADER) == Some(b"true");
    match request.path.as_str() {
        HEADER_FORM_PATH => {
            assert!(wire::has_metadata(request.headers().map(|(name, _)| name)));
            wire::parse_header_form(request.headers(), request.body.clone(), external)
        }
        JSON_FORM_PATH => {
            assert!(!wire::has_metadata(request.headers().map(|(name, _)| name)));
            wire::parse_json_form(&request.body, external)
        }
        other => panic!("no collector: {other}"),
    }
}

fn parse_own(name: &str) -> Result<NewRecord, WireError> {
    parse(&Request::read(&own_requests().join(name)))
}

#[test]
fn valid_requests_become_records() {
    let check = |name: &str, classification: &str, host_type: &str, build: &str, payload: &str| {
        let record = parse_own(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let outcome = (record.classification.as_str(), record.host_type.as_str(), record.build.as_str());
        assert_eq!(outcome, (classification, host_type, build), "{name}");
        assert!(record.payload.starts_with(payload), "{name}: {:?}", record.payload);
    };
    let (heartbeat, platform) = ("org.clearlinux/heartbeat/ping", "Kestrel Works|K-200|rev 3");
    check("header/heartbeat.http", heartbeat, platform, "41200", "hello\n\n");
    check(
        "header/crash.http",
        "org.clearlinux/crash/clr",
        platform,
        "41200",
        "Process: /usr/bin/tidemark\nPID: 4071\n",
    );
    check("header/version_1_without_telemetry_id.http", heartbeat, platform, "12.4", "first words\n\n");
    check("header/names_with_dashes.http", "com.example/app/two words", platform, "15.6", "a: b\n\tc\n\n");
    check("header/latin_1.http", heartbeat, "Fabriqué|Modèle é|v2", "41200", "température élevée\n\n");
    check("header/silent_firmware.http", heartbeat, "", "0", "hello\n\n");
    check("json/heartbeat.http", heartbeat, "Kestrel", "41200", "hello\n\n");
    check("json/kernel_bug.http", "org.clearlinux/kernel/bug", platform, "41200", "Crash Report:\nReason: BUG:");
    check("json/update_with_numbers.http", "org.clearlinux/swupd-client/update", platform, "41200", "PACKAGE_NAME=");
    check("json/latin_1_firmware.http", heartbeat, "Fabriqué|Modèle|v2", "13", "hello\n\n");
    check("json/raw_control_characters.http", heartbeat, "Kestrel\u{2}|K\u{fffd}200|", "41200", "a\tb\u{b}\n\n");
}

#[test]
fn invalid_requests_are_named_by_what_is_wrong() {
    let check = |name: &str, message: &str| assert_eq!(parse_own(name).unwrap_err().to_string(), message, "{name}");
    check("header/invalid_build.http", "build: must be digits only on clear-linux-os, at most 256, not \"41200-rc1\"");
    check(
        "json/cut_classification.http",
        "classification: must be DOMAIN/PROBE/REST, three parts, at most 140 characters, not \"com.example/app\"",
    );
    check("json/without_payload.http", "payload: is missing");
    let broken_off = parse_own("json/broken_off.http").unwrap_err().to_string();
    assert!(broken_off.starts_with("body: is not valid JSON at line 1, column "), "{broken_off}");
}

#[test]
fn the_external_mark_is_kept() {
    assert!(parse_own("json/update_with_numbers.http").unwrap().external);
    assert!(!parse_own("json/heartbeat.http").unwrap().external);
}

/// A header-form request that is kept as JSON reads as the same record, or breaks the same rule.
#[test]
fn a_kept_header_form_reads_the_same() {
    for file in files(&own_requests().join("header")) {
        let request = Request::read(&file);
        let kept = wire::header_form_as_json(request.headers(), &request.body);
        let external = request.header(EXTERNAL_HEADER).is_some();
        assert_eq!(wire::parse_json_form(kept.as_bytes(), external), parse(&request), "{}", file.display());
    }
}

/// The names of the captured requests that do not become records; checks what all of them have in common.
fn refused(folder: &Path) -> Vec<String> {
    let mut refused = Vec::new();
    let files = files(folder);
    assert!(!files.is_empty());
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let request = Request::read(&file);
        assert!(request.header(TELEMETRY_ID_HEADER).is_some(), "{name}");
        match parse(&request) {
            Ok(record) => {
                assert_eq!(record.record_format_version, 4, "{name}");
                assert!(!record.build.contains('"') && !record.system_name.contains('"'), "{name}");
                assert!(record.payload.ends_with('\n'), "{name}");
            }
            Err(error) => refused.push(format!("{name}: {error}")),
        }
    }
    refused
}

#[test]
fn captured_header_requests_become_records() {
    let Some(folder) = captured_requests().map(|folder| folder.join("header")) else { return };
    assert_eq!(refused(&folder), [""; 0]);
    let two_words = parse(&Request::read(&folder.join("gen_class_with_space.http"))).unwrap();
    assert_eq!(two_words.classification, "org.clearlinux/test/two words");
}

/// The client cuts values at their first space; what is left keeps the rules in all of these.
#[test]
fn captured_json_requests_become_records() {
    let Some(folder) = captured_requests().map(|folder| folder.join("json")) else { return };
    assert_eq!(refused(&folder), [""; 0]);
    let read = |name: &str| parse(&Request::read(&folder.join(name))).unwrap();
    assert_eq!(read("gen_class_with_space.http").classification, "org.clearlinux/test/two");
    assert_eq!(read("fakehw_latin.http").host_type, "Société|Modèle|v1");
    assert_eq!(read("fakehw_server.http").system_name, "opensuse-leap");
}
