//! The API's document is true: what each call answers is what the document says, nothing less and nothing more.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use telemetrics_backend::access::offer_first_account;
use telemetrics_backend::store::insert::batch;
use telemetrics_common::Timestamp;
use telemetrics_common::collector::{DEFAULT_TELEMETRY_ID, EXTERNAL_HEADER, JsonRecord, TELEMETRY_ID_HEADER};

use super::audit::changes;
use super::counters::{incoming, quarantined};
use crate::on_both_databases;
use crate::support::request::Record;
use crate::support::{Answer, NOW, TestApp};

on_both_databases!(
    answers_are_what_the_document_says("--password-memory-kib", "64"),
    the_first_account_too("--password-memory-kib", "64", "--listen", "0.0.0.0:0"),
);

/// What can only be looked at in other ways: a stream that does not end, a provider of logins that is not there, and the
/// first account of a server that others reach.
const ELSEWHERE: [&str; 4] =
    ["/api/v1/records/live", "/api/v1/sign-on", "/api/v1/sign-on/back", "/api/v1/first-account"];

/// The document, and which of its calls have been looked at.
struct Document {
    whole: Value,
    seen: BTreeSet<(String, String)>,
}

impl Document {
    fn read(answer: &Answer) -> Self {
        let mut whole: Value = answer.json();
        close(&mut whole["components"]["schemas"]);
        Self { whole, seen: BTreeSet::new() }
    }

    /// All calls, as method and path.
    fn calls(&self) -> BTreeSet<(String, String)> {
        let paths = self.whole["paths"].as_object().unwrap();
        let calls = paths.iter().flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
        });
        calls.filter(|(_, path)| !ELSEWHERE.contains(&path.as_str())).collect()
    }

    /// An answer has the status, the kind of content and the shape that the document gives it.
    #[track_caller]
    fn check(&mut self, method: &str, path: &str, answer: &Answer) {
        let responses = &self.whole["paths"][path][method.to_lowercase()]["responses"];
        let status = answer.status.as_u16().to_string();
        assert!(responses.get(&status).is_some(), "{method} {path}: {status}: {}", answer.text());
        let content = responses[&status]["content"].as_object().unwrap_or_else(|| panic!("{method} {path}"));
        let (kind, content) = content.iter().next().unwrap();
        let header = answer.headers["content-type"].to_str().unwrap();
        assert!(header.starts_with(kind.as_str()), "{method} {path}: {header} instead of {kind}");
        if let Some(schema) = content.get("schema").filter(|_| kind == "application/json") {
            let mut schema = schema.clone();
            schema["components"] = self.whole["components"].clone();
            let validator = jsonschema::validator_for(&schema).unwrap();
            let value = answer.json();
            let faults: Vec<String> =
                validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(faults.is_empty(), "{method} {path}: {faults:#?} in {value:#}");
        }
        if answer.status.is_success() {
            self.seen.insert((method.to_owned(), path.to_owned()));
        }
    }
}

/// Lets objects have no fields but those that are told.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.get("properties").is_some_and(Value::is_object) && !object.contains_key("additionalProperties") {
                object.insert("additionalProperties".to_owned(), false.into());
            }
            object.values_mut().for_each(close);
        }
        Value::Array(parts) => parts.iter_mut().for_each(close),
        _ => {}
    }
}

async fn ask(app: &TestApp, method: &str, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    app.send(request.body(body).unwrap()).await
}

/// Somebody who has logged in, as headers.
struct Session(Vec<(&'static str, String)>);

impl Session {
    async fn begin(app: &TestApp, document: &mut Document, path: &str, body: Value) -> Self {
        let answer = ask(app, "POST", path, &body, &[]).await;
        document.check("POST", path, &answer);
        let cookie = answer.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let csrf = answer.json::<Value>()["csrf"].as_str().unwrap().to_owned();
        Self(vec![("cookie", cookie), ("x-csrf-token", csrf)])
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

async fn answers_are_what_the_document_says(app: Arc<TestApp>) {
    let document = &mut Document::read(&app.get("/api/v1/openapi.json").await);
    batch(&app.state.store, &incoming(1500, 5), &[quarantined()]).await.unwrap();
    machines_are_answered(&app, document).await;
    everything_is_read(&app, document).await;
    bad_parameters_are_refused(&app, document).await;
    everything_is_changed(&app, document).await;
    people_come_and_go(&app, document).await;
    let missing: Vec<_> = document.calls().difference(&document.seen).cloned().collect();
    assert_eq!(missing, [], "each call needs to be asked for here");
}

async fn machines_are_answered(app: &TestApp, document: &mut Document) {
    let id = [(TELEMETRY_ID_HEADER, DEFAULT_TELEMETRY_ID), (EXTERNAL_HEADER, "true")];
    let record: Value = serde_json::from_str(&Record::numbered(1).to_json()).unwrap();
    let record = serde_json::to_value(serde_json::from_value::<JsonRecord>(record).unwrap()).unwrap();
    for status in [StatusCode::CREATED, StatusCode::OK] {
        let answer = ask(app, "POST", "/v3/collector", &record, &id).await.expect(status);
        document.check("POST", "/v3/collector", &answer);
    }
    document.check("POST", "/v3/collector", &ask(app, "POST", "/v3/collector", &json!({}), &id).await);
    document.check("POST", "/v3/collector", &ask(app, "POST", "/v3/collector", &record, &[]).await);
    for (path, number) in [("/", 2), ("/v2/collector", 3)] {
        for record in [Record::numbered(number), Record::numbered(number).with("severity", "9")] {
            let mut request = record.in_headers();
            *request.uri_mut() = path.parse().unwrap();
            document.check("POST", path, &app.send(request).await);
        }
    }
}

/// What there is of each kind, to be put into a path.
async fn id_for(app: &TestApp, path: &str) -> &'static str {
    // Ids begin at 1 everywhere; a job is there once one was started.
    match path {
        "/api/v1/machines/{machine_id}" => "0123456789abcdef0123456789abcdef",
        "/api/v1/jobs/{id}" => {
            ask(app, "POST", "/api/v1/guilties/recompute", &Value::Null, &[]).await.expect(StatusCode::ACCEPTED);
            "1"
        }
        _ => "1",
    }
}

async fn everything_is_read(app: &TestApp, document: &mut Document) {
    for (method, path) in document.calls() {
        if method == "GET" {
            let id = id_for(app, &path).await;
            let answer = app.get(&path.replace("{id}", id).replace("{machine_id}", id)).await;
            document.check("GET", &path, &answer);
        }
    }
}

async fn bad_parameters_are_refused(app: &TestApp, document: &mut Document) {
    for (method, path) in document.calls() {
        if path.starts_with("/api/") {
            let there = path.replace("{id}", "7000").replace("{machine_id}", "nobody").replace("{name}", "nobody");
            let answer = ask(app, &method, &format!("{there}?no_such=1"), &Value::Null, &[]).await;
            document.check(&method, &path, &answer.expect(StatusCode::BAD_REQUEST));
        }
    }
}

async fn everything_is_changed(app: &TestApp, document: &mut Document) {
    let rules = json!({"days": 7, "rules": ["org.clearlinux/*=1"], "version": 0});
    let scrub = json!({"name": "mine", "pattern": "a+", "replacement": "b", "active": true});
    let preview = json!({"function": "our_abort()", "module": "*", "reason": ""});
    for (path, body) in [
        ("/api/v1/retention/preview", rules),
        ("/api/v1/scrubbing/preview", scrub),
        ("/api/v1/never-guilty/preview", json!({"add": [preview], "remove": []})),
    ] {
        document.check("POST", path, &ask(app, "POST", path, &body, &[]).await);
    }
    for (method, path, id, body) in changes() {
        // With the first account the house is closed.
        if path != "/api/v1/accounts" {
            let there = path.replace("{id}", id).replace("{machine_id}", id);
            document.check(method, path, &ask(app, method, &there, &body, &[]).await);
        }
    }
}

async fn people_come_and_go(app: &TestApp, document: &mut Document) {
    let ada = json!({"name": "ada", "role": "admin"});
    let given = ask(app, "POST", "/api/v1/accounts", &ada, &[]).await;
    document.check("POST", "/api/v1/accounts", &given);
    let password = given.json::<Value>()["password"].clone();
    let login = json!({"name": "ada", "password": password});
    let wrong = ask(app, "POST", "/api/v1/login", &json!({"name": "ada", "password": "guessed wrong"}), &[]).await;
    document.check("POST", "/api/v1/login", &wrong);
    let other = Session::begin(app, document, "/api/v1/login", login.clone()).await;
    let leaving = Session::begin(app, document, "/api/v1/login", login.clone()).await;
    let left = ask(app, "POST", "/api/v1/logout", &Value::Null, &leaving.headers()).await;
    document.check("POST", "/api/v1/logout", &left);
    let session = Session::begin(app, document, "/api/v1/login", login).await;
    let headers = session.headers();
    let sessions: Value = ask(app, "GET", "/api/v1/me/sessions", &Value::Null, &other.headers()).await.json();
    let theirs = sessions["sessions"].as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
    let revoked = format!("/api/v1/me/sessions/{}", theirs["id"]);
    let calls = [
        ("POST", "/api/v1/accounts", "/api/v1/accounts".to_owned(), json!({"name": "grace", "role": "viewer"})),
        ("POST", "/api/v1/accounts", "/api/v1/accounts".to_owned(), json!({"name": "Grace", "role": "viewer"})),
        ("PATCH", "/api/v1/accounts/{name}", "/api/v1/accounts/grace".to_owned(), json!({"disabled": true})),
        ("POST", "/api/v1/accounts/{name}/password", "/api/v1/accounts/grace/password".to_owned(), Value::Null),
        ("DELETE", "/api/v1/me/sessions/{id}", revoked, Value::Null),
        ("GET", "/api/v1/me", "/api/v1/me".to_owned(), Value::Null),
        ("GET", "/api/v1/me/sessions", "/api/v1/me/sessions".to_owned(), Value::Null),
        ("GET", "/api/v1/accounts", "/api/v1/accounts".to_owned(), Value::Null),
        ("GET", "/api/v1/tokens", "/api/v1/tokens".to_owned(), Value::Null),
        (
            "POST",
            "/api/v1/me/password",
            "/api/v1/me/password".to_owned(),
            json!({"old": password, "new": "correct horse battery"}),
        ),
    ];
    for (method, path, there, body) in calls {
        document.check(method, path, &ask(app, method, &there, &body, &headers).await);
    }
    for path in ["/api/v1/stats", "/api/v1/accounts"] {
        document.check("GET", path, &app.get(path).await.expect(StatusCode::UNAUTHORIZED));
    }
}

async fn the_first_account_too(app: Arc<TestApp>) {
    let link = offer_first_account(&app.state.gate, &app.state.store, Timestamp::from_seconds(NOW)).await.unwrap();
    let first = json!({"secret": link.expect("a link"), "name": "ada", "password": "correct horse battery"});
    let closed = ask(&app, "GET", "/api/v1/openapi.json", &Value::Null, &[]).await;
    closed.expect(StatusCode::UNAUTHORIZED);
    let made = ask(&app, "POST", "/api/v1/first-account", &first, &[]).await.expect(StatusCode::OK);
    let cookie = made.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let whole = ask(&app, "GET", "/api/v1/openapi.json", &Value::Null, &[("cookie", &cookie)]).await;
    let document = &mut Document::read(&whole);
    document.check("POST", "/api/v1/first-account", &made);
    let again = ask(&app, "POST", "/api/v1/first-account", &first, &[]).await.expect(StatusCode::FORBIDDEN);
    document.check("POST", "/api/v1/first-account", &again);
}
