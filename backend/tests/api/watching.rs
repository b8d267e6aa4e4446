//! What operators watch: ingest, storage, metrics, and the disk before it is full.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode};
use telemetrics_backend::store::insert::batch;
use telemetrics_backend::store::retention::{ask, work};
use telemetrics_backend::store::room::{bytes, is_above, reusable};
use telemetrics_common::Timestamp;
use telemetrics_common::ingest::GetIngest;
use telemetrics_common::storage::GetStorage;

use super::counters::incoming;
use super::schema::execute;
use crate::on_both_databases;
use crate::support::request::Record;
use crate::support::{Kind, NOW, TestApp, on};

on_both_databases!(
    ingest_says_what_came_and_why_it_was_refused,
    names_without_room_are_told("--dictionary-bound", "2"),
    storage_is_told_by_classification,
    metrics_name_routes_reasons_and_domains,
);

async fn ingest_says_what_came_and_why_it_was_refused(app: Arc<TestApp>) {
    app.send(Record::numbered(1).with("build", "7").in_json()).await.expect(StatusCode::CREATED);
    app.send(Record::numbered(1).with("build", "7").in_json()).await.expect(StatusCode::OK);
    app.send(Record::numbered(2).with("severity", "9").in_json()).await.expect(StatusCode::OK);
    app.send(Record::numbered(3).with("severity", "9").in_headers()).await.expect(StatusCode::BAD_REQUEST);
    let mut unknown = Record::numbered(4).in_json();
    unknown.headers_mut().insert("x-telemetry-tid", "unknown".parse().unwrap());
    app.send(unknown).await.expect(StatusCode::FORBIDDEN);
    let status = app.call(&GetIngest {}).await;
    let results = status.results;
    assert_eq!((results.stored, results.resent, results.quarantined, results.refused), (1, 1, 1, 2));
    let reasons: Vec<(&str, u64)> =
        status.reasons.iter().map(|reason| (reason.name.as_str(), reason.records)).collect();
    assert_eq!(reasons, [("severity", 2), ("telemetry-id", 1)]);
    assert_eq!((status.systems.len(), status.systems[0].build.as_str()), (1, "7"));
    assert_eq!((status.queue.waiting, status.quarantined), (0, 1));
    assert_eq!(status.warnings, []);
}

async fn names_without_room_are_told(app: Arc<TestApp>) {
    for number in 1..5 {
        let record = Record::numbered(number).with("classification", &format!("a/b/{number}"));
        app.send(record.in_json()).await.expect(StatusCode::CREATED);
    }
    let warnings = app.call(&GetIngest {}).await.warnings;
    assert_eq!(warnings[0].kind, "names");
    assert!(warnings[0].message.starts_with("There are 2 different texts in `classification`"), "{warnings:?}");
}

async fn storage_is_told_by_classification(app: Arc<TestApp>) {
    assert_eq!(app.call(&GetStorage {}).await.records, 0);
    let all = incoming(400, 41);
    batch(&app.state.store, &all, &[]).await.unwrap();
    let storage = app.call(&GetStorage {}).await;
    assert_eq!(storage.records, 400);
    assert_eq!(storage.classifications.iter().map(|one| one.records).sum::<u64>(), 400);
    let used = storage.database_bytes - storage.reusable_bytes;
    let parts = storage.classifications.iter().map(|one| one.bytes).sum::<u64>();
    assert!(parts <= used && parts + storage.classifications.len() as u64 >= used, "{parts} of {used}");
    assert!(storage.days.len() > 1 && storage.bytes_per_day > 0, "{:?}", storage.days);
    assert_eq!(storage.settled_bytes, Some(storage.bytes_per_day * 35));
    let is_file = app.state.store.folder().is_some();
    assert_eq!((storage.disk_free_bytes.is_some(), storage.days_left.is_some()), (is_file, is_file));
}

async fn metrics_name_routes_reasons_and_domains(app: Arc<TestApp>) {
    app.send(Record::numbered(1).with("classification", "a/b/c").in_json()).await.expect(StatusCode::CREATED);
    app.send(Record::numbered(2).with("arch", "z80").in_headers()).await.expect(StatusCode::BAD_REQUEST);
    app.get("/api/v1/records/77").await.expect(StatusCode::NOT_FOUND);
    let foreign = Request::get("/api/v1/records/77").header("host", "evil.example").body(Body::empty()).unwrap();
    app.send(foreign).await.expect(StatusCode::FORBIDDEN);
    let bearer = Request::get("/api/v1/records/77").header("host", "localhost").header("authorization", "Bearer x");
    app.send(bearer.body(Body::empty()).unwrap()).await.expect(StatusCode::UNAUTHORIZED);
    let text = app.get("/metrics").await.expect(StatusCode::OK).text();
    for line in [
        "telemetrics_stored_records_total{domain=\"a\"} 1",
        "telemetrics_collector_refusals_total{reason=\"arch\"} 1",
        "telemetrics_http_requests_total{method=\"GET\",route=\"/api/v1/records/{id}\",status=\"404\"} 1",
        "telemetrics_http_requests_total{method=\"GET\",route=\"/api/v1/records/{id}\",status=\"403\"} 1",
        "telemetrics_http_requests_total{method=\"GET\",route=\"/api/v1/records/{id}\",status=\"401\"} 1",
        "telemetrics_http_requests_total{method=\"POST\",route=\"/v3/collector\",status=\"201\"} 1",
        "telemetrics_commit_records_bucket{le=\"1\"} 1",
        "telemetrics_purges_total 0",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}\n{text}");
    }
}

#[tokio::test]
async fn a_disk_without_room_is_told_before_it_is_full() {
    on(Kind::Sqlite, &["--min-free-disk", "1000TB"], |app| async move {
        let refused = app.send(Record::numbered(1).in_json()).await.expect(StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.message().starts_with("the disk is nearly full: "), "{}", refused.message());
        assert!(refused.headers.contains_key("retry-after"));
        let ready = app.get("/readyz").await.expect(StatusCode::SERVICE_UNAVAILABLE);
        assert!(ready.message().contains("records are taken from 1000000000 MB on"), "{}", ready.message());
        assert_eq!(app.call(&GetIngest {}).await.warnings[0].kind, "disk");
        app.get("/healthz").await.expect(StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn a_database_above_its_bound_loses_the_oldest_of_the_lowest_severity() {
    on(Kind::Sqlite, &[], |app| async move {
        let store = &app.state.store;
        batch(store, &incoming(3000, 42), &[]).await.unwrap();
        let used = bytes(store).await.unwrap() - reusable(store).await.unwrap();
        let low = async || app.get("/api/v1/stats").await.json::<serde_json::Value>()["severities"].clone();
        let before = low().await;
        let ceiling = Some(used - used / 20);
        assert!(is_above(store, ceiling).await.unwrap());
        ask(store).await.unwrap();
        let keep = telemetrics_backend::retention::Retention { rules: Vec::new(), days: 0 };
        let now: fn() -> Timestamp = || Timestamp::from_seconds(NOW);
        let gone = work(store, &keep, ceiling, "a", now).await.unwrap().expect("a purge was asked for");
        assert!((500..3000).contains(&gone), "{gone}");
        assert!(!is_above(store, ceiling).await.unwrap());
        let after = low().await;
        assert!(after[0]["purged"].as_u64() >= Some(gone.min(before[0]["records"].as_u64().unwrap())), "{after}");
        assert!(after[3].get("purged").is_none_or(|purged| purged == 0), "{after}");
    })
    .await;
}

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn check_failures_are_logged(app: Arc<TestApp>) {
    execute(Kind::Sqlite, &app.state.config.database.url.0, "DROP TABLE quarantine").await;
    let call = Request::get("/api/v1/quarantine?limit=7").header("host", "localhost").body(Body::empty()).unwrap();
    // It would have gone into quarantine.
    let record = Record::numbered(1).with("severity", "7").in_json();
    for (mut request, path) in [(call, "/api/v1/quarantine"), (record, "/v3/collector")] {
        request.headers_mut().insert("x-request-id", HeaderValue::from_static("of-a-proxy"));
        let log = Log::default();
        let lines = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || lines.clone()).finish();
        let logging = tracing::subscriber::set_default(subscriber);
        let answer = app.send(request).await.expect(StatusCode::INTERNAL_SERVER_ERROR);
        drop(logging);
        assert_eq!(answer.message(), "internal error");
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let failures: Vec<&str> = log.lines().filter(|line| line.contains("a request failed")).collect();
        let [failure] = failures[..] else { panic!("{path}: {log}") };
        for part in ["of-a-proxy", path, "500", "no such table: quarantine"] {
            assert!(failure.contains(part), "{part} in {failure}");
        }
        // Queries hold what people search payloads for.
        assert!(!failure.contains("limit=7"), "{failure}");
    }
}

#[tokio::test]
async fn what_an_answer_does_not_tell_of_a_failure_is_logged() {
    on(Kind::Sqlite, &[], check_failures_are_logged).await;
}
