//! The view as its users have it: records go in, counts come out. On SQLite, and on the PostgreSQL
//! server that `TEST_POSTGRES_URL` names.

use axum::http::StatusCode;
use boot_time_common::{BuildBoots, CLASSIFICATION, GetBootTimes, SecondBoots};
use boot_time_server::app;
use telemetrics_backend::testing::request::Record;
use telemetrics_backend::testing::{Database, Kind, NOW, TestApp};
use telemetrics_backend::{App, views};
use telemetrics_common::Timestamp;

async fn start(app: App, database: &Database) -> TestApp {
    TestApp::start_app(app, &database.url, &[], || Timestamp::from_seconds(NOW)).await
}

/// Sends a record, which must get this answer.
async fn send(server: &TestApp, number: u32, build: &str, payload: &str, status: StatusCode) {
    let record = Record::numbered(number)
        .with("classification", CLASSIFICATION)
        .with("system_name", "example-os")
        .with("build", build)
        .with("payload", payload);
    server.send(record.in_json()).await.expect(status);
}

fn build(build: &str, boots: u64, mean_ms: u64) -> BuildBoots {
    BuildBoots { build: build.to_owned(), boots, mean_ms }
}

fn second(seconds: u32, boots: u64) -> SecondBoots {
    SecondBoots { seconds, boots }
}

async fn boots_are_counted_once(kind: Kind) {
    let database = Database::new(kind).await;
    let server = start(app(), &database).await;
    send(&server, 1, "9", "userspace_ms=2000\n", StatusCode::CREATED).await;
    send(&server, 2, "10", "userspace_ms=4500\n", StatusCode::CREATED).await;
    send(&server, 3, "10", "a payload that says nothing\n", StatusCode::CREATED).await;
    // The same bytes again, as a machine sends them that has not heard the answer.
    send(&server, 2, "10", "userspace_ms=4500\n", StatusCode::OK).await;
    let all = server.call(&GetBootTimes::default()).await;
    assert_eq!(all.builds, [build("9", 1, 2000), build("10", 1, 4500)]);
    assert_eq!(all.seconds, [second(2, 1), second(4, 1)]);
    let slow = server.call(&GetBootTimes { at_least: Some(3), ..GetBootTimes::default() }).await;
    assert_eq!(slow.builds, [build("10", 1, 4500)]);
    let other = GetBootTimes { system: Some("other-os".to_owned()), ..GetBootTimes::default() };
    assert_eq!(server.call(&other).await.builds, []);
    let tomorrow = Some("2026-11-24T00:00:00Z".parse().unwrap());
    let later = server.call(&GetBootTimes { from: tomorrow, ..GetBootTimes::default() }).await;
    assert_eq!(later.builds, []);
    server.stop().await;
    database.remove().await;
}

/// Records from before there was the view.
async fn earlier_records_are_counted_at_the_first_start(kind: Kind) {
    let database = Database::new(kind).await;
    let server = start(App::new().with_views(views::builtin()), &database).await;
    for number in 1..=3 {
        send(&server, number, "9", "userspace_ms=1500\n", StatusCode::CREATED).await;
    }
    server.stop().await;
    for _ in 0..2 {
        let server = start(app(), &database).await;
        assert_eq!(server.call(&GetBootTimes::default()).await.builds, [build("9", 3, 1500)]);
        server.stop().await;
    }
    database.remove().await;
}

#[tokio::test]
async fn sqlite() {
    boots_are_counted_once(Kind::Sqlite).await;
    earlier_records_are_counted_at_the_first_start(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres() {
    boots_are_counted_once(Kind::Postgres).await;
    earlier_records_are_counted_at_the_first_start(Kind::Postgres).await;
}
