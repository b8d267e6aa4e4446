//! `GET /api/v1/records.csv` and `/api/v1/records.ndjson`.

use std::sync::Arc;

use axum::http::StatusCode;
use telemetrics_common::records::RecordDetails;

use super::records::{store_fleet, with_guilty_of};
use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::request::Record;

on_both_databases!(csv_keeps_payloads_byte_for_byte, ndjson_has_every_field, formulas_are_guarded_when_asked);

async fn csv_keeps_payloads_byte_for_byte(app: Arc<TestApp>) {
    let payload = "a,\"quoted\"\r\n\tb\n\n";
    app.send(Record::numbered(1).in_headers_with(payload.into())).await.expect(StatusCode::CREATED);
    let answer = app.get("/api/v1/records.csv").await.expect(StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(
        answer.text(),
        "id,external,server_timestamp,severity,classification,build,machine_id,payload\r\n\
         1,false,2026-11-23T08:00:00Z,2,org.example/test/one,41150,0123456789abcdef0123456789abcdef,\
         \"a,\"\"quoted\"\"\r\n\tb\n\n\"\r\n"
    );
    // More than one chunk, and only what the filter lets through.
    let all = store_fleet(&app, 700).await;
    let answer = app.get("/api/v1/records.csv?classification=org.clearlinux/*").await.expect(StatusCode::OK);
    let mut reader = csv::Reader::from_reader(answer.body.as_ref());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
    let expected: Vec<_> =
        all.iter().filter(|stored| stored.record.classification.starts_with("org.clearlinux/")).collect();
    assert_eq!(rows.len(), expected.len());
    for (row, stored) in rows.iter().zip(expected) {
        assert_eq!(row[0], stored.id.to_string());
        assert_eq!(row[1], stored.record.external.to_string());
        assert_eq!(row[7], stored.record.payload);
    }
}

async fn ndjson_has_every_field(app: Arc<TestApp>) {
    let all = store_fleet(&app, 600).await;
    let answer = app.get("/api/v1/records.ndjson?severity=1,2,3,4").await.expect(StatusCode::OK);
    let lines: Vec<RecordDetails> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), all.len());
    for (line, stored) in lines.into_iter().zip(all) {
        assert_eq!(line, with_guilty_of(&line, stored));
    }
}

async fn formulas_are_guarded_when_asked(app: Arc<TestApp>) {
    app.send(Record::numbered(1).in_headers_with("=HYPERLINK(\"x\")".into())).await.expect(StatusCode::CREATED);
    let plain = app.get("/api/v1/records.csv").await.expect(StatusCode::OK).text();
    assert!(plain.contains(",\"=HYPERLINK(\"\"x\"\")\"\r\n"), "{plain}");
    let guarded = app.get("/api/v1/records.csv?guard_formulas=true&severity=2").await.expect(StatusCode::OK).text();
    assert!(guarded.contains(",\"'=HYPERLINK(\"\"x\"\")\"\r\n"), "{guarded}");
    assert!(app.refused("/api/v1/records.csv?guard_formulas=maybe").await.starts_with("guard_formulas: "));
}
