//! The audit log: what is told, that it stays, and how it is read.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use sea_orm::sqlx::{Connection, PgConnection, SqliteConnection, raw_sql};
use serde_json::{Value, json};
use telemetrics_common::audit::{AuditEntry, AuditFilter, AuditPage};
use telemetrics_common::paging::Paged;

use crate::on_both_databases;
use crate::support::request::Record;
use crate::support::{Answer, TestApp};

on_both_databases!(
    every_change_is_told("--password-memory-kib", "64"),
    entries_say_who_and_what("--password-memory-kib", "64"),
    entries_are_found_and_exported,
    entries_stay,
);

async fn send(app: &TestApp, method: &str, path: &str, body: &Value) -> Answer {
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn entries(app: &TestApp, filter: AuditFilter) -> Vec<AuditEntry> {
    app.call(&Paged { params: filter, limit: Some(1000), before: None }).await.entries
}

/// Calls that change something, each as an example of its route; the last one closes the house.
pub fn changes() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let entry = json!({"function": "our_abort()", "module": "*", "reason": "it only reports"});
    vec![
        ("PATCH", "/api/v1/guilties/{id}", "1", json!({"comment": "known", "hidden": true})),
        ("POST", "/api/v1/never-guilty", "", entry.clone()),
        ("DELETE", "/api/v1/never-guilty", "", entry.clone()),
        ("POST", "/api/v1/never-guilty/import", "", json!({"frames": [entry]})),
        ("POST", "/api/v1/never-guilty/shipped", "", json!({"in_force": false})),
        ("POST", "/api/v1/guilties/recompute", "", Value::Null),
        ("POST", "/api/v1/guilties/reset", "", Value::Null),
        ("POST", "/api/v1/quarantine/replay", "", Value::Null),
        ("PUT", "/api/v1/telemetry-ids", "", json!({"ids": [], "version": 0})),
        ("PUT", "/api/v1/retention", "", json!({"days": 7, "rules": [], "version": 0})),
        ("POST", "/api/v1/retention/purge", "", Value::Null),
        ("PUT", "/api/v1/scrubbing", "", json!({"rules": [], "version": 0})),
        ("DELETE", "/api/v1/machines/{machine_id}", "m1", Value::Null),
        ("POST", "/api/v1/saved-views", "", json!({"name": "mine", "address": "/records"})),
        ("DELETE", "/api/v1/saved-views/{id}", "1", Value::Null),
        ("POST", "/api/v1/tokens", "", json!({"name": "report", "role": "viewer"})),
        ("DELETE", "/api/v1/tokens/{id}", "1", Value::Null),
        ("POST", "/api/v1/accounts", "", json!({"name": "ada", "role": "admin"})),
    ]
}

/// Routes of machines, those that change nothing of what others see, or that only somebody with a session can use: those are looked at by
/// the tests of accounts.
const OTHERS: [&str; 13] = [
    "/",
    "/v2/collector",
    "/v3/collector",
    "/api/v1/retention/preview",
    "/api/v1/scrubbing/preview",
    "/api/v1/never-guilty/preview",
    "/api/v1/login",
    "/api/v1/logout",
    "/api/v1/first-account",
    "/api/v1/me/password",
    "/api/v1/me/sessions/{id}",
    "/api/v1/accounts/{name}",
    "/api/v1/accounts/{name}/password",
];

async fn every_change_is_told(app: Arc<TestApp>) {
    let crash = Record::numbered(1)
        .with("classification", "org.clearlinux/crash/clr")
        .with("payload", "Process: a\nBacktrace (TID 1):\n#0 f() - [/usr/lib/liba.so]\n");
    app.send(crash.in_json()).await.expect(StatusCode::CREATED);
    let document: Value = app.get("/api/v1/openapi.json").await.json();
    let changing: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys().filter(|method| *method != "get");
            methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
        })
        .filter(|(_, path)| !OTHERS.contains(&path.as_str()))
        .collect();
    let examples = changes();
    let known: BTreeSet<(String, String)> =
        examples.iter().map(|(method, path, ..)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(changing, known, "each route that changes something needs an example here");
    let mut told = 0;
    for (method, path, id, body) in examples {
        let closes = path == "/api/v1/accounts";
        let path = path.replace("{id}", id).replace("{machine_id}", id);
        let answer = send(&app, method, &path, &body).await;
        assert!(answer.status.is_success(), "{method} {path}: {}", answer.text());
        // From the first account on nobody reads the log without it.
        if !closes {
            let now = entries(&app, AuditFilter::default()).await.len();
            assert!(now > told, "{method} {path} is not told");
            told = now;
        }
    }
}

async fn entries_say_who_and_what(app: Arc<TestApp>) {
    let body = json!({"name": "Ada", "role": "admin"});
    let given: Value = send(&app, "POST", "/api/v1/accounts", &body).await.expect(StatusCode::CREATED).json();
    let credentials = json!({"name": "ada", "password": given["password"]});
    let login = send(&app, "POST", "/api/v1/login", &credentials).await.expect(StatusCode::OK);
    let cookie = login.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let csrf = login.json::<Value>()["csrf"].as_str().unwrap().to_owned();
    let as_ada = async |method: &str, path: &str, body: Value| {
        let request = Request::builder().method(method).uri(path).header("cookie", &cookie);
        let request = request.header("x-csrf-token", &csrf).header("host", "localhost");
        app.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    as_ada("POST", "/api/v1/accounts", json!({"name": "Grace", "role": "viewer"})).await.expect(StatusCode::CREATED);
    as_ada("PATCH", "/api/v1/accounts/grace", json!({"role": "maintainer"})).await.expect(StatusCode::OK);
    as_ada("POST", "/api/v1/accounts/grace/password", Value::Null).await.expect(StatusCode::OK);
    let token: Value = as_ada("POST", "/api/v1/tokens", json!({"name": "nightly", "role": "admin"})).await.json();
    let request = Request::builder().method("POST").uri("/api/v1/quarantine/replay").header("host", "localhost");
    let request = request.header("authorization", format!("Bearer {}", token["token"].as_str().unwrap()));
    app.send(request.body(Body::empty()).unwrap()).await.expect(StatusCode::OK);
    let page: AuditPage = as_ada("GET", "/api/v1/audit", Value::Null).await.expect(StatusCode::OK).json();
    let told: Vec<(Option<&str>, &str, &str)> =
        page.entries.iter().map(|entry| (entry.who.as_deref(), entry.action.as_str(), entry.target.as_str())).collect();
    let expected = [
        (Some("Ada/nightly"), "quarantine.replay", "quarantine"),
        (Some("Ada"), "token.add", "nightly"),
        (Some("Ada"), "account.password", "Grace"),
        (Some("Ada"), "account.change", "Grace"),
        (Some("Ada"), "account.add", "Grace"),
        (None, "account.add", "Ada"),
    ];
    assert_eq!(told, expected);
    assert_eq!(page.entries[3].before, Some(json!({"role": "viewer", "disabled": false})));
    assert_eq!(page.entries[3].after, Some(json!({"role": "maintainer", "disabled": false})));
    let text = serde_json::to_string(&page).unwrap();
    assert!(!text.contains(given["password"].as_str().unwrap()), "no password is told");
}

async fn entries_are_found_and_exported(app: Arc<TestApp>) {
    for function in ["one()", "two()", "three()"] {
        let entry = json!({"function": function, "module": "=1+2, \"quoted\""});
        send(&app, "POST", "/api/v1/never-guilty", &entry).await.expect(StatusCode::OK);
    }
    send(&app, "POST", "/api/v1/quarantine/replay", &Value::Null).await.expect(StatusCode::OK);
    let of = |action: &str| AuditFilter { action: Some(action.to_owned()), ..AuditFilter::default() };
    for (action, count) in [("never-guilty", 3), ("never-guilty.add", 3), ("never", 0), ("quarantine", 1)] {
        assert_eq!(entries(&app, of(action)).await.len(), count, "{action}");
    }
    let nobody = AuditFilter { who: Some("ada".to_owned()), ..AuditFilter::default() };
    assert_eq!(entries(&app, nobody).await, []);
    let first: AuditPage = app.call(&Paged { params: AuditFilter::default(), limit: Some(3), before: None }).await;
    let before = first.next_before;
    let second: AuditPage = app.call(&Paged { params: AuditFilter::default(), limit: Some(3), before }).await;
    assert_eq!((first.entries.len(), second.entries.len(), second.next_before), (3, 1, None));
    let ndjson = app.get("/api/v1/audit.ndjson").await.expect(StatusCode::OK).text();
    let exported: Vec<AuditEntry> = ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(exported, [first.entries, second.entries].concat());
    let csv = app.get("/api/v1/audit.csv?action=never-guilty").await.expect(StatusCode::OK).text();
    assert!(csv.starts_with("id,at,who,address,action,target,before,after\r\n"), "{csv}");
    assert!(csv.contains("\"three() [=1+2, \"\"quoted\"\"]\""), "{csv}");
    assert_eq!(csv.lines().count(), 4);
}

async fn entries_stay(app: Arc<TestApp>) {
    send(&app, "POST", "/api/v1/quarantine/replay", &Value::Null).await.expect(StatusCode::OK);
    let told = entries(&app, AuditFilter::default()).await;
    for sql in ["UPDATE audit SET who = 'somebody else'", "DELETE FROM audit"] {
        let url = &app.state.config.database.url.0;
        let refused = if url.starts_with("sqlite") {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            raw_sql(sql).execute(&mut connection).await.unwrap_err().to_string()
        } else {
            let mut connection = PgConnection::connect(url).await.unwrap();
            raw_sql(sql).execute(&mut connection).await.unwrap_err().to_string()
        };
        assert!(refused.contains("the audit log cannot be changed"), "{refused}");
    }
    assert_eq!(entries(&app, AuditFilter::default()).await, told);
}
