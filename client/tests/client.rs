//! The client asks a server of its own, over the network.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use futures_util::TryStreamExt;
use serde_json::Value;
use telemetrics_backend::server::{self, Limits};
use telemetrics_backend::testing::request::Record;
use telemetrics_backend::testing::{Database, Kind, TestApp};
use telemetrics_client::{Client, Error, Reported, Retries};
use telemetrics_common::RecordFilter;
use telemetrics_common::guilties::Recompute;
use telemetrics_common::paging::Paged;
use telemetrics_common::records::{GetRecord, NDJSON_PATH};
use telemetrics_common::views::ListViews;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A server on a database and a port of its own.
struct Server {
    database: Database,
    app: TestApp,
    address: SocketAddr,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start() -> Self {
        let database = Database::new(Kind::Sqlite).await;
        let app = TestApp::start(&database.url, &[]).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let (front, state, stopping) = (app.front.clone(), app.state.clone(), stop.clone());
        let serve = async move { server::serve(listener, None, front, &state, Limits::default(), stopping).await };
        Self { database, app, address, stop, task: tokio::spawn(serve) }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// With so many records in it.
    async fn with_records(count: u32) -> (Self, Client) {
        let server = Self::start().await;
        let client = Client::new(&server.url()).unwrap();
        for number in 0..count {
            let reported = client.report(&json(&Record::numbered(number))).await.unwrap();
            assert!(matches!(reported, Reported::Stored(_)));
        }
        (server, client)
    }

    async fn close(self) {
        self.stop.cancel();
        self.task.await.unwrap();
        self.app.stop().await;
        self.database.remove().await;
    }
}

fn json(record: &Record) -> Value {
    serde_json::from_str(&record.to_json()).unwrap()
}

#[tokio::test]
async fn rows_come_page_by_page_to_the_last() {
    let (server, client) = Server::with_records(25).await;
    for limit in [1, 10, 25, 1000] {
        let call = Paged { limit: Some(limit), ..Paged::first(RecordFilter::default()) };
        let ids: Vec<i64> = client.rows(call).map_ok(|record| record.id).try_collect().await.unwrap();
        assert_eq!(ids, (1..=25).rev().collect::<Vec<_>>(), "{limit} a page");
    }
    server.close().await;
}

#[tokio::test]
async fn exports_come_as_they_are() {
    let (server, client) = Server::with_records(3).await;
    let filter = RecordFilter { payload: Some("record [12]".to_owned()), ..RecordFilter::default() };
    let chunks: Vec<_> = client.export(NDJSON_PATH, &filter).await.unwrap().try_collect().await.unwrap();
    assert_eq!(String::from_utf8(chunks.concat()).unwrap().lines().count(), 2);
    server.close().await;
}

#[tokio::test]
async fn records_are_stored_once_and_broken_ones_kept_apart() {
    let (server, client) = Server::with_records(1).await;
    let stored = async |record: &Record| match client.report(&json(record)).await.unwrap() {
        Reported::Stored(record) => record.id,
        other => panic!("{other:?}"),
    };
    assert_eq!(stored(&Record::numbered(0)).await, 1);
    assert_ne!(stored(&Record::numbered(1)).await, 1);
    match client.report(&json(&Record::new().with("severity", "9"))).await.unwrap() {
        Reported::Quarantined(kept) => assert!(kept.message.starts_with("severity"), "{}", kept.message),
        other => panic!("{other:?}"),
    }
    let stranger = client.clone().with_telemetry_id("somebody").unwrap();
    assert_eq!(stranger.report(&json(&Record::numbered(2))).await.unwrap_err().status(), Some(403));
    server.close().await;
}

#[tokio::test]
async fn refusals_say_why() {
    let (server, client) = Server::with_records(0).await;
    let error = client.call(&Paged { limit: Some(0), ..Paged::first(RecordFilter::default()) }).await.unwrap_err();
    assert_eq!(error.to_string(), "/api/v1/records?limit=0: 400: limit: must be 1 to 1000");
    assert_eq!(client.call(&GetRecord { id: 7 }).await.unwrap_err().status(), Some(404));
    server.close().await;
}

#[test]
fn what_is_no_address_or_token_is_told() {
    let check = |server: &str| matches!(Client::new(server), Err(Error::Address(text)) if text == server);
    assert!(["", "localhost:8080", "ftp://a", "/srv"].into_iter().all(check));
    let client = Client::new("https://example/telemetry/").unwrap();
    assert!(matches!(client.with_token("a\nb"), Err(Error::Unsendable("token"))));
}

/// A server that answers with these statuses in turn, then `[]`, and to nobody without a token.
async fn moody(statuses: &'static [StatusCode]) -> (Client, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let router = Router::new().fallback(move |headers: HeaderMap| {
        let number = count.fetch_add(1, Ordering::Relaxed) as usize;
        async move {
            let has_token = headers.get(header::AUTHORIZATION).is_some_and(|value| value == "Bearer secret");
            let status = if has_token { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
            let status = statuses.get(number).copied().unwrap_or(status);
            (status, [(header::RETRY_AFTER, "0")], "[]").into_response()
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let retries = Retries::default().with_attempts(3).with_pauses(Duration::ZERO, Duration::ZERO);
    (Client::new(&url).unwrap().with_token("secret").unwrap().with_retries(retries), asked)
}

#[tokio::test]
async fn reads_are_made_again_as_often_as_allowed() {
    let (client, asked) = moody(&[StatusCode::SERVICE_UNAVAILABLE, StatusCode::BAD_GATEWAY]).await;
    assert_eq!(client.call(&ListViews {}).await.unwrap(), []);
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    let (client, asked) = moody(&[StatusCode::SERVICE_UNAVAILABLE; 9]).await;
    assert_eq!(client.call(&ListViews {}).await.unwrap_err().status(), Some(503));
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    let (client, asked) = moody(&[StatusCode::SERVICE_UNAVAILABLE; 9]).await;
    assert_eq!(client.with_retries(Retries::NEVER).call(&ListViews {}).await.unwrap_err().status(), Some(503));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn changes_are_made_again_only_where_nothing_has_begun() {
    let (client, asked) = moody(&[StatusCode::BAD_GATEWAY; 9]).await;
    assert_eq!(client.call(&Recompute {}).await.unwrap_err().status(), Some(502));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let (client, asked) = moody(&[StatusCode::SERVICE_UNAVAILABLE; 9]).await;
    assert_eq!(client.call(&Recompute {}).await.unwrap_err().status(), Some(503));
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn who_is_not_there_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Client::new(&url).unwrap().with_retries(Retries::NEVER).call(&ListViews {}).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(error.is_temporary() && !error.is_timeout(), "{error}");
    assert!(error.to_string().starts_with("/api/v1/views: "), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guides_example_is_the_one_that_runs() {
    let example = include_str!("../examples/crashed_machines.rs");
    let (_, shown) = example.split_once("\n\n").unwrap();
    let guide = include_str!("../../docs/api.md");
    assert!(guide.contains(&format!("```rust\n{shown}```")), "docs/api.md shows another crashed_machines.rs");
    let (server, client) = Server::with_records(0).await;
    for (number, machine) in ["a", "b", "a"].into_iter().enumerate() {
        let record = Record::numbered(number as u32).with("classification", "org.clearlinux/crash/clr");
        client.report(&json(&record.with("machine_id", machine))).await.unwrap();
    }
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().unwrap().with_file_name("examples").join("crashed_machines");
    let url = server.url();
    let output = tokio::task::spawn_blocking(move || Command::new(program).arg(url).output()).await.unwrap().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2 machines have crashed\n");
    server.close().await;
}
