//! `GET /api/records`, the older server's query.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::Value;
use telemetrics_common::legacy::LegacyRecords;

use super::records::store_fleet;
use crate::on_both_databases;
use crate::support::request::Record;
use crate::support::{NOW, TestApp};

on_both_databases!(keys_are_the_older_servers, parameters_narrow_the_answer, parameters_are_checked);

async fn keys_are_the_older_servers(app: Arc<TestApp>) {
    app.send(Record::new().in_headers()).await.expect(StatusCode::CREATED);
    let answer: Value = app.get("/api/records").await.expect(StatusCode::OK).json();
    assert_eq!(
        answer,
        serde_json::json!({"records": [{
            "id": 1,
            "machine_id": "0123456789abcdef0123456789abcdef",
            "machine_type": "Example|Laptop|1",
            "arch": "x86_64",
            "build": "41150",
            "kernel_version": "6.12.8-1500.native",
            "ts_capture": "2026-11-23 07:59:00 UTC",
            "ts_reception": "2026-11-23 08:00:00 UTC",
            "severity": 2,
            "classification": "org.example/test/one",
            "record_format_version": 4,
            "payload_format_version": 1,
            "system_name": "clear-linux-os",
            "payload": "hello\n",
            "board_name": "Board|1",
            "bios_version": "1.2",
            "cpu_model": "CPU @ 2.50GHz",
            "event_id": "00000000000000000000000000000001",
            "external": false
        }]})
    );
}

async fn parameters_narrow_the_answer(app: Arc<TestApp>) {
    let empty: LegacyRecords = app.get("/api/records").await.expect(StatusCode::OK).json();
    assert!(empty.records.is_empty());
    let all = store_fleet(&app, 800).await;
    let check = async |query: String, expected: Vec<i64>| {
        let answer: LegacyRecords = app.get(&format!("/api/records?{query}")).await.expect(StatusCode::OK).json();
        assert_eq!(answer.records.iter().map(|record| record.id).collect::<Vec<_>>(), expected, "{query}");
    };
    let ids = |passes: &dyn Fn(&telemetrics_backend::store::records::StoredRecord) -> bool| -> Vec<i64> {
        all.iter().filter(|stored| passes(stored)).map(|stored| stored.id).collect()
    };
    let some = &all[300].record;
    check(String::new(), ids(&|_| true)).await;
    check("limit=3".to_owned(), ids(&|_| true)[..3].to_vec()).await;
    check(format!("from_id={}&limit=5", all[9].id), ids(&|_| true)[10..15].to_vec()).await;
    check("severity=2".to_owned(), ids(&|stored| stored.record.severity == 2)).await;
    check(format!("machine_id={}", some.machine_id), ids(&|stored| stored.record.machine_id == some.machine_id)).await;
    check(format!("build={}", some.build), ids(&|stored| stored.record.build == some.build)).await;
    check(
        format!("classification={}", some.classification),
        ids(&|stored| stored.record.classification == some.classification),
    )
    .await;
    let since = |seconds: i64| ids(&|stored| stored.received_at.seconds() >= NOW - seconds);
    check("created_in_days=3".to_owned(), since(3 * 86_400)).await;
    check("created_in_sec=40000".to_owned(), since(40_000)).await;
    check("created_in_days=1&created_in_sec=1".to_owned(), since(86_400)).await;
    check("created_in_sec=0".to_owned(), since(0)).await;
}

async fn parameters_are_checked(app: Arc<TestApp>) {
    for (query, begin) in [
        ("limit=0", "limit: must be 1 to 10000"),
        ("limit=10001", "limit: must be 1 to 10000"),
        ("severity=0", "severity: must be 1 to 4"),
        ("classification=a/b", "classification: must be"),
        ("machine_id=0123456789abcdef0123456789abcdef0", "machine_id: must be 1 to 32 characters"),
        ("created_in_days=x", "created_in_days: must be a whole number"),
        ("created_in_sec=-1", "created_in_sec: must be a whole number"),
        ("from_id=x", "from_id: must be a whole number"),
        ("payload=x", "payload: unknown parameter"),
    ] {
        let message = app.refused(&format!("/api/records?{query}")).await;
        assert!(message.starts_with(begin), "{query}: {message}");
    }
}
