//! Who may call what.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use telemetrics_backend::store::sessions::{Lasts, Origin};
use telemetrics_backend::store::{accounts, sessions};
use telemetrics_common::accounts::{AccountPatch, GetMe, LogOut, PatchAccount};
use telemetrics_common::classification::{HEARTBEAT, MCE_CORRECTED};
use telemetrics_common::crashes::{Crashes, GetCrashes};
use telemetrics_common::guilties::{
    GetGuilty, Guilty, GuiltyList, GuiltyPatch, ListGuilties, ListStacks, PatchGuilty, StackPage,
};
use telemetrics_common::mce::{GetMce, Mce};
use telemetrics_common::never_guilty::{AddNeverGuilty, FramePattern, ListNeverGuilty, NeverGuilty};
use telemetrics_common::population::{GetPopulation, Population, Window};
use telemetrics_common::stats::{GetStats, Stats};
use telemetrics_common::tokens::{AddToken, GivenToken, NewToken};
use telemetrics_common::{Role, Timestamp};
use tower::ServiceExt;

use crate::on_both_databases;
use crate::support::people::{Shows, has_account, has_admin, logs_in, send};
use crate::support::request::Record;
use crate::support::{NOW, TestApp};

on_both_databases!(
    every_route_asks_for_its_role("--password-memory-kib", "64"),
    everyone_may_read_charts("--password-memory-kib", "64", "--public-read"),
    machines_and_comments_are_not_for_everyone("--password-memory-kib", "64", "--public-read"),
    few_machines_are_not_told_to_everyone("--password-memory-kib", "64", "--public-read", "--min-cell", "3"),
    who_has_logged_out_hears_nothing_more("--password-memory-kib", "64"),
    machines_need_no_account("--password-memory-kib", "64"),
    an_open_house_is_no_house_for_proxies("--auth", "none"),
);

/// Everyone who may ask, with what they show.
async fn all_callers(app: &TestApp) -> Vec<(String, Option<Role>, Shows)> {
    let admin = has_admin(app, "ada").await;
    let mut callers = vec![("nobody".to_owned(), None, Shows::default())];
    for (name, role) in [("victor", Role::Viewer), ("mary", Role::Maintainer), ("anna", Role::Admin)] {
        let given = has_account(app, &admin, name, role).await;
        callers.push((name.to_owned(), Some(role), logs_in(app, name, &given.password).await));
        let token = NewToken { name: name.to_owned(), role, days: None };
        let token: GivenToken = send(app, &admin, &AddToken {}, &token).await.json();
        callers.push((format!("token of {name}"), Some(role), Shows::token(&token.token)));
    }
    let given = has_account(app, &admin, "off", Role::Admin).await;
    let off = logs_in(app, "off", &given.password).await;
    let patch = AccountPatch { disabled: Some(true), role: None };
    send(app, &admin, &PatchAccount { name: "off".to_owned() }, &patch).await.expect(StatusCode::OK);
    callers.push(("who is switched off".to_owned(), None, off));
    callers.push(("whose session is over".to_owned(), None, whose_session_is_over(app).await));
    callers
}

async fn whose_session_is_over(app: &TestApp) -> Shows {
    let anna = accounts::find(&app.state.store, "anna").await.unwrap().unwrap();
    let long_ago = Timestamp::from_seconds(NOW - 61 * 86_400);
    let lasts = Lasts { idle: i64::MAX / 2, most: i64::MAX / 2 };
    let key = blake3::hash(b"an old cookie");
    sessions::begin(&app.state.store, key.as_bytes(), anna.id, Origin::default(), long_ago, lasts).await.unwrap();
    Shows::default().with("cookie", "telemetrics=an old cookie")
}

/// Each call of the API's document, by each caller: who may not is told so before anything else is looked at.
async fn every_route_asks_for_its_role(app: Arc<TestApp>) {
    let document: Value = app.get("/api/v1/openapi.json").await.json();
    let callers = all_callers(&app).await;
    let mut calls = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let access = operation["x-access"].as_str().unwrap_or_else(|| panic!("{method} {path} says nobody"));
            for (name, role, shows) in &callers {
                // Logging out would end what the others are asked with, the streams never end, and machines and watchers
                // are no people.
                let is_for_people = !matches!(access, "machine" | "watcher");
                if path.ends_with("/logout") || path.ends_with("/live") || !is_for_people {
                    continue;
                }
                let status = status_of(&app, method, path, shows).await;
                let may = match access {
                    "anyone" => true,
                    "reader" | "viewer" => role.is_some(),
                    "maintainer" => *role >= Some(Role::Maintainer),
                    "admin" => *role >= Some(Role::Admin),
                    other => panic!("{method} {path} is for {other}"),
                };
                let refusal = if role.is_some() { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
                assert_eq!(status == refusal, !may, "{method} {path} for {name}: {status}");
                calls += 1;
            }
        }
    }
    assert!(calls > 300, "{calls}");
}

/// Calls with what no call takes, so that nothing is changed.
async fn status_of(app: &TestApp, method: &str, path: &str, shows: &Shows) -> StatusCode {
    let path = path.replace("{id}", "0").replace("{name}", "nobody");
    let request = Request::builder()
        .method(method.to_uppercase().as_str())
        .uri(format!("{path}?no_such_parameter=1"))
        .header("host", "localhost");
    app.send(shows.in_request(request).body(Body::from(json!({"no_such_field": 1}).to_string())).unwrap()).await.status
}

async fn everyone_may_read_charts(app: Arc<TestApp>) {
    has_admin(&app, "ada").await;
    for path in ["/api/v1/stats", "/api/v1/overview", "/api/v1/builds", "/api/v1/crashes", "/api/v1/views"] {
        app.get(path).await.expect(StatusCode::OK);
    }
    // What people or machines wrote is not for everyone.
    for path in [
        "/api/v1/records",
        "/api/v1/records/1",
        "/api/v1/records.csv",
        "/api/v1/records.ndjson",
        "/api/v1/records/live",
        "/api/v1/facets?payload=a",
        "/api/v1/quarantine",
        "/api/v1/guilties/1/backtraces",
        "/api/records",
        "/api/v1/tokens",
        "/api/v1/accounts",
    ] {
        app.get(path).await.expect(StatusCode::UNAUTHORIZED);
    }
    assert!(app.call(&GetMe {}).await.public_read);
}

async fn machines_and_comments_are_not_for_everyone(app: Arc<TestApp>) {
    let admin = has_admin(&app, "ada").await;
    let crash = Record::numbered(1).with("classification", "org.clearlinux/crash/clr");
    let crash = crash.with("payload", "Process: a\nBacktrace (TID 1):\n#0 f() - [/usr/lib/liba.so]\n");
    let check = Record::numbered(2).with("classification", MCE_CORRECTED);
    for record in [crash, check] {
        app.send(record.in_json()).await.expect(StatusCode::CREATED);
    }
    let list: GuiltyList = send(&app, &admin, &ListGuilties::default(), &()).await.json();
    let id = list.guilties[0].id;
    let comment = GuiltyPatch { comment: Some("a comment".to_owned()), hidden: None };
    send(&app, &admin, &PatchGuilty { id }, &comment).await.expect(StatusCode::OK);
    let entry =
        FramePattern { function: "g()".to_owned(), module: "*".to_owned(), reason: Some("a reason".to_owned()) };
    send(&app, &admin, &AddNeverGuilty {}, &entry).await.expect(StatusCode::OK);
    let told = async |shows: &Shows| {
        let mce: Mce = send(&app, shows, &GetMce::default(), &()).await.json();
        let guilty: Guilty = send(&app, shows, &GetGuilty { id }, &()).await.json();
        let table: Crashes = send(&app, shows, &GetCrashes::default(), &()).await.json();
        let list: GuiltyList = send(&app, shows, &ListGuilties::default(), &()).await.json();
        let frames: NeverGuilty = send(&app, shows, &ListNeverGuilty {}, &()).await.json();
        let stacks: StackPage = send(&app, shows, &ListStacks { id, limit: None, offset: None }, &()).await.json();
        assert_eq!((mce.weeks.len(), guilty.records, stacks.total), (1, 1, 1), "counts are for everyone");
        let of_list = list.guilties.into_iter().map(|entry| entry.comment);
        let of_table = table.guilties.into_iter().map(|row| row.comment);
        let comments: Vec<String> = of_table.chain(of_list).chain([guilty.comment]).collect();
        let who_and_why = frames.frames.into_iter().find(|frame| frame.function == "g()").unwrap();
        let named = [mce.machines.len(), guilty.machines.len(), stacks.stacks.len()];
        (named, comments, who_and_why.by, who_and_why.reason)
    };
    let comments = |text: &str| vec![text.to_owned(); 3];
    let all = ([1; 3], comments("a comment"), Some("ada".to_owned()), "a reason".to_owned());
    assert_eq!(told(&admin).await, all);
    assert_eq!(told(&Shows::default()).await, ([0; 3], comments(""), None, String::new()));
}

async fn few_machines_are_not_told_to_everyone(app: Arc<TestApp>) {
    let admin = has_admin(&app, "ada").await;
    for (number, build) in [(1, "7"), (2, "7"), (3, "7"), (4, "7"), (5, "8")] {
        let ping = Record::numbered(number).with("classification", HEARTBEAT).with("build", build);
        let ping = ping.with("machine_id", &format!("m{number}"));
        app.send(ping.in_json()).await.expect(StatusCode::CREATED);
    }
    let told = async |shows: &Shows| {
        let population: Population = send(&app, shows, &GetPopulation::default(), &()).await.json();
        let stats: Stats = send(&app, shows, &GetStats::default(), &()).await.json();
        let of_build =
            |window: &Window| window.builds.iter().map(|build| (build.build.clone(), build.internal)).collect();
        let windows: Vec<Vec<(String, u64)>> = population.windows.iter().map(of_build).collect();
        (windows, stats.records)
    };
    let all = vec![("7".to_owned(), 4), ("8".to_owned(), 1)];
    assert_eq!(told(&admin).await, (vec![all; 5], 5));
    let rounded = vec![("7".to_owned(), 3)];
    assert_eq!(told(&Shows::default()).await, (vec![rounded; 5], 3));
}

async fn who_has_logged_out_hears_nothing_more(app: Arc<TestApp>) {
    let admin = has_admin(&app, "ada").await;
    let request = Request::get("/api/v1/records/live").header("host", "localhost");
    let request = admin.in_request(request).body(Body::empty()).unwrap();
    let response = app.front.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut stream = response.into_body();
    let mut frame = async || stream.frame().await.map(|frame| frame.unwrap().into_data().unwrap());
    assert_eq!(frame().await.unwrap(), ": listening\n\n");
    app.send(Record::numbered(1).in_json()).await.expect(StatusCode::CREATED);
    assert!(frame().await.unwrap().starts_with(b"data: "));
    send(&app, &admin, &LogOut {}, &()).await.expect(StatusCode::OK);
    let ends = async { while frame().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(60), ends).await.expect("the stream ends");
}

async fn machines_need_no_account(app: Arc<TestApp>) {
    has_admin(&app, "ada").await;
    app.send(Record::numbered(1).in_headers()).await.expect(StatusCode::CREATED);
    app.send(Record::numbered(2).in_json()).await.expect(StatusCode::CREATED);
    for path in ["/healthz", "/readyz", "/metrics"] {
        app.get(path).await.expect(StatusCode::OK);
    }
    // The page that asks for name and password, where the program has been built with it.
    assert_ne!(app.get("/").await.status, StatusCode::UNAUTHORIZED);
    let through = Request::get("/metrics").header("x-forwarded-for", "192.0.2.1").body(Body::empty()).unwrap();
    app.send(through).await.expect(StatusCode::UNAUTHORIZED);
}

async fn an_open_house_is_no_house_for_proxies(app: Arc<TestApp>) {
    app.get("/api/v1/stats").await.expect(StatusCode::OK);
    for name in ["forwarded", "x-forwarded-for", "x-forwarded-host", "via"] {
        let request = Request::get("/api/v1/stats").header("host", "localhost").header(name, "192.0.2.1");
        let message = app.send(request.body(Body::empty()).unwrap()).await.expect(StatusCode::FORBIDDEN).message();
        assert!(message.starts_with(name) && message.contains("telemetrics user add"), "{message}");
    }
    let foreign = Request::get("/api/v1/stats").header("host", "telemetrics.example").body(Body::empty()).unwrap();
    let message = app.send(foreign).await.expect(StatusCode::FORBIDDEN).message();
    assert!(message.contains("telemetrics user add"), "{message}");
}
