//! Valid records for tests, and how they look on the wire.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use telemetrics_common::Timestamp;
use telemetrics_common::time::MAX_SECONDS;

use crate::ingest::record::NewRecord;

/// A valid record of version 4 with every field set, to be changed by a test.
pub(crate) fn record() -> NewRecord {
    NewRecord {
        record_format_version: 4,
        classification: "org.clearlinux/heartbeat/ping".to_owned(),
        severity: 1,
        machine_id: "00112233445566778899aabbccddeeff".to_owned(),
        captured_at: Timestamp::from_seconds(1_795_000_000),
        arch: "x86_64".to_owned(),
        host_type: "Kestrel Works|K-200|rev 3".to_owned(),
        build: "41200".to_owned(),
        kernel_version: "6.12.8-1500.native".to_owned(),
        payload_format_version: 1,
        system_name: "clear-linux-os".to_owned(),
        board_name: "KW-MB7|Kestrel Works".to_owned(),
        cpu_model: "Kestrel(R) K7 CPU @ 2.40GHz".to_owned(),
        bios_version: "KW.1.07".to_owned(),
        event_id: "0123456789abcdef0123456789abcdef".to_owned(),
        external: false,
        payload: "hello\n\n".to_owned(),
    }
}

/// Names and values on the wire, in the fields' order; those that the record's version does not have are left out.
pub(crate) fn fields(record: &NewRecord) -> Vec<(&'static str, String)> {
    let version = record.record_format_version;
    let all = [
        (1, "record_format_version", version.to_string()),
        (1, "classification", record.classification.clone()),
        (1, "severity", record.severity.to_string()),
        (1, "machine_id", record.machine_id.clone()),
        (1, "creation_timestamp", record.captured_at.seconds().to_string()),
        (1, "arch", record.arch.clone()),
        (1, "host_type", record.host_type.clone()),
        (1, "build", record.build.clone()),
        (1, "kernel_version", record.kernel_version.clone()),
        (2, "payload_format_version", record.payload_format_version.to_string()),
        (2, "system_name", record.system_name.clone()),
        (3, "board_name", record.board_name.clone()),
        (3, "cpu_model", record.cpu_model.clone()),
        (3, "bios_version", record.bios_version.clone()),
        (4, "event_id", record.event_id.clone()),
    ];
    all.into_iter().filter(|(since, ..)| *since <= version).map(|(_, name, value)| (name, value)).collect()
}

/// A record in the JSON form, every value a text, as today's client writes it.
pub(crate) fn json(record: &NewRecord) -> serde_json::Value {
    let texts = fields(record).into_iter().chain([("payload", record.payload.clone())]);
    texts.map(|(name, text)| (name.to_owned(), text.into())).collect::<serde_json::Map<_, _>>().into()
}

/// Any valid record.
pub(crate) fn any_record() -> impl Strategy<Value = NewRecord> {
    (1..=4_u8, any_machine(), any_system(), any_event()).prop_map(|(version, machine, system, event)| {
        let mut record = NewRecord { record_format_version: version, ..record() };
        (record.machine_id, record.arch, record.host_type, record.board_name, record.cpu_model, record.bios_version) =
            machine;
        (record.system_name, record.build, record.kernel_version) = system;
        (record.classification, record.severity, record.captured_at, record.event_id, record.external) = event.0;
        (record.payload_format_version, record.payload) = event.1;
        without_later_fields(record)
    })
}

fn without_later_fields(mut record: NewRecord) -> NewRecord {
    if record.record_format_version < 2 {
        record.payload_format_version = 1;
        record.system_name.clear();
    }
    if record.record_format_version < 3 {
        record.board_name.clear();
        record.cpu_model.clear();
        record.bios_version.clear();
    }
    if record.record_format_version < 4 {
        record.event_id.clear();
    }
    record
}

type Machine = (String, String, String, String, String, String);

fn any_machine() -> impl Strategy<Value = Machine> {
    let arch = prop::sample::select(&["x86_64", "aarch64", "riscv64", "ppc"][..]).prop_map(str::to_owned);
    // Any script; what surrounds a value is not part of it.
    let hardware = || "[\\PC\t]{0,60}".prop_map(|text| text.trim().to_owned());
    let machine_id = "[\\PC]{1,32}".prop_map(|text| text.trim().to_owned());
    let machine_id = machine_id.prop_filter("not only white space", |text| !text.is_empty());
    (machine_id, arch, hardware(), hardware(), hardware(), hardware())
}

fn any_system() -> impl Strategy<Value = (String, String, String)> {
    let clear = (Just("clear-linux-os".to_owned()), "[0-9]{1,8}");
    let others = ("[a-z][-a-z_]{0,20}", "[-_a-zA-Z0-9.+~:]{1,30}");
    (prop_oneof![clear, others], "[0-9]{1,3}\\.[0-9]{1,3}\\.[-.a-z0-9]{0,20}")
        .prop_map(|((system, build), kernel)| (system, build, kernel))
}

type Event = ((String, u8, Timestamp, String, bool), (u32, String));

fn any_event() -> impl Strategy<Value = Event> {
    let part = || "[a-z:.-]{1,20}( [a-z]{1,5})?";
    let classification = (part(), part(), part()).prop_map(|(a, b, c)| format!("{a}/{b}/{c}"));
    let captured_at = (0..=MAX_SECONDS).prop_map(Timestamp::from_seconds);
    let event = (classification, 1..=4_u8, captured_at, "[0-9a-f]{32}", any::<bool>());
    let payload = vec(any::<char>(), 0..100).prop_map(|text| text.into_iter().filter(|&c| c != '\0').collect());
    (event, (0..=i32::MAX.cast_unsigned(), payload))
}

/// Headers as a client might send them by accident or malice: some of them with known names.
pub(crate) fn any_headers() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let known = option::of(0..15_usize)
        .prop_map(|index| index.and_then(|index| fields(&record()).into_iter().nth(index)).unwrap_or_default());
    let header =
        (known, "[-_a-zA-Z]{0,12}", option::of(vec(any::<u8>(), 0..300))).prop_map(|((name, value), suffix, bytes)| {
            let name = if name.is_empty() { suffix } else { name.to_owned() };
            (name, bytes.unwrap_or_else(|| value.into_bytes()))
        });
    vec(header, 0..30)
}
