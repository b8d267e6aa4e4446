//! `POST /`, `/v2/collector`, `/v3/collector`.

use std::io::Write;
use std::sync::Arc;

use axum::http::StatusCode;
use futures_util::future::join_all;
use sea_orm::sqlx::{Connection, PgConnection, SqliteConnection, query};
use telemetrics_common::RecordFilter;
use telemetrics_common::legacy::LegacyRecord;
use telemetrics_common::paging::Paged;

use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::request::Record;

on_both_databases!(
    a_record_in_header_form_is_stored,
    a_record_in_json_form_is_stored,
    the_json_form_is_understood_everywhere,
    a_resend_is_stored_once,
    resends_at_once_are_stored_once,
    records_without_event_id_are_all_stored,
    a_bad_header_form_record_is_refused,
    telemetry_ids_are_required,
    odd_bytes_do_not_lose_a_record,
    packed_bodies_are_unpacked,
    large_bodies_are_refused("--max-body-bytes", "2000"),
    a_full_queue_says_so("--queue-capacity", "3"),
    texts_beyond_the_bound_are_kept("--dictionary-bound", "2"),
    machines_that_send_too_much_are_told_to_wait("--rate-limit-machine", "3/m", "--rate-limit-total", "5/h"),
);

async fn count(app: &TestApp) -> usize {
    app.call(&Paged { params: RecordFilter::default(), limit: Some(1000), before: None }).await.records.len()
}

async fn a_record_in_header_form_is_stored(app: Arc<TestApp>) {
    let request = Record::new().header("x-clr-external", "true").in_headers();
    let stored: LegacyRecord = app.send(request).await.expect(StatusCode::CREATED).json();
    assert_eq!(stored.classification, "org.example/test/one");
    assert_eq!(stored.machine_type, "Example|Laptop|1");
    assert_eq!(stored.ts_reception, "2026-11-23 08:00:00 UTC");
    assert_eq!(stored.ts_capture, "2026-11-23 07:59:00 UTC");
    assert_eq!(stored.payload, "hello\n");
    assert!(stored.external);

    let listed = app.call(&Paged::first(RecordFilter::default())).await;
    assert_eq!(listed.records.len(), 1);
    assert_eq!(listed.records[0].id, stored.id);
    assert_eq!(listed.records[0].excerpt, "hello");
}

async fn a_record_in_json_form_is_stored(app: Arc<TestApp>) {
    let stored: LegacyRecord = app.send(Record::new().in_json()).await.expect(StatusCode::CREATED).json();
    assert_eq!(stored.cpu_model, "CPU @ 2.50GHz");
    assert!(!stored.external);
    let numbers = Record::numbered(2).to_json().replace("\"severity\":\"2\"", "\"severity\":2");
    let stored: LegacyRecord =
        app.send(Record::new().in_json_with(numbers.into())).await.expect(StatusCode::CREATED).json();
    assert_eq!(stored.severity, 2);
}

async fn the_json_form_is_understood_everywhere(app: Arc<TestApp>) {
    for (number, path) in ["/", "/v2/collector", "/v3/collector"].into_iter().enumerate() {
        let mut request = Record::numbered(number as u32).in_json();
        *request.uri_mut() = path.parse().unwrap();
        app.send(request).await.expect(StatusCode::CREATED);
    }
}

async fn a_resend_is_stored_once(app: Arc<TestApp>) {
    let first: LegacyRecord = app.send(Record::new().in_headers()).await.expect(StatusCode::CREATED).json();
    let again: LegacyRecord = app.send(Record::new().in_headers()).await.expect(StatusCode::OK).json();
    assert_eq!(again, first);
    // In the other form, it is the same record all the same.
    let again: LegacyRecord = app.send(Record::new().in_json()).await.expect(StatusCode::OK).json();
    assert_eq!(again, first);
    for other in [
        Record::new().with("payload", "another"),
        Record::new().header("x-clr-external", "true"),
        Record::new().with("severity", "3"),
        Record::new().with("bios_version", "1.3"),
    ] {
        app.send(other.in_headers()).await.expect(StatusCode::CREATED);
    }
    assert_eq!(count(&app).await, 5);
}

async fn resends_at_once_are_stored_once(app: Arc<TestApp>) {
    let sends = (0..40).map(|number| app.send(Record::numbered(number % 4).in_headers()));
    let answers = join_all(sends).await;
    let created = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    assert_eq!(created, 4);
    assert!(answers.iter().all(|answer| matches!(answer.status, StatusCode::CREATED | StatusCode::OK)));
    let ids: Vec<i64> = answers.iter().map(|answer| answer.json::<LegacyRecord>().id).collect();
    assert!(ids.chunks(4).all(|chunk| chunk == &ids[..4]), "{ids:?}");
    assert_eq!(count(&app).await, 4);
}

async fn records_without_event_id_are_all_stored(app: Arc<TestApp>) {
    for version in ["1", "2", "3"] {
        let record = Record::new().with("record_format_version", version).without("event_id");
        app.send(record.in_headers()).await.expect(StatusCode::CREATED);
        app.send(record.in_headers()).await.expect(StatusCode::CREATED);
    }
    assert_eq!(count(&app).await, 6);
}

async fn a_bad_header_form_record_is_refused(app: Arc<TestApp>) {
    for (field, value) in [
        ("severity", "5"),
        ("classification", "org.example/test"),
        ("build", "forty"),
        ("creation_timestamp", "-1"),
        ("event_id", "1"),
        ("arch", "mips"),
    ] {
        let answer = app.send(Record::new().with(field, value).in_headers()).await.expect(StatusCode::BAD_REQUEST);
        assert!(answer.message().starts_with(field), "{}", answer.message());
    }
    let answer = app.send(Record::new().without("kernel_version").in_headers()).await.expect(StatusCode::BAD_REQUEST);
    assert!(answer.message().starts_with("kernel_version"), "{}", answer.message());
    assert_eq!(count(&app).await, 0);
}

async fn telemetry_ids_are_required(app: Arc<TestApp>) {
    let check = async |record: Record, status| app.send(record.in_headers()).await.expect(status);
    check(Record::new().header("x-telemetry-tid", ""), StatusCode::FORBIDDEN).await;
    let wrong = check(Record::new().header("x-telemetry-tid", "wrong"), StatusCode::FORBIDDEN).await;
    assert!(wrong.message().starts_with("X-Telemetry-TID"));
    let oldest = Record::new().with("record_format_version", "1");
    check(oldest.clone().header("x-telemetry-tid", ""), StatusCode::CREATED).await;
    check(oldest.header("x-telemetry-tid", "wrong"), StatusCode::FORBIDDEN).await;
    app.send(Record::new().header("x-telemetry-tid", "").in_json()).await.expect(StatusCode::FORBIDDEN);
}

async fn odd_bytes_do_not_lose_a_record(app: Arc<TestApp>) {
    let check = async |body: &[u8], payload: &str| {
        let number = fastrand::u32(..);
        let request = Record::numbered(number).in_headers_with(body.to_vec());
        let stored: LegacyRecord = app.send(request).await.expect(StatusCode::CREATED).json();
        assert_eq!(stored.payload, payload);
        let details = app.get(&format!("/api/v1/records/{}", stored.id)).await.expect(StatusCode::OK);
        assert_eq!(details.json::<serde_json::Value>()["payload"], payload);
    };
    check("Grüße, 世界 🌍".as_bytes(), "Grüße, 世界 🌍").await;
    check(b"Soci\xe9t\xe9", "Société").await;
    check(b"a\0b", "a\u{fffd}b").await;
    check(b"", "").await;
    check(b"\x1b[31m<script>alert(1)</script>\r\n", "\x1b[31m<script>alert(1)</script>\r\n").await;
}

async fn packed_bodies_are_unpacked(app: Arc<TestApp>) {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"packed by gzip").unwrap();
    let zstd = zstd::encode_all(&b"packed by zstd"[..], 1).unwrap();
    for (number, encoding, body) in [(1, "gzip", gzip.finish().unwrap()), (2, "zstd", zstd)] {
        let request = Record::numbered(number).header("content-encoding", encoding).in_headers_with(body);
        let stored: LegacyRecord = app.send(request).await.expect(StatusCode::CREATED).json();
        assert_eq!(stored.payload, format!("packed by {encoding}"));
    }
    let request = Record::new().header("content-encoding", "gzip").in_headers_with(b"not packed".to_vec());
    app.send(request).await.expect(StatusCode::BAD_REQUEST);
}

async fn large_bodies_are_refused(app: Arc<TestApp>) {
    app.send(Record::new().in_headers_with(vec![b'x'; 2000])).await.expect(StatusCode::CREATED);
    let answer = app.send(Record::new().in_headers_with(vec![b'x'; 2001])).await;
    assert_eq!(answer.expect(StatusCode::PAYLOAD_TOO_LARGE).message(), "body: larger than 2000 bytes");
    let bomb = zstd::encode_all(&vec![0; 100_000][..], 1).unwrap();
    let request = Record::new().header("content-encoding", "zstd").in_headers_with(bomb);
    app.send(request).await.expect(StatusCode::PAYLOAD_TOO_LARGE);
}

async fn a_full_queue_says_so(app: Arc<TestApp>) {
    // Somebody else holds the database until all have been sent.
    let lock = app.state.config.database.url.0.clone();
    let mut lock = Lock::take(&lock).await;
    let sends = join_all((0..10).map(|number| app.send(Record::numbered(number).in_headers())));
    let release = async {
        while app.state.metrics.unavailable.get() == 0 {
            tokio::task::yield_now().await;
        }
        lock.release().await;
    };
    let (answers, ()) = tokio::join!(sends, release);
    let stored = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != StatusCode::CREATED).collect();
    assert!(!refused.is_empty());
    for answer in refused {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers.contains_key("retry-after"));
    }
    assert_eq!(count(&app).await, stored);
}

/// A second user of the database, in the middle of a transaction that keeps others from writing records.
enum Lock {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Lock {
    async fn take(url: &str) -> Self {
        if url.starts_with("sqlite") {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
            return Self::Sqlite(connection);
        }
        let mut connection = PgConnection::connect(url).await.unwrap();
        query("BEGIN").execute(&mut connection).await.unwrap();
        query("LOCK TABLE record_key IN EXCLUSIVE MODE").execute(&mut connection).await.unwrap();
        Self::Postgres(connection)
    }

    async fn release(&mut self) {
        match self {
            Self::Sqlite(connection) => query("ROLLBACK").execute(connection).await.map(drop),
            Self::Postgres(connection) => query("ROLLBACK").execute(connection).await.map(drop),
        }
        .unwrap();
    }
}

async fn texts_beyond_the_bound_are_kept(app: Arc<TestApp>) {
    for number in 1..=4 {
        let record = Record::numbered(number)
            .with("classification", &format!("org.example/test/{number}"))
            .with("build", &number.to_string())
            .with("cpu_model", &format!("CPU {number}"));
        let stored: LegacyRecord = app.send(record.in_headers()).await.expect(StatusCode::CREATED).json();
        let answer = app.get(&format!("/api/records?from_id={}&limit=1", stored.id + 1)).await;
        let records = answer.expect(StatusCode::OK).json::<telemetrics_common::legacy::LegacyRecords>().records;
        assert_eq!(records, std::slice::from_ref(&stored));
        assert_eq!(stored.cpu_model, format!("CPU {number}"));
    }
    let page = app.call(&Paged::first(RecordFilter::default())).await;
    let builds: Vec<&str> = page.records.iter().map(|row| row.build.as_str()).collect();
    assert_eq!(builds, ["4", "3", "2", "1"]);
}

async fn machines_that_send_too_much_are_told_to_wait(app: Arc<TestApp>) {
    for number in 0..3 {
        app.send(Record::numbered(number).in_json()).await.expect(StatusCode::CREATED);
    }
    let answer = app.send(Record::numbered(3).in_headers()).await.expect(StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers["retry-after"], "20");
    assert_eq!(answer.message(), "too many records of this machine; send the record again later");
    let other = |number: u32| Record::numbered(number).with("machine_id", "another");
    app.send(other(4).in_headers()).await.expect(StatusCode::CREATED);
    let answer = app.send(other(5).in_headers()).await.expect(StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.message(), "more records come than this server may take");
    assert!(answer.headers.contains_key("retry-after"));
}
