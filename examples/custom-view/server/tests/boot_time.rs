//! The view as its users have it: records go in, counts come out. On SQLite, and on the PostgreSQL
//! server that `TEST_POSTGRES_URL` names.

use axum::http::StatusCode;
use boot_time_common::{BuildBoots, CLASSIFICATION, GetBootTime, OTHER, SecondBoots};
use boot_time_server::{BootTime, app};
use telemetrics_backend::testing::request::Record;
use telemetrics_backend::testing::{Database, Kind, NOW, TestApp};
use telemetrics_backend::{App, views};
use telemetrics_common::Timestamp;
use telemetrics_common::views::ListViews;

async fn start(app: App, database: &Database, options: &[&str]) -> TestApp {
    TestApp::start_app(app, &database.url, options, || Timestamp::from_seconds(NOW)).await
}

fn record(number: u32, build: &str, payload: &str) -> Record {
    Record::numbered(number)
        .with("classification", CLASSIFICATION)
        .with("system_name", "example-os")
        .with("build", build)
        .with("payload", payload)
}

/// Sends a record, which must get this answer.
async fn send(server: &TestApp, record: Record, status: StatusCode) {
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
    let server = start(app(), &database, &[]).await;
    send(&server, record(1, "9", "boot_ms=2000\n"), StatusCode::CREATED).await;
    send(&server, record(2, "10", "boot_ms=4500\n"), StatusCode::CREATED).await;
    send(&server, record(3, "10", "a payload that says nothing\n"), StatusCode::CREATED).await;
    // The same bytes again, as a machine sends them that has not heard the answer.
    send(&server, record(2, "10", "boot_ms=4500\n"), StatusCode::OK).await;
    let all = server.call(&GetBootTime::default()).await;
    assert_eq!(all.builds, [build("9", 1, 2000), build("10", 1, 4500)]);
    assert_eq!(all.seconds, [second(2, 1), second(4, 1)]);
    let slow = server.call(&GetBootTime { at_least: Some(3), ..GetBootTime::default() }).await;
    assert_eq!(slow.builds, [build("10", 1, 4500)]);
    let other = GetBootTime { system: Some("other-os".to_owned()), ..GetBootTime::default() };
    assert_eq!(server.call(&other).await.builds, []);
    let tomorrow = Some("2026-11-24T00:00:00Z".parse().unwrap());
    let later = server.call(&GetBootTime { from: tomorrow, ..GetBootTime::default() }).await;
    assert_eq!(later.builds, []);
    server.stop().await;
    database.remove().await;
}

/// Whatever texts and clocks machines send, there are so many builds, and days on which records came.
async fn what_machines_make_up_is_bounded(kind: Kind) {
    let database = Database::new(kind).await;
    let of_two = App::new().with_views(views::builtin()).with_view(BootTime { max_builds: 2 });
    let server = start(of_two, &database, &[]).await;
    for (number, build) in (1..).zip(["9", "10", "11", "12", "10"]) {
        send(&server, record(number, build, "boot_ms=1000\n"), StatusCode::CREATED).await;
    }
    let counted = [build(OTHER, 2, 1000), build("9", 1, 1000), build("10", 2, 1000)];
    assert_eq!(server.call(&GetBootTime::default()).await.builds, counted);
    for (number, clock) in (6..).zip(["0", "253402300799"]) {
        let wrong = record(number, "9", "boot_ms=9000000\n").with("creation_timestamp", clock);
        send(&server, wrong, StatusCode::CREATED).await;
    }
    let (from, to) = ("2026-11-23".parse().ok(), "2026-11-24".parse().ok());
    let today = server.call(&GetBootTime { from, to, ..GetBootTime::default() }).await;
    assert_eq!(today.seconds, [second(1, 5), second(600, 2)]);
    server.stop().await;
    database.remove().await;
}

/// Records from before there was the view.
async fn earlier_records_are_counted_at_the_first_start(kind: Kind) {
    let database = Database::new(kind).await;
    let server = start(App::new().with_views(views::builtin()), &database, &[]).await;
    for number in 1..=3 {
        send(&server, record(number, "9", "boot_ms=1500\n"), StatusCode::CREATED).await;
    }
    server.stop().await;
    for _ in 0..2 {
        let server = start(app(), &database, &[]).await;
        assert_eq!(server.call(&GetBootTime::default()).await.builds, [build("9", 3, 1500)]);
        server.stop().await;
    }
    database.remove().await;
}

#[tokio::test]
async fn sqlite() {
    boots_are_counted_once(Kind::Sqlite).await;
    what_machines_make_up_is_bounded(Kind::Sqlite).await;
    earlier_records_are_counted_at_the_first_start(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres() {
    boots_are_counted_once(Kind::Postgres).await;
    what_machines_make_up_is_bounded(Kind::Postgres).await;
    earlier_records_are_counted_at_the_first_start(Kind::Postgres).await;
}

/// On a server whose charts everybody may see.
#[tokio::test]
async fn the_view_needs_an_account() {
    let database = Database::new(Kind::Sqlite).await;
    let server = start(app(), &database, &["--listen", "0.0.0.0:8080", "--public-read"]).await;
    let tabs = server.call(&ListViews {}).await;
    assert!(tabs.iter().any(|tab| tab.slug == "updates") && tabs.iter().all(|tab| tab.slug != "boot-time"));
    server.get("/api/v1/boot-time").await.expect(StatusCode::UNAUTHORIZED);
    server.stop().await;
    database.remove().await;
}
