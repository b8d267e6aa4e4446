//! `GET /api/v1/records/live`.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use telemetrics_common::query;
use telemetrics_common::records::RecordRow;
use tower::ServiceExt;

use super::records::{filters, passes, small_fleet, store_all};
use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::request::Record;

on_both_databases!(
    listeners_get_what_they_ask_for,
    filters_agree_with_a_look_at_every_record,
    records_of_other_instances_come_too,
    a_stop_ends_the_stream,
);

struct Listener(Body);

impl Listener {
    async fn new(app: &TestApp, query: &str) -> Self {
        let path = format!("/api/v1/records/live?{query}");
        let request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
        let response = app.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut listener = Self(response.into_body());
        assert_eq!(listener.line().await.as_deref(), Some(": listening"));
        listener
    }

    /// The next event's text; `None` when the stream has ended.
    async fn line(&mut self) -> Option<String> {
        let frame = self.0.frame().await?.unwrap();
        Some(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap().trim_end().to_owned())
    }

    async fn row(&mut self) -> RecordRow {
        loop {
            let line = self.line().await.expect("an event");
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }
}

async fn listeners_get_what_they_ask_for(app: Arc<TestApp>) {
    app.send(Record::numbered(1).in_headers()).await.expect(StatusCode::CREATED);
    let mut everything = Listener::new(&app, "").await;
    let mut high = Listener::new(&app, "severity=3,4").await;
    let mut payload = Listener::new(&app, "payload=record+4&classification=org.example/*").await;
    for (number, severity) in [(2, "1"), (3, "3"), (4, "2")] {
        let record = Record::numbered(number).with("severity", severity);
        app.send(record.in_headers()).await.expect(StatusCode::CREATED);
    }
    for number in [2, 3, 4] {
        assert_eq!(everything.row().await.excerpt, format!("record {number}"));
    }
    assert_eq!(high.row().await.excerpt, "record 3");
    assert_eq!(payload.row().await.excerpt, "record 4");
}

async fn filters_agree_with_a_look_at_every_record(app: Arc<TestApp>) {
    let mut earlier = small_fleet(600);
    let later = earlier.split_off(300);
    let known = store_all(&app, earlier).await;
    let mut listeners = Vec::new();
    for filter in filters(&known) {
        let query = query::encode(&query::to_pairs(&filter));
        listeners.push((filter, Listener::new(&app, &query).await));
    }
    let new = store_all(&app, later).await;
    for (filter, mut listener) in listeners {
        for stored in new.iter().rev().filter(|stored| passes(&filter, stored)) {
            assert_eq!(listener.row().await.id, stored.id, "{filter:?}");
        }
    }
}

async fn records_of_other_instances_come_too(app: Arc<TestApp>) {
    let other = TestApp::start(&app.state.config.database.url.0, &[]).await;
    let mut listener = Listener::new(&app, "").await;
    other.send(Record::numbered(1).in_headers()).await.expect(StatusCode::CREATED);
    assert_eq!(listener.row().await.excerpt, "record 1");
    other.stop().await;
}

async fn a_stop_ends_the_stream(app: Arc<TestApp>) {
    let mut listener = Listener::new(&app, "").await;
    app.state.stopping.cancel();
    assert_eq!(listener.line().await, None);
}
