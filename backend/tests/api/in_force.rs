//! What admins change while the server runs: telemetry ids, retention, scrub rules.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use telemetrics_common::RecordFilter;
use telemetrics_common::privacy::{GetScrubbing, ScrubPreview, Scrubbing};
use telemetrics_common::records::{GetRecord, ListRecords};
use telemetrics_common::retention::{GetRetention, RetentionPreview, RetentionRules};
use telemetrics_common::telemetry_ids::{GetTelemetryIds, TelemetryId, TelemetryIds};

use crate::on_both_databases;
use crate::support::request::Record;
use crate::support::{Answer, TestApp};

on_both_databases!(
    telemetry_ids_are_changed_without_a_restart,
    two_who_change_the_same_do_not_overwrite_each_other,
    other_instances_follow,
    retention_is_changed_and_previewed,
    payloads_are_scrubbed_before_they_are_stored,
    machines_are_stored_under_other_names("--machine-id-key-file", "tests/fixtures/machine-id-key"),
);

async fn put(app: &TestApp, path: &str, body: &impl serde::Serialize) -> Answer {
    send(app, "PUT", path, body).await
}

async fn send(app: &TestApp, method: &str, path: &str, body: &impl serde::Serialize) -> Answer {
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    app.send(request.body(Body::from(serde_json::to_vec(body).unwrap())).unwrap()).await
}

fn with_id(number: u32, id: &str) -> Request<Body> {
    let mut request = Record::numbered(number).in_json();
    request.headers_mut().insert("x-telemetry-tid", id.parse().unwrap());
    request
}

fn office(active: bool) -> TelemetryId {
    TelemetryId { id: "office".into(), name: "The office".into(), active, networks: Vec::new() }
}

async fn telemetry_ids_are_changed_without_a_restart(app: Arc<TestApp>) {
    app.send(with_id(1, "office")).await.expect(StatusCode::FORBIDDEN);
    let mut ids = app.call(&GetTelemetryIds {}).await;
    assert_eq!((ids.version, ids.ids.len()), (0, 1));
    ids.ids.push(office(true));
    let path = "/api/v1/telemetry-ids";
    let ids: TelemetryIds = put(&app, path, &ids).await.expect(StatusCode::OK).json();
    assert_eq!(ids.version, 1);
    app.send(with_id(1, "office")).await.expect(StatusCode::CREATED);
    let paused = TelemetryIds { ids: vec![office(false)], ..ids };
    let ids: TelemetryIds = put(&app, path, &paused).await.expect(StatusCode::OK).json();
    let refused = app.send(with_id(2, "office")).await.expect(StatusCode::FORBIDDEN);
    assert_eq!(refused.message(), "X-Telemetry-TID: is not known here");
    app.send(Record::numbered(3).in_json()).await.expect(StatusCode::FORBIDDEN);
    // Requests of a test come from nowhere, and so from no network.
    let networks = vec!["192.0.2.0/24".to_owned()];
    let from_networks = TelemetryIds { ids: vec![TelemetryId { networks, ..office(true) }], ..ids };
    put(&app, path, &from_networks).await.expect(StatusCode::OK);
    let refused = app.send(with_id(2, "office")).await.expect(StatusCode::FORBIDDEN);
    assert_eq!(refused.message(), "X-Telemetry-TID: may not come from this address");
    assert_eq!(app.call(&GetTelemetryIds {}).await.ids[0].networks, ["192.0.2.0/24"]);
}

async fn two_who_change_the_same_do_not_overwrite_each_other(app: Arc<TestApp>) {
    let path = "/api/v1/telemetry-ids";
    let first = TelemetryIds { ids: vec![office(true)], version: 0 };
    put(&app, path, &first).await.expect(StatusCode::OK);
    let conflict = put(&app, path, &TelemetryIds { ids: vec![], version: 0 }).await.expect(StatusCode::CONFLICT);
    assert_eq!(conflict.message(), "somebody else has changed this meanwhile; load it again");
    let twice = TelemetryIds { ids: vec![office(true), office(true)], version: 1 };
    let refused = put(&app, path, &twice).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(refused.message(), "id: office is there twice");
    assert_eq!(app.call(&GetTelemetryIds {}).await, TelemetryIds { version: 1, ..first });
}

async fn other_instances_follow(app: Arc<TestApp>) {
    let other = TestApp::start(&app.state.config.database.url.0, &[]).await;
    put(&app, "/api/v1/telemetry-ids", &TelemetryIds { ids: vec![office(true)], version: 0 })
        .await
        .expect(StatusCode::OK);
    // They look every other second: that is over at once.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2)).await;
    tokio::time::resume();
    let followed = async {
        while other.state.in_force.now().documents.telemetry_ids.version == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), followed).await.expect("the change is seen");
    other.send(with_id(1, "office")).await.expect(StatusCode::CREATED);
    other.stop().await;
}

async fn retention_is_changed_and_previewed(app: Arc<TestApp>) {
    let rules = app.call(&GetRetention {}).await;
    assert_eq!((rules.days, rules.rules.len(), rules.version), (35, 2, 0));
    app.send(Record::numbered(1).in_json()).await.expect(StatusCode::CREATED);
    // Records of a test are received now, by its clock: nothing is over.
    let would: RetentionPreview =
        send(&app, "POST", "/api/v1/retention/preview", &rules).await.expect(StatusCode::OK).json();
    assert_eq!(would, RetentionPreview::default());
    let new = RetentionRules { days: 90, rules: vec![" severity:1=7 ".into()], version: 0 };
    let set: RetentionRules = put(&app, "/api/v1/retention", &new).await.expect(StatusCode::OK).json();
    assert_eq!(set, RetentionRules { days: 90, rules: vec!["severity:1=7".into()], version: 1 });
    assert_eq!(app.state.in_force.now().retention.days, 90);
    let wrong = RetentionRules { rules: vec!["severity:9=7".into()], ..set };
    let refused = put(&app, "/api/v1/retention", &wrong).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(refused.message(), "severity:9=7: severity: must be 1 to 4");
}

async fn payload_of(app: &TestApp, answer: &Answer) -> String {
    app.call(&GetRecord { id: answer.json::<Value>()["id"].as_i64().unwrap() }).await.payload
}

async fn payloads_are_scrubbed_before_they_are_stored(app: Arc<TestApp>) {
    let payload = "file=/home/ada/notes.txt\nmail=ada@example.org\n";
    let of_ada = |number| Record::numbered(number).with("payload", payload);
    let answer = app.send(of_ada(1).in_json()).await.expect(StatusCode::CREATED);
    assert_eq!(payload_of(&app, &answer).await, payload);
    let mut scrubbing = app.call(&GetScrubbing {}).await;
    let homes = scrubbing.rules.iter_mut().find(|rule| rule.name == "Home directories").unwrap();
    let preview: ScrubPreview =
        send(&app, "POST", "/api/v1/scrubbing/preview", homes).await.expect(StatusCode::OK).json();
    assert_eq!((preview.records, preview.changed), (1, 1));
    assert_eq!(preview.examples[0].after, "file=/home/(user)/notes.txt");
    homes.active = true;
    let scrubbing: Scrubbing = put(&app, "/api/v1/scrubbing", &scrubbing).await.expect(StatusCode::OK).json();
    let answer = app.send(of_ada(2).in_json()).await.expect(StatusCode::CREATED);
    let scrubbed = "file=/home/(user)/notes.txt\nmail=ada@example.org\n";
    assert_eq!(payload_of(&app, &answer).await, scrubbed);
    // The same bytes again are the same record.
    app.send(of_ada(2).in_json()).await.expect(StatusCode::OK);
    // In quarantine a payload stands in JSON, in which its lines do not end as they do.
    let broken = of_ada(3).with("severity", "9").with("payload", "found\n/home/ada/notes.txt\n\"quoted\"\n");
    app.send(broken.in_json()).await.expect(StatusCode::OK);
    let kept: Value = app.get("/api/v1/quarantine").await.json();
    let body: Value = serde_json::from_str(kept["records"][0]["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["payload"], "found\n/home/(user)/notes.txt\n\"quoted\"\n");
    assert_eq!(body["severity"], "9");
    let mut wrong = scrubbing;
    wrong.rules[0].pattern = "(".into();
    let refused = put(&app, "/api/v1/scrubbing", &wrong).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(refused.message(), "pattern: unclosed group");
}

async fn machines_are_stored_under_other_names(app: Arc<TestApp>) {
    let sent = Record::numbered(1).with("machine_id", "rack 7, node 3");
    app.send(sent.in_json()).await.expect(StatusCode::CREATED);
    app.send(sent.in_json()).await.expect(StatusCode::OK);
    let list = app.call(&ListRecords { params: RecordFilter::default(), before: None, limit: None }).await;
    let id = &list.records[0].machine_id;
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    // An admin finds the machine by the name that it has.
    let found: Value = app.get("/api/v1/machines/rack%207%2C%20node%203").await.expect(StatusCode::OK).json();
    assert_eq!(found["records"], json!(1));
}
