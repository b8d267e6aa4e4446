//! Crashes to send, who is guilty of them, and calls with a body.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use telemetrics_backend::backtrace::judge::{NeverGuilty as List, Pair, guilty};
use telemetrics_backend::backtrace::shipped::SHIPPED;
use telemetrics_backend::backtrace::{crashing_thread, normalised};
use telemetrics_backend::store::records::StoredRecord;
use telemetrics_common::classification::BACKTRACES;
use telemetrics_common::guilties::Recompute;
use telemetrics_common::jobs::{GetJob, JobState};
use telemetrics_common::never_guilty::FramePattern;
use telemetrics_common::{Endpoint, endpoint};

use super::request::Record;
use super::{Answer, TestApp};

pub const DAY: i64 = 86_400;

pub const FRAMES: &str = "#0 abort() - [libc.so.6]\n#1 tm_flush.isra.0() - [libtidemark-3.so.0] - ../src/tm.c:4\n\
    #2 main() - [/usr/bin/tidemark]\n#3 _start() - [/usr/bin/tidemark]\n";

pub fn crash(number: u32, frames: &str) -> Record {
    let payload =
        format!("Process: /usr/bin/tidemark\nPID: {number}\nSignal: 11\n\nBacktrace (TID {number}):\n{frames}\n");
    Record::numbered(number).with("classification", "org.clearlinux/crash/clr").with("payload", &payload)
}

/// Calls an endpoint with a body and expects its answer.
pub async fn call<E: Endpoint>(app: &TestApp, endpoint: &E, body: &E::Body) -> E::Response {
    send(app, endpoint, body).await.expect(StatusCode::from_u16(E::STATUS).unwrap()).json()
}

pub async fn send<E: Endpoint>(app: &TestApp, endpoint: &E, body: &E::Body) -> Answer {
    let request = Request::builder()
        .method(E::METHOD.as_str())
        .uri(endpoint::url(endpoint))
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(Body::from(serde_json::to_vec(body).unwrap()))
        .unwrap();
    app.send(request).await
}

pub fn pattern(function: &str, module: &str) -> FramePattern {
    FramePattern { function: function.to_owned(), module: module.to_owned(), reason: None }
}

pub async fn recompute(app: &TestApp) {
    let job = call(app, &Recompute {}, &()).await.job;
    finished(app, job).await;
}

pub async fn finished(app: &TestApp, job: i64) {
    loop {
        match app.call(&GetJob { id: job }).await.state {
            JobState::Done => return,
            JobState::Failed => panic!("the job has failed"),
            JobState::Queued | JobState::Running => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// The shipped list, and entries beside it.
pub fn shipped_and(others: &[(&str, &str)]) -> List {
    let owned = |(function, module): &(&str, &str)| ((*function).to_owned(), (*module).to_owned());
    List::new(SHIPPED.iter().chain(others).map(owned))
}

/// The guilty of a record, by a list.
fn guilty_of(stored: &StoredRecord, list: &List) -> Option<Pair> {
    if !BACKTRACES.contains(&stored.record.classification.as_str()) {
        return None;
    }
    let frames = normalised(&crashing_thread(&stored.record.payload));
    guilty(&frames, list).map(|judged| judged.pair)
}

/// A record with its guilty.
pub type Judged<'a> = (&'a StoredRecord, Option<Pair>);

pub fn judged<'a>(all: &'a [StoredRecord], list: &List) -> Vec<Judged<'a>> {
    all.iter().map(|stored| (stored, guilty_of(stored, list))).collect()
}
