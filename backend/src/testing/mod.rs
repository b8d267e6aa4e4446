//! A server on a database of its own, for tests that read as examples. Views of one's own are tested with it as the core's
//! are.

pub mod request;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode};
use clap::Parser;
use http_body_util::BodyExt;
use sea_orm::sqlx::{AssertSqlSafe, Connection, PgConnection, query};
use serde::de::DeserializeOwned;
use serde_json::Value;
use telemetrics_common::{Endpoint, Timestamp, endpoint};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::config::Config;
use crate::ingest::writer::WriterTask;
use crate::server::Front;
use crate::{App, AppState, server, views};

/// The time by every test server's clock: 2026-11-23T08:00:00Z.
pub const NOW: i64 = 1_795_420_800;

/// The two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A server: the one that `TEST_POSTGRES_URL` names.
    Postgres,
}

/// A database that nobody else uses.
pub struct Database {
    /// Where it is, for `--database`.
    pub url: String,
    folder: Option<TempDir>,
    name: String,
}

/// The PostgreSQL server that the tests use.
pub fn server_url() -> String {
    std::env::var("TEST_POSTGRES_URL")
        .expect("TEST_POSTGRES_URL: run `make test`, or `scripts/with-postgres.sh cargo test`")
}

impl Database {
    /// Makes one.
    pub async fn new(kind: Kind) -> Self {
        let name = format!("telemetrics_test_{:016x}", fastrand::u64(..));
        if kind == Kind::Sqlite {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}", folder.path().join("telemetrics.db").display());
            return Self { url, folder: Some(folder), name };
        }
        let mut connection = PgConnection::connect(&server_url()).await.unwrap();
        query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
        let (server, _) = server_url().rsplit_once('/').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        Self { url: format!("{server}/{name}"), folder: None, name }
    }

    /// Throws it away.
    pub async fn remove(self) {
        if self.folder.is_none() {
            let mut connection = PgConnection::connect(&server_url()).await.unwrap();
            let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
            query(AssertSqlSafe(drop)).execute(&mut connection).await.unwrap();
        }
    }
}

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    config: Config,
}

/// The default settings on a database, with some options.
pub fn config(url: &str, options: &[&str]) -> Config {
    let arguments = ["telemetrics", "--database", url].into_iter().chain(options.iter().copied());
    Options::parse_from(arguments).config
}

/// A server without a network around it.
pub struct TestApp {
    /// What answers its requests.
    pub front: Front,
    /// What its requests have at hand.
    pub state: AppState,
    writer: WriterTask,
}

impl TestApp {
    /// A server with the views of the core.
    pub async fn start(url: &str, options: &[&str]) -> Self {
        Self::start_with_clock(url, options, || Timestamp::from_seconds(NOW)).await
    }

    /// The same with another clock.
    pub async fn start_with_clock(url: &str, options: &[&str], clock: fn() -> Timestamp) -> Self {
        Self::start_app(App::new().with_views(views::builtin()), url, options, clock).await
    }

    /// A server with views of one's own choice.
    pub async fn start_app(app: App, url: &str, options: &[&str], clock: fn() -> Timestamp) -> Self {
        let (front, state, writer) = server::build(config(url, options), app, clock).await.unwrap();
        Self { front, state, writer }
    }

    /// Ends the server as a signal would.
    pub async fn stop(self) {
        self.state.stopping.cancel();
        self.writer.finish().await;
        self.state.store.close().await.unwrap();
    }

    /// Sends a request and waits for the whole answer.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        Answer::read(self.front.clone().oneshot(request).await.unwrap()).await
    }

    /// `GET` of a path with its query.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).header("host", "localhost").body(Body::empty()).unwrap()).await
    }

    /// Calls an endpoint without a body and expects its answer.
    pub async fn call<E: Endpoint>(&self, call: &E) -> E::Response {
        let request = Request::builder()
            .method(E::METHOD.as_str())
            .uri(endpoint::url(call))
            .header("host", "localhost")
            .body(Body::empty())
            .unwrap();
        self.send(request).await.expect(StatusCode::from_u16(E::STATUS).unwrap()).json()
    }

    /// A `GET` that must be refused; gives the message.
    pub async fn refused(&self, path: &str) -> String {
        self.get(path).await.expect(StatusCode::BAD_REQUEST).message()
    }
}

/// An answer with its whole body.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// Reads an answer to its end.
    pub async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes() }
    }

    /// The answer, which must have this status.
    #[track_caller]
    pub fn expect(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, which must be JSON of this type.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The message of a refusal.
    #[track_caller]
    pub fn message(&self) -> String {
        self.json::<Value>()["message"].as_str().expect("a message").to_owned()
    }
}
