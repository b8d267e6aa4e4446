//! What makes the fleet believable, and that it keeps the rules of the wire.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use telemetrics_common::classification::{BACKTRACES, CRASH, HEARTBEAT};
use telemetrics_common::time::day;

use super::*;
use crate::ingest::wire::{parse_json_form, sample};

fn options(records: u64, days: u32, seed: u64) -> DemoOptions {
    DemoOptions { records, days, seed, until: day(2026, 11, 23).unwrap(), only_crashes: false }
}

#[test]
fn the_same_options_give_the_same_fleet() {
    let records: Vec<_> = fleet(&options(3000, 30, 1)).collect();
    assert_eq!(records.len(), 3000);
    assert!(fleet(&options(3000, 30, 1)).eq(records.iter().cloned()));
    assert!(
        fleet(&options(3000, 30, 2))
            .zip(&records)
            .all(|(one, other)| one.record.event_id != other.record.event_id || one.record.event_id.is_empty())
    );
    assert!(records.is_sorted_by_key(|record| record.received_at));
}

#[test]
fn kinds_and_sizes_are_believable() {
    let mut kinds = BTreeMap::<String, u32>::new();
    let (mut bytes, mut external, mut late) = (0, 0, 0);
    for DemoRecord { record, received_at } in fleet(&options(20_000, 30, 1)) {
        bytes += record.payload.len();
        external += u32::from(record.external);
        late += u32::from(received_at.seconds() - record.captured_at.seconds() > 3600);
        assert!(record.payload.len() <= 8192 && record.payload.ends_with('\n'));
        *kinds.entry(record.classification).or_default() += 1;
    }
    let share = |name: &str| kinds[name] * 100 / 20_000;
    assert!((45..65).contains(&share(HEARTBEAT)), "{kinds:?}");
    assert!((12..30).contains(&share(CRASH)), "{kinds:?}");
    assert!(kinds.len() >= 15 && kinds.values().all(|&count| count >= 5), "{kinds:?}");
    assert!((450..1000).contains(&(bytes / 20_000)), "{} bytes", bytes / 20_000);
    assert!((5000..7000).contains(&external), "{external}");
    assert!((500..3000).contains(&late), "{late}");
}

#[test]
fn crashes_have_hundreds_of_stacks_and_a_few_frequent_ones() {
    let mut stacks = BTreeMap::<String, u32>::new();
    let crashes = fleet(&options(30_000, 30, 1)).filter(|demo| demo.record.classification == CRASH);
    for DemoRecord { record, .. } in crashes {
        let frames: Vec<_> = record.payload.lines().filter(|line| line.starts_with('#')).collect();
        assert!(frames.len() >= 3 && record.payload.starts_with("Process: /"), "{}", record.payload);
        *stacks.entry(frames.join("\n")).or_default() += 1;
    }
    let (all, most) = (stacks.values().sum::<u32>(), stacks.values().max().copied().unwrap_or_default());
    assert!((300..=480).contains(&stacks.len()), "{}", stacks.len());
    assert!(most > all / 20, "{most} of {all}");
}

#[test]
fn the_longest_payloads_are_as_long_as_clients_send_them() {
    let check = |seed: u64| {
        let crashes = fleet(&DemoOptions { only_crashes: true, ..options(20_000, 30, seed) });
        let longest = crashes.map(|demo| demo.record.payload.len()).max().unwrap_or_default();
        assert!((7900..=8192).contains(&longest), "seed {seed}: {longest} bytes");
    };
    check(1);
    check(3);
}

#[test]
fn a_fleet_can_report_nothing_but_crashes() {
    let records = fleet(&DemoOptions { only_crashes: true, ..options(2000, 30, 1) });
    let crashes = records.filter(|demo| BACKTRACES.contains(&demo.record.classification.as_str()));
    assert_eq!(crashes.count(), 2000);
}

#[test]
fn the_newest_build_breaks_something() {
    let mut builds = BTreeMap::<String, (u32, u32)>::new();
    for DemoRecord { record, .. } in fleet(&options(60_000, 30, 1)) {
        if record.system_name == "clear-linux-os" {
            let (crashes, all) = builds.entry(record.build).or_default();
            *crashes += u32::from(record.classification == CRASH);
            *all += 1;
        }
    }
    let percent = |build: &str| builds[build].0 * 100 / builds[build].1;
    assert_eq!(builds.keys().map(String::as_str).min(), Some("41150"));
    assert_eq!(builds.keys().map(String::as_str).max(), Some("41230"));
    assert!(percent("41230") > percent("41220") + 5, "{builds:?}");
    assert!(percent("41190") > percent("41180") + 5, "{builds:?}");
}

#[test]
fn some_clocks_are_wrong_and_all_systems_report() {
    let (mut early, mut ahead, mut systems) = (0, 0, BTreeSet::new());
    for DemoRecord { record, received_at } in fleet(&options(20_000, 30, 1)) {
        early += u32::from(record.captured_at.seconds() < 86_400 * 365);
        ahead += u32::from(record.captured_at > received_at);
        systems.insert(record.system_name);
    }
    assert!((20..1000).contains(&early) && (20..1000).contains(&ahead), "{early} {ahead}");
    let expected = ["", "clear-linux-os", "debian", "fedora", "harbor-linux", "opensuse-tumbleweed"];
    assert_eq!(systems.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_record_keeps_the_rules(seed: u64, days in 1..4000_u32, records in 0..600_u64, until in 0..20_000_000_000_i64) {
        let options = DemoOptions { records, days, seed, until: Timestamp::from_seconds(until), only_crashes: false };
        let mut count = 0;
        for DemoRecord { record, .. } in fleet(&options) {
            let json = sample::json(&record).to_string().into_bytes();
            prop_assert_eq!(parse_json_form(&json, record.external), Ok(record));
            count += 1;
        }
        prop_assert_eq!(count, records);
    }
}
