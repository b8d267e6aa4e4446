//! Payloads are read in either form, packed and as text, whichever form the server writes.

use axum::http::StatusCode;
use telemetrics_backend::store::records::StoredRecord;
use telemetrics_common::RecordFilter;
use telemetrics_common::records::{GetRecord, RecordDetails};

use super::records::{listed, small_fleet, store_all};
use crate::support::{Database, Kind, TestApp};

const AS_TEXT: [&str; 1] = ["--pack-payloads=false"];

async fn either_form_is_read(kind: Kind) {
    let database = Database::new(kind).await;
    let mut earlier = small_fleet(600);
    let later = earlier.split_off(300);

    let app = TestApp::start(&database.url, &[]).await;
    let mut packed = store_all(&app, earlier).await;
    let number = packed_records(&app).await;
    assert!(number > 0);
    app.stop().await;

    let app = TestApp::start(&database.url, &AS_TEXT).await;
    check_read(&app, &packed).await;
    let mut all = store_all(&app, later).await;
    all.append(&mut packed);
    check_read(&app, &all).await;
    assert_eq!(packed_records(&app).await, number);
    app.stop().await;

    let app = TestApp::start(&database.url, &[]).await;
    check_read(&app, &all).await;
    app.stop().await;
    database.remove().await;
}

#[tokio::test]
async fn sqlite_gives_payloads_of_either_form() {
    either_form_is_read(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres_gives_payloads_of_either_form() {
    either_form_is_read(Kind::Postgres).await;
}

async fn packed_records(app: &TestApp) -> i64 {
    let sql = "SELECT COUNT(*) FROM records WHERE packed IS NOT NULL";
    app.state.store.query(sql, []).await.unwrap()[0].try_get_by_index(0).unwrap()
}

/// Exports, details and a search give the payloads that were stored, newest first.
async fn check_read(app: &TestApp, all: &[StoredRecord]) {
    let expected: Vec<(i64, &str)> = all.iter().map(|stored| (stored.id, stored.record.payload.as_str())).collect();

    let answer = app.get("/api/v1/records.ndjson").await.expect(StatusCode::OK).text();
    let lines: Vec<RecordDetails> = answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let exported: Vec<(i64, &str)> = lines.iter().map(|line| (line.id, line.payload.as_str())).collect();
    assert_eq!(exported, expected);

    let answer = app.get("/api/v1/records.csv").await.expect(StatusCode::OK);
    let rows = csv::Reader::from_reader(answer.body.as_ref()).into_records();
    let rows: Vec<csv::StringRecord> = rows.collect::<Result<_, _>>().unwrap();
    let exported: Vec<(i64, &str)> = rows.iter().map(|row| (row[0].parse().unwrap(), &row[7])).collect();
    assert_eq!(exported, expected);

    for stored in all.iter().step_by(50) {
        assert_eq!(app.call(&GetRecord { id: stored.id }).await.payload, stored.record.payload);
    }

    let search = RecordFilter { payload: Some(r"(?m)^Backtrace \(TID".to_owned()), ..RecordFilter::default() };
    let with_threads = expected.iter().filter(|(_, payload)| payload.contains("\nBacktrace (TID "));
    let with_threads: Vec<i64> = with_threads.map(|(id, _)| *id).collect();
    assert!(!with_threads.is_empty());
    assert_eq!(listed(app, &search).await, with_threads);
}
