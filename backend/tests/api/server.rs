//! What is around the routes: hosts, headers, health, slow senders, and stopping.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures_util::future::join_all;
use telemetrics_backend::server::{self, Limits};
use telemetrics_common::RecordFilter;
use telemetrics_common::paging::Paged;
use telemetrics_common::views::ListViews;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::on_both_databases;
use crate::support::request::Record;
use crate::support::{Database, Kind, TestApp};

on_both_databases!(health_and_numbers, foreign_hosts_are_refused, a_stop_loses_nothing);

async fn health_and_numbers(app: Arc<TestApp>) {
    app.get("/healthz").await.expect(StatusCode::OK);
    app.get("/readyz").await.expect(StatusCode::OK);
    app.send(Record::new().in_headers()).await.expect(StatusCode::CREATED);
    app.send(Record::new().in_headers()).await.expect(StatusCode::OK);
    app.send(Record::new().with("severity", "9").in_headers()).await.expect(StatusCode::BAD_REQUEST);
    let text = app.get("/metrics").await.expect(StatusCode::OK).text();
    for (result, count) in [("stored", 1), ("resent", 1), ("refused", 1), ("quarantined", 0)] {
        let line = format!("telemetrics_collector_records_total{{result=\"{result}\"}} {count}\n");
        assert!(text.contains(&line), "{text}");
    }
}

async fn foreign_hosts_are_refused(app: Arc<TestApp>) {
    let from = |host: &str, path: &str| Request::get(path).header("host", host).body(Body::empty()).unwrap();
    for path in ["/", "/records", "/api/records", "/api/v1/records", "/api/v1/openapi.json"] {
        app.send(from("evil.example", path)).await.expect(StatusCode::FORBIDDEN);
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        app.send(from("evil.example", path)).await.expect(StatusCode::OK);
    }
    app.send(from("127.0.0.1:9999", "/api/v1/records")).await.expect(StatusCode::OK);
    let mut record = Record::new().in_headers();
    record.headers_mut().insert("host", "collector.example".parse().unwrap());
    app.send(record).await.expect(StatusCode::CREATED);
}

async fn a_stop_loses_nothing(app: Arc<TestApp>) {
    let url = app.state.config.database.url.0.clone();
    let other = TestApp::start(&url, &[]).await;
    let (front, records) = (other.front.clone(), 200);
    let sends = (0..records).map(|number| {
        let front = front.clone();
        async move { tower::ServiceExt::oneshot(front, Record::numbered(number).in_headers()).await.unwrap().status() }
    });
    let sending = tokio::spawn(join_all(sends));
    tokio::task::yield_now().await;
    other.stop().await;
    let answers = sending.await.unwrap();
    let acknowledged = answers.iter().filter(|&&status| status == StatusCode::CREATED).count();
    let page = app.call(&Paged { params: RecordFilter::default(), limit: Some(1000), before: None }).await;
    assert_eq!(page.records.len(), acknowledged);
    assert!(answers.iter().all(|&status| matches!(status, StatusCode::CREATED | StatusCode::SERVICE_UNAVAILABLE)));
}

#[tokio::test]
async fn views_are_listed_in_their_order() {
    let database = Database::new(Kind::Sqlite).await;
    let app = TestApp::start(&database.url, &[]).await;
    let views = app.call(&ListViews {}).await;
    let slugs: Vec<&str> = views.iter().map(|view| view.slug.as_str()).collect();
    assert_eq!(slugs, ["overview", "records", "builds", "stats", "crashes", "mce", "thermal", "population", "updates"]);
    assert_eq!(views[5].title, "MCE");
    app.stop().await;
}

#[tokio::test]
async fn the_api_document_is_reviewed() {
    let database = Database::new(Kind::Sqlite).await;
    let app = TestApp::start(&database.url, &[]).await;
    let document: serde_json::Value = app.get("/api/v1/openapi.json").await.expect(StatusCode::OK).json();
    assert_eq!(document["openapi"], "3.1.0");
    insta::assert_json_snapshot!(document);
    app.stop().await;
}

/// A server on a real socket, with little patience.
struct Socket {
    address: std::net::SocketAddr,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Socket {
    async fn open(app: &TestApp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let limits = Limits { head: Duration::from_millis(200), stop: Duration::from_secs(5) };
        let (front, state, stopping) = (app.front.clone(), app.state.clone(), stop.clone());
        let task = tokio::spawn(async move { server::serve(listener, None, front, &state, limits, stopping).await });
        Self { address, stop, task }
    }

    /// Sends bytes and reads until the server closes.
    async fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // A connection that was cut ends the reading as well as one that was closed.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn close(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

#[tokio::test]
async fn slow_senders_and_idle_connections_are_cut() {
    let database = Database::new(Kind::Sqlite).await;
    let app = TestApp::start(&database.url, &[]).await;
    let socket = Socket::open(&app).await;
    // Each of these reads until the server closes, which it does without being asked.
    let exchange = async |bytes: &[u8]| {
        let closed = tokio::time::timeout(Duration::from_secs(60), socket.exchange(bytes)).await;
        closed.expect("the server closes the connection")
    };
    assert_eq!(exchange(b"").await, "");
    assert_eq!(exchange(b"POST /v2/collector HTTP/1.1\r\nHost: a\r\nX-").await, "");
    let answer = exchange(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    socket.close().await;
    app.stop().await;
}

#[tokio::test]
async fn a_refusal_reaches_a_sender_that_is_still_sending() {
    let database = Database::new(Kind::Sqlite).await;
    let app = TestApp::start(&database.url, &[]).await;
    let socket = Socket::open(&app).await;
    let megabytes = 3;
    let head = format!(
        "POST /v3/collector HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        megabytes << 20
    );
    let mut request = head.into_bytes();
    request.resize(request.len() + (megabytes << 20), b'x');
    let answer = socket.exchange(&request).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("body: larger than 524288 bytes"), "{answer}");
    socket.close().await;
    app.stop().await;
}

#[tokio::test]
async fn requests_that_are_no_http_are_refused() {
    let database = Database::new(Kind::Sqlite).await;
    let app = TestApp::start(&database.url, &[]).await;
    let socket = Socket::open(&app).await;
    for bytes in [&b"\0\0\0\r\n\r\n"[..], b"GET /\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"] {
        let answer = socket.exchange(bytes).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    let mut huge = b"GET / HTTP/1.1\r\nX: ".to_vec();
    huge.resize(200_000, b'x');
    let answer = socket.exchange(&huge).await;
    assert!(answer.starts_with("HTTP/1.1 431 ") || answer.is_empty(), "{answer}");
    socket.close().await;
    app.stop().await;
}
