//! Requests captured from real clients, sent with their very bytes, where the folder with them is;
//! and the project's own in the same form.

use std::path::{Path, PathBuf};

use telemetrics_backend::server::{self, Limits};
use telemetrics_common::RecordFilter;
use telemetrics_common::paging::Paged;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::support::{Database, Kind, TestApp};
use folder::captured_requests;

#[path = "../support/captured.rs"]
mod folder;

fn requests(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read =
        |path: PathBuf| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap());
    paths.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "http")).map(read).collect()
}

/// The whole answer to a client that has nothing more to say.
async fn exchange(address: std::net::SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// Requests that are not answered 201 and then 200, with their two answers.
type Exceptions = &'static [(&'static str, [u16; 2])];

/// Sends all requests of a folder, twice.
async fn replay(kind: Kind, folder: &Path, exceptions: Exceptions) {
    let database = Database::new(kind).await;
    let app = TestApp::start(&database.url, &[]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let (front, state, stopping) = (app.front.clone(), app.state.clone(), stop.clone());
    let task =
        tokio::spawn(async move { server::serve(listener, None, front, &state, Limits::default(), stopping).await });
    let requests = requests(folder);
    assert!(!requests.is_empty());
    let mut created = 0;
    for (name, request) in &requests {
        let exception = exceptions.iter().find(|(exception, _)| exception == name);
        for status in exception.map_or([201, 200], |(_, answers)| *answers) {
            let answer = exchange(address, request).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{name}: {answer}");
            created += u32::from(status == 201);
        }
    }
    let page = app.call(&Paged { params: RecordFilter::default(), limit: Some(1000), before: None }).await;
    assert_eq!(page.records.len(), created as usize);
    stop.cancel();
    task.await.unwrap();
    app.stop().await;
    database.remove().await;
}

async fn replay_captured(form: &str) {
    let Some(folder) = captured_requests() else { return };
    for kind in [Kind::Sqlite, Kind::Postgres] {
        replay(kind, &folder.join(form), &[]).await;
    }
}

#[tokio::test]
async fn captured_in_header_form() {
    replay_captured("header").await;
}

#[tokio::test]
async fn captured_in_json_form() {
    replay_captured("json").await;
}

#[tokio::test]
async fn our_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/requests");
    // Before version 4 nothing tells a resend from a second record.
    let header: Exceptions = &[("invalid_build", [400, 400]), ("version_1_without_telemetry_id", [201, 201])];
    replay(Kind::Sqlite, &folder.join("header"), header).await;
    // Quarantined.
    let json: Exceptions =
        &[("broken_off", [200, 200]), ("cut_classification", [200, 200]), ("without_payload", [200, 200])];
    replay(Kind::Sqlite, &folder.join("json"), json).await;
}
