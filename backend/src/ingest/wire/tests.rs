//! The rules of the wire as examples, and as properties over any input.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Reads the sample in header form with one header set to a value, or left out.
fn parse_with_header(name: &str, value: Option<&[u8]>) -> Result<NewRecord, WireError> {
    let fields = sample::fields(&sample::record());
    let others = fields.iter().filter(|(field, _)| *field != name).map(|(name, value)| (*name, value.as_bytes()));
    parse_header_form(others.chain(value.map(|value| (name, value))), b"hello".to_vec(), false)
}

/// Reads the sample in JSON form with one key set to a value, or left out.
fn parse_with_key(name: &str, value: Option<serde_json::Value>) -> Result<NewRecord, WireError> {
    let mut object = sample::json(&sample::record());
    let map = object.as_object_mut().unwrap();
    map.remove(name);
    map.extend(value.map(|value| (name.to_owned(), value)));
    parse_json_form(object.to_string().as_bytes(), false)
}

fn stored_value(record: &NewRecord, name: &str) -> String {
    let mut fields = sample::fields(record).into_iter();
    fields.find(|(field, _)| *field == name).map(|(_, value)| value).unwrap_or_default()
}

/// The value is taken in both forms and stored so.
#[track_caller]
fn check_stored(name: &str, value: &str, expected: &str) {
    for parsed in [parse_with_header(name, Some(value.as_bytes())), parse_with_key(name, Some(value.into()))] {
        assert_eq!(stored_value(&parsed.unwrap(), name), expected, "{name}: {value:?}");
    }
}

#[track_caller]
fn check_taken(name: &str, values: &[&str]) {
    for value in values {
        check_stored(name, value, value);
    }
}

/// The value is refused in both forms by an error that names the field.
#[track_caller]
fn check_refused(name: &str, values: &[&str]) {
    for value in values {
        for parsed in [parse_with_header(name, Some(value.as_bytes())), parse_with_key(name, Some((*value).into()))] {
            assert_eq!(parsed.unwrap_err().field, name, "{value:?}");
        }
    }
}

#[test]
fn values_that_keep_their_rule_are_taken() {
    let (long, longest) = ("c".repeat(136), "x".repeat(249));
    check_taken("classification", &["org.clearlinux/crash/clr", "a/b/two words", "a/b:c/d", &format!("a/b/{long}")]);
    check_taken("severity", &["1", "2", "3", "4"]);
    check_taken("machine_id", &["x", "rack 7, node 3", "0123456789abcdef0123456789abcdef", &"é".repeat(32)]);
    check_taken("creation_timestamp", &["0", "1795344787", "253402300799"]);
    check_taken("arch", &["x86_64", "loongarch64", "armv7l"]);
    check_taken("host_type", &["", "Dell", "blank|blank|blank", "東芝|ノート|1", &longest]);
    check_taken("build", &["0", "41160"]);
    check_taken("kernel_version", &["6.12.8-1500.native", "6.12.", "5.4.0 #1"]);
    check_taken("payload_format_version", &["0", "1", "2147483647"]);
    check_taken("board_name", &["", "a\tb", &"ü".repeat(199)]);
    check_taken("cpu_model", &["Intel(R)", "blank"]);
    check_taken("bios_version", &["N1MET52W (1.37 )x", "unknown"]);
}

#[test]
fn values_that_break_their_rule_are_refused_by_name() {
    let long = "x".repeat(250);
    check_refused("record_format_version", &["", "0", "5", "+4", "4.0", "four", "99999999999999999999"]);
    check_refused("classification", &["", "a/b", "a/b/c/d", "a//c", "/b/c", &format!("a/b/{}", "c".repeat(137))]);
    check_refused("severity", &["", "0", "5", "-1", "+1", "1.5", "high", "256"]);
    check_refused("machine_id", &["", "  ", &"x".repeat(33)]);
    check_refused("creation_timestamp", &["", "-1", "253402300800", "1e9", "1795344787.5", "2026-11-22"]);
    check_refused("arch", &["", "X86_64", "arm", "x86"]);
    check_refused("host_type", &[&long]);
    check_refused("build", &["", "41160-rc1", "4 1", &"1".repeat(257)]);
    check_refused("kernel_version", &["", "6", "6.12", "6.x.1", ".12.1", "v6.12.1", &format!("6.1.{long}{long}")]);
    check_refused("payload_format_version", &["", "-1", "2147483648", "one"]);
    check_refused("system_name", &["", "\"\"", &"x".repeat(257)]);
    check_refused("board_name", &[&"x".repeat(200), "a\u{7}b", "a\nb"]);
    check_refused("cpu_model", &["a\u{1b}[0m", "a\u{85}b"]);
    check_refused("bios_version", &["a\rb"]);
    check_refused("event_id", &["", "0123", "0123456789ABCDEF0123456789ABCDEF", "0123456789abcdef0123456789abcdeg"]);
}

#[test]
fn what_surrounds_a_value_goes() {
    check_stored("severity", " 3\n", "3");
    check_stored("classification", "\ta/b/c d \r\n", "a/b/c d");
    check_stored("build", "\"12\"", "12");
    check_stored("build", " ' 12\" ", "12");
    check_stored("system_name", "\"clear-linux-os\"", "clear-linux-os");
    check_stored("host_type", "\"quoted\"|x ", "\"quoted\"|x");
    check_stored("cpu_model", "a\0b\0", "a\u{fffd}b\u{fffd}");
}

#[test]
fn a_build_is_digits_only_on_clear_linux() {
    let check = |system: &str, build: &str, expected: Result<&str, &str>| {
        let record = NewRecord { system_name: system.to_owned(), build: build.to_owned(), ..sample::record() };
        let parsed = parse_json_form(sample::json(&record).to_string().as_bytes(), false);
        let outcome = parsed.as_ref().map(|record| record.build.as_str()).map_err(|error| error.field);
        assert_eq!(outcome, expected, "{system} {build}");
    };
    check("clear-linux-os", "41160", Ok("41160"));
    check("clear-linux-os", "1.4.2", Err("build"));
    check("\"clear-linux-os\"", "1.4.2", Err("build"));
    check("clear-linux-os_desktop", "41160", Ok("41160"));
    check("debian", "12.8~rc1+b2:x_y-z", Ok("12.8~rc1+b2:x_y-z"));
    check("debian", "12 (bookworm)", Err("build"));
    check("debian", "zwölf", Err("build"));
}

#[test]
fn a_version_needs_the_fields_of_its_row_and_the_rows_above() {
    let check = |version: u8, needed: &[&str]| {
        let with = NewRecord { record_format_version: version, ..sample::record() };
        let mut missing = Vec::new();
        for (name, _) in sample::fields(&sample::record()) {
            let mut object = sample::json(&with);
            object.as_object_mut().unwrap().remove(name);
            if let Err(error) = parse_json_form(object.to_string().as_bytes(), false) {
                assert_eq!(error.to_string(), format!("{name}: is missing"));
                missing.push(name);
            }
        }
        assert_eq!(missing, needed, "version {version}");
    };
    let of_1 = [
        "record_format_version",
        "classification",
        "severity",
        "machine_id",
        "creation_timestamp",
        "arch",
        "build",
        "kernel_version",
    ];
    let of_2 = [&of_1[..], &["payload_format_version", "system_name"]].concat();
    check(1, &of_1);
    check(2, &of_2);
    check(3, &of_2);
    check(4, &[&of_2[..], &["event_id"]].concat());
}

#[test]
fn fields_of_a_later_version_are_ignored() {
    let record = parse_with_header("record_format_version", Some(b"1")).unwrap();
    let later = [&record.system_name, &record.board_name, &record.cpu_model, &record.bios_version, &record.event_id];
    assert!(later.into_iter().all(String::is_empty));
    assert_eq!(record.payload_format_version, 1);

    let mut object = sample::json(&NewRecord { record_format_version: 2, ..sample::record() });
    object["event_id"] = "not one".into();
    object["cpu_model"] = json!({"cores": 4});
    let record = parse_json_form(object.to_string().as_bytes(), false).unwrap();
    assert_eq!((record.system_name.as_str(), record.cpu_model.as_str()), ("clear-linux-os", ""));
}

#[test]
fn messages_name_the_field_and_the_rule() {
    let check = |name: &str, value: &str, message: &str| {
        assert_eq!(parse_with_header(name, Some(value.as_bytes())).unwrap_err().to_string(), message);
    };
    check("severity", "7", "severity: must be 1, 2, 3 or 4, not \"7\"");
    check(
        "cpu_model",
        "a\u{1b}\"b",
        r#"cpu_model: must be under 200 characters without control characters, not "a\u{1b}\"b""#,
    );
    let shown = "é".repeat(40);
    check("machine_id", &"é".repeat(41), &format!("machine_id: must be 1 to 32 characters, not \"{shown}…\""));
}

#[test]
fn header_names_come_in_any_writing_and_the_first_counts() {
    let check = |names: [&str; 2], severity: u8| {
        let values: [&[u8]; 2] = [b"3", b"4"];
        let fields = sample::fields(&sample::record());
        let others = fields.iter().filter(|(name, _)| *name != "severity" && *name != "machine_id");
        let headers = others.map(|(name, value)| (name.to_uppercase().replace('_', "-"), value.clone()));
        let headers: Vec<_> = headers.chain([("Machine_Id".to_owned(), "m".to_owned())]).collect();
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let record = parse_header_form(headers.chain(names.into_iter().zip(values)), Vec::new(), true).unwrap();
        assert_eq!((record.severity, record.machine_id.as_str(), record.external), (severity, "m", true));
    };
    check(["severity", "Severity"], 3);
    check(["X-Severity", "SEVERITY"], 4);
}

#[test]
fn metadata_among_the_headers_are_recognized() {
    let check = |names: &[&str], expected: bool| assert_eq!(has_metadata(names.iter().copied()), expected, "{names:?}");
    check(&["host", "Creation-Timestamp"], true);
    check(&["record_format_version"], true);
    check(&["host", "content-type", "x-telemetry-tid", "build-id", "builds"], false);
    check(&[], false);
}

#[test]
fn the_version_is_known_before_the_rest() {
    let check = |value: &[u8], expected: Option<u8>| {
        assert_eq!(header_form_version([("Record-Format-Version", value)].into_iter()), expected);
    };
    check(b"1", Some(1));
    check(b" 4 ", Some(4));
    check(b"5", None);
    check(b"", None);
    assert_eq!(header_form_version(std::iter::empty()), None);
}

#[test]
fn json_values_are_texts_or_numbers() {
    let taken = |name: &str, value: serde_json::Value, expected: &str| {
        assert_eq!(stored_value(&parse_with_key(name, Some(value)).unwrap(), name), expected);
    };
    taken("severity", json!(3), "3");
    taken("severity", json!(3.0), "3");
    taken("record_format_version", json!(4), "4");
    taken("creation_timestamp", json!(253_402_300_799_i64), "253402300799");
    taken("build", json!(41_170), "41170");
    taken("host_type", json!(null), "");
    let refused = |name: &str, value: serde_json::Value, message: &str| {
        assert_eq!(parse_with_key(name, Some(value)).unwrap_err().to_string(), message);
    };
    refused("severity", json!(-3), "severity: must be 1, 2, 3 or 4, not \"-3\"");
    refused("severity", json!(2.5), "severity: must be 1, 2, 3 or 4, not \"2.5\"");
    refused("severity", json!(null), "severity: is missing");
    refused("build", json!(true), "build: must be a text or a number, not true or false");
    refused("host_type", json!([[1], 2]), "host_type: must be a text or a number, not an array");
    refused("payload", json!({"a": {"b": 1}}), "payload: must be a text, not an object");
    refused("payload", json!(null), "payload: is missing");
}

#[test]
fn the_payload_is_kept_as_it_came() {
    let check = |payload: serde_json::Value, expected: &str| {
        assert_eq!(parse_with_key("payload", Some(payload)).unwrap().payload, expected);
    };
    check(json!(""), "");
    check(json!("\n a \r\n\u{b}\t\u{1f}\u{7f}\n\n"), "\n a \r\n\u{b}\t\u{1f}\u{7f}\n\n");
    check(json!("quote \" backslash \\ <script>"), "quote \" backslash \\ <script>");
    check(json!("a\0b"), "a\u{fffd}b");
    check(json!(17), "17");
}

#[test]
fn text_is_utf_8_or_latin_1_without_nul() {
    let check = |bytes: &[u8], expected: &str| assert_eq!(decode_text(bytes.to_vec()), expected);
    check("Modèle 東".as_bytes(), "Modèle 東");
    check(b"Mod\xe8le \xff", "Modèle ÿ");
    check(b"a\0", "a\u{fffd}");
    assert_eq!(parse_with_header("host_type", Some(b"Mod\xe8le|\xfcber")).unwrap().host_type, "Modèle|über");
}

/// The sample as JSON with one piece of its bytes replaced.
fn json_with(from: &str, to: &[u8]) -> Vec<u8> {
    let text = sample::json(&sample::record()).to_string();
    let (before, after) = text.split_once(from).unwrap();
    [before.as_bytes(), to, after.as_bytes()].concat()
}

#[test]
fn bytes_from_the_firmware_come_raw_into_the_json() {
    let check = |to: &[u8], expected: &str| {
        let record = parse_json_form(&json_with("Kestrel Works|K-200|rev 3", to), false).unwrap();
        assert_eq!(record.host_type, expected);
    };
    check(b"Mod\xe8le", "Modèle");
    check(b"a\tb\x01c\x1f|", "a\tb\u{1}c\u{1f}|");
    check(b"a\0b", "a\u{fffd}b");
    check(b"a\\\nb", "a\\\nb");
    check(b"\\\\\x02\\\"", "\\\u{2}\"");
}

#[test]
fn control_characters_outside_of_strings_are_blank() {
    let mut body = json_with("\"severity\"", b"\x0b\r\n\t\"severity\"");
    body.extend(b"\0\n\0");
    assert_eq!(parse_json_form(&body, false), Ok(sample::record()));
}

#[test]
fn keys_may_be_unknown_or_there_twice() {
    let body = json_with("\"severity\"", br#""more":{"a":[1,{"b":null}]},"severity":2,"Severity":3,"severity""#);
    assert_eq!(parse_json_form(&body, false).unwrap().severity, 1);
}

#[test]
fn a_body_that_is_no_json_object_is_named_so() {
    let check = |body: &str, message: &str| {
        assert_eq!(parse_json_form(body.as_bytes(), false).unwrap_err().to_string(), message);
    };
    check("", "body: is not valid JSON at line 1, column 0");
    check("hello", "body: is not valid JSON at line 1, column 1");
    check("{\n\"severity\":\"1\",}", "body: is not valid JSON at line 2, column 16");
    check("{} {}", "body: is not valid JSON at line 1, column 4");
    check("[1, 2]", "body: must be a JSON object");
    check("\"text\"", "body: must be a JSON object");
    check("null", "body: must be a JSON object");
    check("{}", "payload: is missing");
    let deep = "[".repeat(100_000);
    assert_eq!(parse_json_form(format!("{{\"severity\":{deep}").as_bytes(), false).unwrap_err().field, "body");
}

#[test]
fn a_header_form_can_be_kept_as_json() {
    let headers: [(&str, &[u8]); 5] =
        [("Host", b"x"), ("Severity", b"9"), ("severity", b"1"), ("host-type", b"Mod\xe8le"), ("build", b" \"1\0\" ")];
    let json = header_form_as_json(headers.into_iter(), b"a\0\n\"b\" \xfc");
    assert_eq!(json, r#"{"severity":"9","host_type":"Modèle","build":" \"1\u0000\" ","payload":"a\u0000\n\"b\" ü"}"#);
}

fn borrowed(headers: &[(String, Vec<u8>)]) -> impl Iterator<Item = (&str, &[u8])> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
}

proptest! {
    #[test]
    fn no_bytes_panic(body: Vec<u8>, headers in sample::any_headers()) {
        let _ = decode_text(body.clone());
        let _ = parse_json_form(&body, false);
        let _ = header_form_version(borrowed(&headers));
        let parsed = parse_header_form(borrowed(&headers), body.clone(), false);
        let kept = header_form_as_json(borrowed(&headers), &body);
        prop_assert_eq!(parse_json_form(kept.as_bytes(), false), parsed);
    }

    #[test]
    fn no_change_to_a_valid_body_panics(place in 0..2000_usize, bytes: Vec<u8>) {
        let mut body = sample::json(&sample::record()).to_string().into_bytes();
        let place = place.min(body.len());
        let end = (place + bytes.len()).min(body.len());
        body.splice(place..end, bytes);
        let _ = parse_json_form(&body, false);
    }

    #[test]
    fn a_valid_record_comes_back_from_both_forms(record in sample::any_record()) {
        let json = sample::json(&record).to_string().into_bytes();
        prop_assert_eq!(parse_json_form(&json, record.external), Ok(record.clone()));
        let fields = sample::fields(&record);
        let headers = || fields.iter().map(|(name, value)| (*name, value.as_bytes()));
        let payload = record.payload.clone().into_bytes();
        let kept = header_form_as_json(headers(), &payload).into_bytes();
        prop_assert_eq!(parse_json_form(&kept, record.external), Ok(record.clone()));
        prop_assert_eq!(parse_header_form(headers(), payload, record.external), Ok(record));
    }

    #[test]
    fn raw_control_characters_read_like_escaped_ones(payload in "[\\x00-\\x1fa-c\"\\\\]{0,40}") {
        let escaped = sample::json(&NewRecord { payload, ..sample::record() }).to_string();
        let mut raw = escaped.replace("\\n", "\n").replace("\\t", "\t");
        for code in 0..0x20_u8 {
            raw = raw.replace(&format!("\\u{code:04x}"), &char::from(code).to_string());
        }
        // A replaced `\n` may have been the end of `\\` and a letter: only then the two differ.
        prop_assume!(!escaped.contains("\\\\n") && !escaped.contains("\\\\t") && !escaped.contains("\\\\u"));
        prop_assert_eq!(parse_json_form(raw.as_bytes(), false), parse_json_form(escaped.as_bytes(), false));
    }
}
