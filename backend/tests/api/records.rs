//! `GET /api/v1/records` and `/api/v1/records/ID`.

use std::sync::Arc;

use axum::http::StatusCode;
use telemetrics_backend::backtrace::crashing_thread;
use telemetrics_backend::demo::{DemoOptions, fleet};
use telemetrics_backend::store::insert::{Incoming, batch};
use telemetrics_backend::store::records::StoredRecord;
use telemetrics_common::classification::{BACKTRACES, THERMAL};
use telemetrics_common::endpoint::path_with_query;
use telemetrics_common::filter::{Clock, Kind, Source};
use telemetrics_common::paging::Paged;
use telemetrics_common::records::{CSV_PATH, GetRecord, NDJSON_PATH, RecordDetails};
use telemetrics_common::{RecordFilter, Timestamp, query};

use crate::on_both_databases;
use crate::support::{NOW, TestApp};

on_both_databases!(
    filters_agree_with_a_look_at_every_record,
    ids_need_not_grow_with_reception,
    details_have_every_field,
    bad_parameters_are_named,
    a_search_of_payloads_pauses("--search-budget-ms", "0"),
);

/// A small fleet's records, in the order of their reception.
pub fn small_fleet(records: u64) -> Vec<Incoming> {
    let options = DemoOptions { records, days: 10, seed: 7, until: Timestamp::from_seconds(NOW), only_crashes: false };
    fleet(&options).map(|demo| Incoming::new(demo.record, demo.received_at)).collect()
}

/// Stores a small fleet's records; gives them newest first.
pub async fn store_fleet(app: &TestApp, records: u64) -> Vec<StoredRecord> {
    store_all(app, small_fleet(records)).await
}

/// Stores records that are new; gives them newest first.
pub async fn store_all(app: &TestApp, incoming: Vec<Incoming>) -> Vec<StoredRecord> {
    let stored = batch(&app.state.store, &incoming, &[]).await.unwrap();
    let mut all: Vec<StoredRecord> = incoming
        .into_iter()
        .zip(stored)
        .map(|(incoming, stored)| {
            assert!(!stored.resend);
            StoredRecord {
                id: stored.id,
                received_at: stored.received_at,
                record: incoming.record,
                stack_id: None,
                guilty: None,
            }
        })
        .collect();
    all.sort_by_key(|record| std::cmp::Reverse(record.id));
    all
}

/// The filter's meaning, written down a second time.
pub fn passes(filter: &RecordFilter, stored: &StoredRecord) -> bool {
    let record = &stored.record;
    let regex = |text: &str| regex::Regex::new(text).unwrap();
    filter.system.as_ref().is_none_or(|system| *system == record.system_name)
        && filter.build.as_ref().is_none_or(|build| *build == record.build)
        && filter.machine_id.as_ref().is_none_or(|id| id.as_str() == record.machine_id)
        && filter.event_id.as_ref().is_none_or(|id| id.as_str() == record.event_id)
        && filter.guilty.is_none()
        && filter.stack.is_none()
        && filter.platform.as_ref().is_none_or(|platform| *platform == record.host_type)
        && filter.arch.as_ref().is_none_or(|arch| *arch == record.arch)
        && filter.kernel.as_ref().is_none_or(|kernel| *kernel == record.kernel_version)
        && filter.kind.is_none_or(|kind| match kind {
            Kind::Crash => BACKTRACES.contains(&record.classification.as_str()),
            Kind::Mce => record.classification.starts_with("org.clearlinux/mce/") && record.classification != THERMAL,
        })
        && filter.clock.is_none_or(|Clock::Wrong| {
            let ahead = record.captured_at.seconds() - stored.received_at.seconds();
            !(-365 * 86_400..=86_400).contains(&ahead)
        })
        && filter.source.is_none_or(|source| (source == Source::External) == record.external)
        && filter.severity.as_ref().is_none_or(|all| all.as_slice().contains(&record.severity))
        && filter.from.is_none_or(|from| record.captured_at >= from)
        && filter.to.is_none_or(|to| record.captured_at < to)
        && filter.received_from.is_none_or(|from| stored.received_at >= from)
        && filter.received_to.is_none_or(|to| stored.received_at < to)
        && filter.payload.as_ref().is_none_or(|text| regex(text).is_match(&record.payload))
        && filter.not_payload.as_ref().is_none_or(|text| !regex(text).is_match(&record.payload))
        && filter.classification.as_ref().is_none_or(|pattern| {
            let pattern = pattern.to_string();
            match pattern.strip_suffix('*') {
                Some(prefix) => record.classification.starts_with(prefix),
                None => record.classification == pattern,
            }
        })
}

/// Filters of every kind that make sense for some records.
pub fn filters(records: &[StoredRecord]) -> Vec<RecordFilter> {
    let some = |number: usize| &records[records.len() * number / 10];
    let (a, b) = (some(2), some(7));
    let (early, late) = (a.received_at.min(b.received_at), a.received_at.max(b.received_at));
    let seconds = |seconds: i64| Timestamp::from_seconds(seconds).to_string();
    let day = 86_400;
    let texts: Vec<Vec<(&str, String)>> = vec![
        vec![],
        vec![("system", a.record.system_name.clone())],
        vec![("system", a.record.system_name.clone()), ("build", a.record.build.clone())],
        vec![("build", b.record.build.clone())],
        vec![("system", "no such system".to_owned())],
        vec![("classification", a.record.classification.clone())],
        vec![("classification", "org.clearlinux/*".to_owned())],
        vec![("classification", "org.clearlinux/mce/*".to_owned())],
        vec![("classification", "org.clearlinux/crash/*".to_owned()), ("system", b.record.system_name.clone())],
        vec![("severity", "3".to_owned())],
        vec![("severity", "1,4".to_owned()), ("source", "internal".to_owned())],
        vec![("source", "external".to_owned())],
        vec![("machine_id", a.record.machine_id.clone())],
        vec![("machine_id", a.record.machine_id.clone()), ("severity", "1".to_owned())],
        vec![("event_id", b.record.event_id.clone())],
        vec![("guilty", "999999".to_owned())],
        vec![("stack", "999999".to_owned())],
        vec![("kind", "crash".to_owned())],
        vec![("kind", "mce".to_owned()), ("system", a.record.system_name.clone())],
        vec![("kind", "crash".to_owned()), ("classification", "org.clearlinux/kernel/*".to_owned())],
        vec![("kind", "crash".to_owned()), ("from", seconds(NOW - 3 * day)), ("to", seconds(NOW - day))],
        vec![("platform", a.record.host_type.clone())],
        vec![("platform", "no such platform".to_owned())],
        vec![("platform", b.record.host_type.clone()), ("arch", b.record.arch.clone()), ("severity", "1".to_owned())],
        vec![("arch", "aarch64".to_owned())],
        vec![("kernel", a.record.kernel_version.clone()), ("from", seconds(NOW - 5 * day))],
        vec![("clock", "wrong".to_owned())],
        vec![("clock", "wrong".to_owned()), ("system", a.record.system_name.clone())],
        vec![("from", seconds(NOW - 2 * day))],
        vec![("to", seconds(NOW - 5 * day))],
        vec![("from", seconds(NOW - 4 * day + 1234)), ("to", seconds(NOW - 3 * day - 4321))],
        vec![("from", seconds(NOW - 3 * day)), ("to", seconds(NOW - 3 * day + 3600)), ("severity", "1,2".to_owned())],
        vec![("from", seconds(NOW + 400 * day))],
        vec![("to", seconds(1_000_000_000))],
        vec![("received_from", seconds(NOW - 2 * day))],
        vec![("received_to", seconds(NOW - 5 * day))],
        vec![("received_from", early.to_string()), ("received_to", late.to_string())],
        vec![("received_from", early.to_string()), ("clock", "wrong".to_owned())],
        vec![("received_from", seconds(NOW - 2 * day)), ("to", seconds(NOW - 2 * day))],
        vec![("received_to", seconds(NOW - 2 * day)), ("machine_id", a.record.machine_id.clone())],
        vec![("received_from", seconds(NOW - 3 * day)), ("payload", "(?i)backtrace".to_owned())],
        vec![("received_from", seconds(NOW + day))],
        vec![("payload", "(?i)backtrace".to_owned())],
        vec![("payload", "result=[^0]".to_owned()), ("classification", "org.clearlinux/*".to_owned())],
        vec![("not_payload", "e".to_owned())],
        vec![
            ("payload", "^Process: ".to_owned()),
            ("not_payload", "abort".to_owned()),
            ("from", seconds(NOW - 6 * day)),
        ],
    ];
    let parse = |pairs: Vec<(&str, String)>| {
        let pairs: Vec<(String, String)> = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        query::from_pairs(&pairs).unwrap()
    };
    texts.into_iter().map(parse).collect()
}

async fn filters_agree_with_a_look_at_every_record(app: Arc<TestApp>) {
    let all = store_fleet(&app, 1500).await;
    filters_agree(&app, &all).await;
}

async fn ids_need_not_grow_with_reception(app: Arc<TestApp>) {
    // An export is newest first, and so its import.
    let newest_first = small_fleet(300).into_iter().rev().collect();
    let all = store_all(&app, newest_first).await;
    filters_agree(&app, &all).await;
}

/// Lists and exports hold what passes.
async fn filters_agree(app: &TestApp, all: &[StoredRecord]) {
    for filter in filters(all) {
        let expected: Vec<i64> = all.iter().filter(|record| passes(&filter, record)).map(|record| record.id).collect();
        assert_eq!(listed(app, &filter).await, expected, "{filter:?}");
        let answer = app.get(&path_with_query(CSV_PATH, &filter)).await.expect(StatusCode::OK);
        let rows = csv::Reader::from_reader(answer.body.as_ref()).into_records();
        let ids: Vec<i64> = rows.map(|row| row.unwrap()[0].parse().unwrap()).collect();
        assert_eq!(ids, expected, "{filter:?}");
        let answer = app.get(&path_with_query(NDJSON_PATH, &filter)).await.expect(StatusCode::OK);
        let id = |line: &str| serde_json::from_str::<RecordDetails>(line).unwrap().id;
        let ids: Vec<i64> = answer.text().lines().map(id).collect();
        assert_eq!(ids, expected, "{filter:?}");
    }
}

/// The ids of a list, page by page.
pub async fn listed(app: &TestApp, filter: &RecordFilter) -> Vec<i64> {
    let mut found = Vec::new();
    let mut before = None;
    loop {
        let page = app.call(&Paged { params: filter.clone(), limit: Some(97), before }).await;
        found.extend(page.records.iter().map(|row| row.id));
        before = page.next_before;
        if before.is_none() {
            return found;
        }
    }
}

/// The details that a record must have, with the guilty that it has: which one it is has tests of its own.
pub fn with_guilty_of(details: &RecordDetails, stored: StoredRecord) -> RecordDetails {
    let is_crash = BACKTRACES.contains(&stored.record.classification.as_str());
    assert_eq!(details.guilty.is_some(), is_crash && !crashing_thread(&stored.record.payload).is_empty());
    RecordDetails { guilty: details.guilty.clone(), ..stored.into_details() }
}

async fn details_have_every_field(app: Arc<TestApp>) {
    for stored in store_fleet(&app, 60).await {
        let details = app.call(&GetRecord { id: stored.id }).await;
        assert_eq!(details, with_guilty_of(&details, stored));
    }
    let answer = app.get("/api/v1/records/999999").await.expect(StatusCode::NOT_FOUND);
    assert_eq!(answer.message(), "there is no record 999999");
    assert_eq!(app.refused("/api/v1/records/one").await, "id: must be a whole number in range");
}

async fn bad_parameters_are_named(app: Arc<TestApp>) {
    let check = async |query: &str, begin: &str| {
        for path in ["records", "records.csv", "records.ndjson", "records/live", "facets"] {
            let message = app.refused(&format!("/api/v1/{path}?{query}")).await;
            assert!(message.starts_with(begin), "{path}?{query}: {message}");
        }
    };
    check("severity=5", "severity: must be 1 to 4").await;
    check("classification=a", "classification: must be").await;
    check("source=both", "source: must be one of external, internal").await;
    check("kind=oops", "kind: must be one of crash, mce").await;
    check("build=%00", "build: must not contain NUL characters").await;
    check("from=yesterday", "from: must be a date").await;
    check("received_to=yesterday", "received_to: must be a date").await;
    check("payload=(", "payload: not a regular expression: unclosed group").await;
    check("not_payload=(", "not_payload: not a regular expression: unclosed group").await;
    check("colour=red", "colour: unknown parameter; known here: system, build,").await;
    check("machine_id=", "machine_id: must be 1 to 32 characters").await;
    assert_eq!(app.refused("/api/v1/records?limit=0").await, "limit: must be 1 to 1000");
    assert_eq!(app.refused("/api/v1/records?limit=1001").await, "limit: must be 1 to 1000");
    assert!(app.refused("/api/v1/records?before=x").await.starts_with("before: must be a whole number"));
    assert!(app.refused("/api/v1/views?x=1").await.starts_with("x: unknown parameter"));
    let answer = app.get("/api/v1/nothing").await.expect(StatusCode::NOT_FOUND);
    assert_eq!(answer.message(), "there is no GET /api/v1/nothing");
}

async fn a_search_of_payloads_pauses(app: Arc<TestApp>) {
    let all = store_fleet(&app, 600).await;
    let filter = RecordFilter { payload: Some("no payload says this".to_owned()), ..RecordFilter::default() };
    // Without any time each call looks at one chunk, and says where it stopped.
    let page = app.call(&Paged::first(filter.clone())).await;
    assert!(page.records.is_empty());
    assert_eq!(page.next_before, Some(all[255].id));
    let page = app.call(&Paged { params: filter.clone(), limit: None, before: page.next_before }).await;
    assert_eq!(page.next_before, Some(all[511].id));
    let page = app.call(&Paged { params: filter, limit: None, before: page.next_before }).await;
    assert_eq!(page.next_before, None);
}
