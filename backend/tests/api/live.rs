//! `GET /api/v1/records/live`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use sea_orm::sqlx::postgres::PgListener;
use sea_orm::sqlx::{PgPool, PgTransaction, query_scalar};
use telemetrics_common::query;
use telemetrics_common::records::RecordRow;
use tokio::time::timeout;
use tower::ServiceExt;

use super::records::{filters, passes, small_fleet, store_all};
use crate::on_both_databases;
use crate::support::request::Record;
use crate::support::{Kind, TestApp, on};

on_both_databases!(
    listeners_get_what_they_ask_for,
    filters_agree_with_a_look_at_every_record,
    records_of_other_instances_come_too,
    who_cannot_follow_is_told_how_many_were_missed,
    a_stop_ends_the_stream,
);

/// How long something is waited for that must come.
const PATIENCE: Duration = Duration::from_secs(30);

struct Listener(Body);

impl Listener {
    async fn new(app: &TestApp, query: &str) -> Self {
        let path = format!("/api/v1/records/live?{query}");
        let request = Request::get(path).header("host", "localhost").body(Body::empty()).unwrap();
        let response = app.front.clone().oneshot(request).await.unwrap();
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

    /// Takes what comes until so many records have come, in their order, or been missed; gives how many were missed.
    async fn take(&mut self, records: u64) -> u64 {
        let (mut came, mut missed, mut last) = (0, 0, 0);
        while came + missed < records {
            let line = self.line().await.expect("an event");
            if let Some(data) = line.strip_prefix("data: ") {
                let id = serde_json::from_str::<RecordRow>(data).unwrap().id;
                assert!(id > last, "{id} after {last}");
                (came, last) = (came + 1, id);
            } else if let Some(data) = line.strip_prefix("event: missed\ndata: ") {
                missed += data.parse::<u64>().unwrap();
            }
        }
        assert_eq!(came + missed, records);
        missed
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

/// How many sessions hear of other instances' records.
async fn hearing(database: &PgPool) -> i64 {
    let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'";
    query_scalar(sql).fetch_one(database).await.unwrap()
}

async fn until_so_many_hear(database: &PgPool, sessions: i64) {
    let reached = async { while hearing(database).await != sessions {} };
    timeout(PATIENCE, reached).await.expect("another number of sessions that hear");
}

/// All who watch hear other instances by one session.
#[tokio::test]
async fn instances_tell_each_other() {
    on(Kind::Postgres, &[], |app| async move {
        let database = PgPool::connect(&app.state.config.database.url.0).await.unwrap();
        assert_eq!(hearing(&database).await, 0);
        let listeners = [Listener::new(&app, "").await, Listener::new(&app, "severity=4").await];
        until_so_many_hear(&database, 1).await;
        let mut told = PgListener::connect_with(&database).await.unwrap();
        told.listen("telemetrics_records").await.unwrap();
        app.send(Record::numbered(1).in_headers()).await.expect(StatusCode::CREATED);
        timeout(PATIENCE, told.recv()).await.expect("a notice").unwrap();
        drop(told);
        drop(listeners);
        until_so_many_hear(&database, 0).await;
        database.close().await;
    })
    .await;
}

async fn who_cannot_follow_is_told_how_many_were_missed(app: Arc<TestApp>) {
    let mut slow = Listener::new(&app, "").await;
    let mut quick = Listener::new(&app, "").await;
    let records = store_all(&app, small_fleet(6000)).await.len() as u64;
    quick.take(records).await;
    let missed = slow.take(records).await;
    assert!(0 < missed && missed < records, "{missed}");
    app.send(Record::numbered(1).in_headers()).await.expect(StatusCode::CREATED);
    assert_eq!(slow.row().await.excerpt, "record 1");
    assert_eq!(quick.row().await.excerpt, "record 1");
}

/// Stores the first record once more, without a commit, and gives the copy's id.
async fn store_slowly(database: &PgPool) -> (PgTransaction<'static>, i64) {
    let mut transaction = database.begin().await.unwrap();
    let copy = "INSERT INTO records SELECT copy.* FROM records AS original, nextval('records_id_seq') AS number, \
                jsonb_populate_record(original, jsonb_build_object('id', number)) AS copy \
                WHERE original.id = (SELECT MIN(id) FROM records) RETURNING id";
    let id = query_scalar(copy).fetch_one(&mut *transaction).await.unwrap();
    (transaction, id)
}

/// PostgreSQL gives ids before the commit.
#[tokio::test]
async fn records_that_were_overtaken_come_too() {
    on(Kind::Postgres, &[], |app| async move {
        let send = async |number| app.send(Record::numbered(number).in_headers()).await.expect(StatusCode::CREATED);
        send(1).await;
        let database = PgPool::connect(&app.state.config.database.url.0).await.unwrap();
        let before = store_slowly(&database).await;
        send(2).await;
        let mut listener = Listener::new(&app, "").await;
        let meanwhile = store_slowly(&database).await;
        send(3).await;
        assert_eq!(listener.row().await.excerpt, "record 3");
        for (transaction, id) in [before, meanwhile] {
            transaction.commit().await.unwrap();
            assert_eq!(listener.row().await.id, id);
        }
        database.close().await;
    })
    .await;
}

async fn a_stop_ends_the_stream(app: Arc<TestApp>) {
    let mut listener = Listener::new(&app, "").await;
    app.state.stopping.cancel();
    assert_eq!(listener.line().await, None);
}
