//! The API's document is true: what each call answers is what the document says, nothing less and nothing more; and
//! what its examples ask for is never badly written.

mod whole;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use telemetrics_backend::access::offer_first_account;
use telemetrics_backend::store::insert::batch;
use telemetrics_common::accounts::{CSRF_HEADER, SIGN_ON_BACK_PATH};
use telemetrics_common::collector::{DEFAULT_TELEMETRY_ID, EXTERNAL_HEADER, JsonRecord, TELEMETRY_ID_HEADER};
use telemetrics_common::records::LIVE_PATH;
use telemetrics_common::{Timestamp, query};
use tower::ServiceExt;

use super::audit::changes;
use super::counters::{incoming, quarantined};
use crate::on_both_databases;
use crate::support::request::Record;
use crate::support::{Answer, NOW, TestApp};

on_both_databases!(
    answers_are_what_the_document_says("--password-memory-kib", "64"),
    the_first_account_too("--password-memory-kib", "64", "--listen", "0.0.0.0:0"),
);

/// What can only be asked for on a server of its own: one that others reach.
const ELSEWHERE: &str = "/api/v1/first-account";

/// The document, and which of its calls have been looked at.
struct Document {
    whole: Value,
    seen: BTreeSet<(String, String)>,
}

impl Document {
    fn new(mut whole: Value) -> Self {
        close(&mut whole["components"]["schemas"]);
        Self { whole, seen: BTreeSet::new() }
    }

    /// All calls as method, path, and what is said of them.
    fn operations(&self) -> impl Iterator<Item = (String, &String, &Value)> {
        let paths = self.whole["paths"].as_object().unwrap();
        paths.iter().flat_map(|(path, item)| {
            let operations = item.as_object().unwrap().iter();
            operations.map(move |(method, operation)| (method.to_uppercase(), path, operation))
        })
    }

    /// The calls that are asked for here.
    fn calls(&self) -> BTreeSet<(String, String)> {
        let calls = self.operations().map(|(method, path, _)| (method, path.clone()));
        calls.filter(|(_, path)| path != ELSEWHERE).collect()
    }

    /// An answer has the status, the kind of content and the shape that the document gives it.
    #[track_caller]
    fn check(&mut self, method: &str, path: &str, answer: &Answer) {
        let responses = &self.whole["paths"][path][method.to_lowercase()]["responses"];
        let told = responses.get(answer.status.as_str());
        let told = told.unwrap_or_else(|| panic!("{method} {path}: {}: {}", answer.status, answer.text()));
        match told["content"].as_object().and_then(|content| content.iter().next()) {
            Some((kind, content)) => self.check_content(&format!("{method} {path}"), kind, content, answer),
            None => assert!(answer.body.is_empty(), "{method} {path}: {}", answer.text()),
        }
        if !answer.status.is_client_error() && !answer.status.is_server_error() {
            self.seen.insert((method.to_owned(), path.to_owned()));
        }
    }

    #[track_caller]
    fn check_content(&self, call: &str, kind: &str, content: &Value, answer: &Answer) {
        let header = answer.headers["content-type"].to_str().unwrap();
        assert!(header.starts_with(kind), "{call}: {header} instead of {kind}");
        let faults = self.faults(&content["schema"], &values(kind, &answer.text()));
        assert!(faults.is_empty(), "{call}: {faults:#?}");
        if kind == "text/csv" {
            let head = |table: &str| table.lines().next().map(str::to_owned);
            assert_eq!(head(&answer.text()), head(content["example"].as_str().unwrap()), "{call}");
        }
    }

    /// What is wrong with values by their schema.
    fn faults<'a>(&self, schema: &Value, values: impl IntoIterator<Item = &'a Value>) -> Vec<String> {
        assert!(schema.is_object(), "there is no schema");
        let mut schema = schema.clone();
        schema["components"] = self.whole["components"].clone();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let faults = |value: &Value| -> Vec<String> {
            validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
        };
        values.into_iter().flat_map(faults).collect()
    }

    /// A call as its examples make it: without what would go into the query, and with each of that alone.
    fn examples(&self, method: &str, path: &str) -> Vec<Request<Body>> {
        let operation = &self.whole["paths"][path][method.to_lowercase()];
        let given = |place: &str| -> Vec<(String, String)> {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let given = parameters.filter(|parameter| parameter["in"] == place);
            given.map(|parameter| (text(&parameter["name"]), text(&parameter["example"]))).collect()
        };
        let path = given("path")
            .iter()
            .fold(path.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value));
        let queries = given("query").into_iter().map(|pair| format!("?{}", query::encode(&[pair])));
        let body = operation["requestBody"]["content"].as_object().and_then(|content| content.values().next());
        let request = |query: String| {
            let request = Request::builder().method(method).uri(format!("{path}{query}")).header("host", "localhost");
            let headers = given("header");
            let request =
                headers.iter().fold(request, |request, (name, value)| request.header(name.as_str(), value.as_str()));
            request.body(body.map_or_else(Body::empty, |body| Body::from(text(&body["example"])))).unwrap()
        };
        std::iter::once(String::new()).chain(queries).map(request).collect()
    }
}

/// An example as it is sent.
fn text(example: &Value) -> String {
    example.as_str().map_or_else(|| example.to_string(), str::to_owned)
}

/// What of an answer has the shape that the document tells: all of it, each line, or the data of each event.
fn values(kind: &str, text: &str) -> Vec<Value> {
    let read = |json: &str| -> Value { serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}")) };
    match kind {
        "application/json" => vec![read(text)],
        "application/x-ndjson" => text.lines().map(read).collect(),
        "text/event-stream" => text.lines().filter_map(|line| line.strip_prefix("data: ")).map(read).collect(),
        _ => vec![text.into()],
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
        let schemes = &document.whole["components"]["securitySchemes"];
        assert_eq!(schemes["session"]["name"].as_str(), cookie.split('=').next());
        assert_eq!(schemes["csrf"]["name"], CSRF_HEADER);
        Self(vec![("cookie", cookie), (CSRF_HEADER, csrf)])
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

async fn answers_are_what_the_document_says(app: Arc<TestApp>) {
    let document = &mut Document::new(app.get("/api/v1/openapi.json").await.json());
    batch(&app.state.store, &incoming(1500, 5), &[quarantined()]).await.unwrap();
    machines_are_answered(&app, document).await;
    everything_is_read(&app, document).await;
    somebody_listens(&app, document).await;
    bad_parameters_are_refused(&app, document).await;
    examples_are_taken(&app, document).await;
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

async fn everything_is_read(app: &TestApp, document: &mut Document) {
    // There is a job by that, and an entry of the audit log.
    ask(app, "POST", "/api/v1/guilties/recompute", &Value::Null, &[]).await.expect(StatusCode::ACCEPTED);
    for (method, path) in document.calls() {
        if method == "GET" && path != LIVE_PATH {
            // Ids begin at 1 everywhere.
            let there = path.replace("{id}", "1").replace("{machine_id}", "0123456789abcdef0123456789abcdef");
            let answer = app.get(&there).await;
            document.check("GET", &path, &answer);
            assert!(answer.status.is_redirection() || !answer.body.is_empty(), "{path} has nothing to be looked at");
        }
    }
}

/// The stream does not end: it is looked at up to its first event.
async fn somebody_listens(app: &TestApp, document: &mut Document) {
    let request = Request::get(LIVE_PATH).header("host", "localhost").body(Body::empty()).unwrap();
    let (parts, mut body) = app.front.clone().oneshot(request).await.unwrap().into_parts();
    app.send(Record::numbered(9).in_headers()).await.expect(StatusCode::CREATED);
    let mut heard = String::new();
    while !heard.contains("data: ") {
        let frame = body.frame().await.expect("an event").unwrap();
        heard.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
    }
    let answer = Answer::read(Response::from_parts(parts, Body::from(heard))).await;
    document.check("GET", LIVE_PATH, &answer);
}

async fn bad_parameters_are_refused(app: &TestApp, document: &mut Document) {
    for (method, path) in document.calls() {
        if path.starts_with("/api/") {
            let there = path.replace("{id}", "7000").replace("{machine_id}", "nobody").replace("{name}", "nobody");
            // A provider of logins may say more than what is known here.
            let bad = if path == SIGN_ON_BACK_PATH { "code=1&code=2" } else { "no_such=1" };
            let answer = ask(app, &method, &format!("{there}?{bad}"), &Value::Null, &[]).await;
            document.check(&method, &path, &answer.expect(StatusCode::BAD_REQUEST));
        }
    }
}

async fn examples_are_taken(app: &TestApp, document: &mut Document) {
    for (method, path) in document.calls() {
        // One stream does not end, only who has logged in has a password, and the first account closes the house.
        if matches!(path.as_str(), LIVE_PATH | "/api/v1/me/password")
            || (method == "POST" && path == "/api/v1/accounts")
        {
            continue;
        }
        for request in document.examples(&method, &path) {
            let asked = request.uri().clone();
            let answer = app.send(request).await;
            document.check(&method, &path, &answer);
            assert_ne!(answer.status, StatusCode::BAD_REQUEST, "{method} {asked}: {}", answer.text());
            let of_machine = method == "POST" && !path.starts_with("/api/");
            assert!(answer.status.is_success() || !of_machine, "{method} {asked}: {}", answer.text());
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
    let document = &mut Document::new(whole.json());
    document.check("POST", "/api/v1/first-account", &made);
    let again = ask(&app, "POST", "/api/v1/first-account", &first, &[]).await.expect(StatusCode::FORBIDDEN);
    document.check("POST", "/api/v1/first-account", &again);
}
