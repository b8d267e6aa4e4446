//! Invalid records: quarantine and replay.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;
use telemetrics_backend::store::insert::NewQuarantined;
use telemetrics_common::paging::Paged;
use telemetrics_common::quarantine::{ListQuarantine, ReplayQuarantine, Replayed};
use telemetrics_common::{RecordFilter, Timestamp};

use crate::on_both_databases;
use crate::support::request::Record;
use crate::support::{NOW, TestApp};

on_both_databases!(
    an_invalid_json_record_is_kept,
    a_header_form_record_can_be_kept_too("--invalid-header-records", "quarantine"),
    a_json_form_record_can_be_refused_too("--invalid-json-records", "reject"),
    the_quarantine_is_bounded("--max-quarantine", "2"),
    a_replay_stores_what_passes_now,
);

async fn an_invalid_json_record_is_kept(app: Arc<TestApp>) {
    let bodies = [
        Record::new().with("severity", "9").to_json(),
        Record::new().without("event_id").to_json(),
        "{\"classification\": \"org.ex".to_owned(),
        "[1]".to_owned(),
        String::new(),
    ];
    for body in &bodies {
        let answer = app.send(Record::new().in_json_with(body.clone().into())).await.expect(StatusCode::OK);
        assert_eq!(answer.json::<Value>()["quarantined"], true);
    }
    let page = app.call(&ListQuarantine { limit: Some(3), ..Paged::default() }).await;
    assert_eq!(page.total, 5);
    let rest = app.call(&ListQuarantine { before: page.next_before, ..Paged::default() }).await;
    let kept: Vec<_> = page.records.into_iter().chain(rest.records).collect();
    let newest_first: Vec<&str> = bodies.iter().rev().map(String::as_str).collect();
    assert_eq!(kept.iter().map(|record| record.body.as_str()).collect::<Vec<_>>(), newest_first);
    assert!(kept[4].reason.starts_with("severity:"), "{}", kept[4].reason);
    assert!(kept[3].reason.starts_with("event_id:"), "{}", kept[3].reason);
    assert!(app.call(&Paged::first(RecordFilter::default())).await.records.is_empty());
}

async fn a_header_form_record_can_be_kept_too(app: Arc<TestApp>) {
    let record = Record::new().with("severity", "9");
    app.send(record.in_headers()).await.expect(StatusCode::OK);
    let page = app.call(&ListQuarantine::default()).await;
    let body: Value = serde_json::from_str(&page.records[0].body).unwrap();
    assert_eq!(body, serde_json::from_str::<Value>(&record.to_json()).unwrap());
}

async fn a_json_form_record_can_be_refused_too(app: Arc<TestApp>) {
    let answer = app.send(Record::new().with("severity", "9").in_json()).await.expect(StatusCode::BAD_REQUEST);
    assert!(answer.message().starts_with("severity:"));
    assert_eq!(app.call(&ListQuarantine::default()).await.total, 0);
}

async fn the_quarantine_is_bounded(app: Arc<TestApp>) {
    let send = async || app.send(Record::new().with("severity", "9").in_json()).await;
    send().await.expect(StatusCode::OK);
    send().await.expect(StatusCode::OK);
    let answer = send().await.expect(StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.message().contains("quarantine is full"), "{}", answer.message());
}

async fn a_replay_stores_what_passes_now(app: Arc<TestApp>) {
    // As if a rule had refused the first and the last one before.
    let oldest = Record::numbered(1).with("record_format_version", "1").to_json();
    let bad = Record::new().with("severity", "9").to_json();
    for body in [oldest, bad, Record::numbered(2).to_json()] {
        let received_at = Timestamp::from_seconds(NOW - 3600);
        let new = NewQuarantined { received_at, reason: "an older rule".to_owned(), external: true, body };
        app.state.writer.quarantine(new).await.unwrap();
    }
    assert_eq!(app.call(&ReplayQuarantine {}).await, Replayed { stored: 2, kept: 1 });
    assert_eq!(app.call(&ReplayQuarantine {}).await, Replayed { stored: 0, kept: 1 });
    let page = app.call(&Paged::first(RecordFilter::default())).await;
    assert_eq!(page.records.len(), 2);
    assert!(page.records.iter().all(|row| row.external && row.received_at == Timestamp::from_seconds(NOW - 3600)));
    assert_eq!(app.call(&ListQuarantine::default()).await.total, 1);
    let get = Request::get("/api/v1/quarantine/replay").header("host", "localhost").body(Body::empty()).unwrap();
    app.send(get).await.expect(StatusCode::METHOD_NOT_ALLOWED);
}
