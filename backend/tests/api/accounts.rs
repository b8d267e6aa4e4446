//! Accounts, sessions and tokens, and who may call what.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use telemetrics_backend::access::offer_first_account;
use telemetrics_backend::store::sessions::{Lasts, Origin};
use telemetrics_backend::store::{accounts, sessions};
use telemetrics_common::accounts::{
    AccountPatch, AddAccount, ChangePassword, Credentials, EndSession, FirstAccount, GetMe, GivenPassword,
    ListAccounts, ListSessions, LogIn, LogOut, MakeFirstAccount, Me, NewAccount, NewPassword, PatchAccount,
    ResetPassword, Sessions,
};
use telemetrics_common::classification::{HEARTBEAT, MCE_CORRECTED};
use telemetrics_common::crashes::{Crashes, GetCrashes};
use telemetrics_common::guilties::{
    GetGuilty, Guilty, GuiltyList, GuiltyPatch, ListGuilties, ListStacks, PatchGuilty, StackPage,
};
use telemetrics_common::mce::{GetMce, Mce};
use telemetrics_common::never_guilty::{AddNeverGuilty, FramePattern, ListNeverGuilty, NeverGuilty};
use telemetrics_common::population::{GetPopulation, Population, Window};
use telemetrics_common::stats::{GetStats, Stats};
use telemetrics_common::tokens::{AddToken, GivenToken, ListTokens, NewToken, RevokeToken, Tokens};
use telemetrics_common::{Endpoint, Role, Timestamp, endpoint};
use tower::ServiceExt;

use crate::on_both_databases;
use crate::support::request::Record;
use crate::support::{Answer, NOW, TestApp};

on_both_databases!(
    the_first_account_ends_the_open_house("--password-memory-kib", "64"),
    a_link_makes_the_first_account("--password-memory-kib", "64", "--listen", "0.0.0.0:0"),
    people_log_in_and_out("--password-memory-kib", "64"),
    guessing_is_slow("--password-memory-kib", "64"),
    changes_need_the_page_of_the_session("--password-memory-kib", "64"),
    passwords_change("--password-memory-kib", "64"),
    the_last_admin_stays("--password-memory-kib", "64"),
    tokens_do_what_their_role_may("--password-memory-kib", "64"),
    every_route_asks_for_its_role("--password-memory-kib", "64"),
    everyone_may_read_charts("--password-memory-kib", "64", "--public-read"),
    machines_and_comments_are_not_for_everyone("--password-memory-kib", "64", "--public-read"),
    few_machines_are_not_told_to_everyone("--password-memory-kib", "64", "--public-read", "--min-cell", "3"),
    who_has_logged_out_hears_nothing_more("--password-memory-kib", "64"),
    machines_need_no_account("--password-memory-kib", "64"),
    an_open_house_is_no_house_for_proxies("--auth", "none"),
);

const PASSWORD: &str = "correct horse battery";

/// What a browser or a script shows.
#[derive(Clone, Debug, Default)]
pub struct Shows(Vec<(&'static str, String)>);

impl Shows {
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.push((name, value.to_owned()));
        self
    }

    pub fn token(token: &str) -> Self {
        Self::default().with("authorization", &format!("Bearer {token}"))
    }

    /// The cookie and the CSRF token that a login has given.
    fn session(answer: &Answer) -> Self {
        let csrf = answer.json::<Me>().csrf.expect("a CSRF token");
        Self::default().with("cookie", &cookie_of(&answer.headers)).with("x-csrf-token", &csrf)
    }
}

fn cookie_of(headers: &HeaderMap) -> String {
    headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

pub async fn send<E: Endpoint>(app: &TestApp, shows: &Shows, call: &E, body: &E::Body) -> Answer {
    let request = Request::builder().method(E::METHOD.as_str()).uri(endpoint::url(call)).header("host", "localhost");
    let request = shows.0.iter().fold(request, |request, (name, value)| request.header(*name, value));
    app.send(request.body(Body::from(serde_json::to_vec(body).unwrap())).unwrap()).await
}

/// Makes the first account, an admin, as the command line does.
pub async fn has_admin(app: &TestApp, name: &str) -> Shows {
    let new = NewAccount { name: name.to_owned(), role: Role::Admin };
    let given: GivenPassword =
        send(app, &Shows::default(), &AddAccount {}, &new).await.expect(StatusCode::CREATED).json();
    logs_in(app, name, &given.password).await
}

pub async fn logs_in(app: &TestApp, name: &str, password: &str) -> Shows {
    let credentials = Credentials { name: name.to_owned(), password: password.to_owned() };
    Shows::session(&send(app, &Shows::default(), &LogIn {}, &credentials).await.expect(StatusCode::OK))
}

pub async fn has_account(app: &TestApp, admin: &Shows, name: &str, role: Role) -> GivenPassword {
    let new = NewAccount { name: name.to_owned(), role };
    send(app, admin, &AddAccount {}, &new).await.expect(StatusCode::CREATED).json()
}

async fn the_first_account_ends_the_open_house(app: Arc<TestApp>) {
    let nobody = Shows::default();
    let me: Me = app.call(&GetMe {}).await;
    assert_eq!((me.open, me.name, me.role), (true, None, Some(Role::Admin)));
    let viewer = NewAccount { name: "eve".to_owned(), role: Role::Viewer };
    let refused = send(&app, &nobody, &AddAccount {}, &viewer).await.expect(StatusCode::BAD_REQUEST).message();
    assert_eq!(refused, "role: the first account must be an admin");
    let admin = has_admin(&app, "Ada").await;
    app.get("/api/v1/stats").await.expect(StatusCode::UNAUTHORIZED);
    let me: Me = app.call(&GetMe {}).await;
    assert_eq!(me, Me::default());
    let me: Me = send(&app, &admin, &GetMe {}, &()).await.json();
    assert_eq!((me.open, me.name.as_deref(), me.role), (false, Some("Ada"), Some(Role::Admin)));
}

async fn a_link_makes_the_first_account(app: Arc<TestApp>) {
    let now = Timestamp::from_seconds(NOW);
    let (gate, store) = (&app.state.gate, &app.state.store);
    app.get("/api/v1/stats").await.expect(StatusCode::UNAUTHORIZED);
    assert!(app.call(&GetMe {}).await.first_account);
    let old = offer_first_account(gate, store, now).await.unwrap().expect("a link");
    let link = offer_first_account(gate, store, now).await.unwrap().expect("a link");
    let make = async |secret: &str, name: &str, password: &str| {
        let new = FirstAccount { secret: secret.to_owned(), name: name.to_owned(), password: password.to_owned() };
        send(&app, &Shows::default(), &MakeFirstAccount {}, &new).await
    };
    make(&old, "ada", PASSWORD).await.expect(StatusCode::FORBIDDEN);
    let short = make(&link, "ada", "short").await.expect(StatusCode::BAD_REQUEST).message();
    assert!(short.starts_with("password: "), "{short}");
    let admin = Shows::session(&make(&link, "ada", PASSWORD).await.expect(StatusCode::OK));
    assert_eq!(send(&app, &admin, &GetMe {}, &()).await.json::<Me>().role, Some(Role::Admin));
    make(&link, "eve", PASSWORD).await.expect(StatusCode::FORBIDDEN);
    assert_eq!(offer_first_account(gate, store, now).await.unwrap(), None);
}

async fn people_log_in_and_out(app: Arc<TestApp>) {
    let admin = has_admin(&app, "Ada").await;
    let given = has_account(&app, &admin, "Grace", Role::Viewer).await;
    // Names are told apart without case.
    let again = NewAccount { name: "GRACE".to_owned(), role: Role::Admin };
    send(&app, &admin, &AddAccount {}, &again).await.expect(StatusCode::CONFLICT);
    let credentials = Credentials { name: "grace".to_owned(), password: given.password.clone() };
    let answer = send(&app, &Shows::default(), &LogIn {}, &credentials).await.expect(StatusCode::OK);
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    for part in ["telemetrics=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let (first, second) = (Shows::session(&answer), logs_in(&app, "Grace", &given.password).await);
    let sessions: Sessions = send(&app, &first, &ListSessions {}, &()).await.expect(StatusCode::OK).json();
    let current: Vec<bool> = sessions.sessions.iter().map(|session| session.current).collect();
    assert_eq!(current, [false, true], "the newest comes first");
    send(&app, &first, &EndSession { id: sessions.sessions[0].id }, &()).await.expect(StatusCode::OK);
    send(&app, &second, &GetStats::default(), &()).await.expect(StatusCode::UNAUTHORIZED);
    send(&app, &first, &LogOut {}, &()).await.expect(StatusCode::OK);
    send(&app, &first, &GetStats::default(), &()).await.expect(StatusCode::UNAUTHORIZED);
    // Nobody learns which accounts there are.
    let wrong = async |name: &str| {
        let credentials = Credentials { name: name.to_owned(), password: "wrong password".to_owned() };
        send(&app, &Shows::default(), &LogIn {}, &credentials).await.expect(StatusCode::UNAUTHORIZED).message()
    };
    assert_eq!(wrong("grace").await, wrong("nobody").await);
    assert_eq!(wrong("grace").await, wrong(&"x".repeat(100_000)).await);
}

async fn guessing_is_slow(app: Arc<TestApp>) {
    has_admin(&app, "ada").await;
    let guess = async |name: &str| {
        let credentials = Credentials { name: name.to_owned(), password: "a guess, no more".to_owned() };
        send(&app, &Shows::default(), &LogIn {}, &credentials).await
    };
    for _ in 0..5 {
        guess("ada").await.expect(StatusCode::UNAUTHORIZED);
    }
    let answer = guess("ADA").await.expect(StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers["retry-after"], "10");
    guess("grace").await.expect(StatusCode::UNAUTHORIZED);
}

async fn changes_need_the_page_of_the_session(app: Arc<TestApp>) {
    let admin = has_admin(&app, "ada").await;
    let cookie = admin.0[0].1.clone();
    let with_cookie = || Shows::default().with("cookie", &cookie);
    let new = NewToken { name: "t".to_owned(), role: Role::Viewer, days: None };
    send(&app, &with_cookie(), &ListTokens {}, &()).await.expect(StatusCode::OK);
    let refused = send(&app, &with_cookie(), &AddToken {}, &new).await.expect(StatusCode::FORBIDDEN).message();
    assert!(refused.starts_with("x-csrf-token: "), "{refused}");
    let wrong = with_cookie().with("x-csrf-token", "something");
    send(&app, &wrong, &AddToken {}, &new).await.expect(StatusCode::FORBIDDEN);
    let elsewhere = admin.clone().with("origin", "https://evil.example");
    let refused = send(&app, &elsewhere, &AddToken {}, &new).await.expect(StatusCode::FORBIDDEN).message();
    assert!(refused.starts_with("Origin: "), "{refused}");
    send(&app, &admin.with("origin", "http://localhost"), &AddToken {}, &new).await.expect(StatusCode::CREATED);
}

async fn passwords_change(app: Arc<TestApp>) {
    let admin = has_admin(&app, "ada").await;
    let given = has_account(&app, &admin, "grace", Role::Maintainer).await;
    let (grace, other) = (logs_in(&app, "grace", &given.password).await, logs_in(&app, "grace", &given.password).await);
    let change = async |shows: &Shows, old: &str, new: &str| {
        let new = NewPassword { old: old.to_owned(), new: new.to_owned() };
        send(&app, shows, &ChangePassword {}, &new).await
    };
    let wrong = change(&grace, "not this one", PASSWORD).await.expect(StatusCode::BAD_REQUEST).message();
    assert!(wrong.starts_with("old: "), "{wrong}");
    let renewed = Shows::session(&change(&grace, &given.password, PASSWORD).await.expect(StatusCode::OK));
    for over in [&grace, &other] {
        send(&app, over, &GetStats::default(), &()).await.expect(StatusCode::UNAUTHORIZED);
    }
    send(&app, &renewed, &GetStats::default(), &()).await.expect(StatusCode::OK);
    logs_in(&app, "grace", PASSWORD).await;
    let reset: GivenPassword =
        send(&app, &admin, &ResetPassword { name: "grace".to_owned() }, &()).await.expect(StatusCode::OK).json();
    send(&app, &renewed, &GetStats::default(), &()).await.expect(StatusCode::UNAUTHORIZED);
    logs_in(&app, "grace", &reset.password).await;
    // Who is shown as a token, or not at all, has no password to change.
    let token = NewToken { name: "t".to_owned(), role: Role::Admin, days: None };
    let token: GivenToken = send(&app, &admin, &AddToken {}, &token).await.json();
    change(&Shows::token(&token.token), PASSWORD, "another password").await.expect(StatusCode::BAD_REQUEST);
}

async fn the_last_admin_stays(app: Arc<TestApp>) {
    let admin = has_admin(&app, "ada").await;
    let patch = async |shows: &Shows, name: &str, patch: AccountPatch| {
        send(&app, shows, &PatchAccount { name: name.to_owned() }, &patch).await
    };
    let (off, viewer) =
        (AccountPatch { disabled: Some(true), role: None }, AccountPatch { disabled: None, role: Some(Role::Viewer) });
    for change in [off, viewer] {
        let refused = patch(&admin, "ada", change).await.expect(StatusCode::CONFLICT).message();
        assert_eq!(refused, "ada is the last admin; make another one first");
    }
    patch(&admin, "nobody", off).await.expect(StatusCode::NOT_FOUND);
    let given = has_account(&app, &admin, "grace", Role::Admin).await;
    let grace = logs_in(&app, "grace", &given.password).await;
    patch(&grace, "ADA", off).await.expect(StatusCode::OK);
    send(&app, &admin, &GetStats::default(), &()).await.expect(StatusCode::UNAUTHORIZED);
    let listed = send(&app, &grace, &ListAccounts {}, &()).await.json::<Value>();
    let states: Vec<(&str, bool)> = listed["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| (account["name"].as_str().unwrap(), account["disabled"].as_bool().unwrap()))
        .collect();
    assert_eq!(states, [("ada", true), ("grace", false)]);
}

async fn tokens_do_what_their_role_may(app: Arc<TestApp>) {
    let admin = has_admin(&app, "ada").await;
    let given = has_account(&app, &admin, "grace", Role::Maintainer).await;
    let grace = logs_in(&app, "grace", &given.password).await;
    let make = async |shows: &Shows, role: Role, days: Option<u32>| {
        let new = NewToken { name: "nightly report".to_owned(), role, days };
        send(&app, shows, &AddToken {}, &new).await
    };
    make(&grace, Role::Admin, None).await.expect(StatusCode::FORBIDDEN);
    make(&grace, Role::Viewer, Some(0)).await.expect(StatusCode::BAD_REQUEST);
    let token: GivenToken = make(&grace, Role::Viewer, Some(30)).await.expect(StatusCode::CREATED).json();
    let script = Shows::token(&token.token);
    send(&app, &script, &GetStats::default(), &()).await.expect(StatusCode::OK);
    send(&app, &script, &ListAccounts {}, &()).await.expect(StatusCode::FORBIDDEN);
    let wrong = send(&app, &Shows::token("tlm_wrong"), &GetStats::default(), &()).await;
    assert_eq!(wrong.expect(StatusCode::UNAUTHORIZED).message(), "the token is not valid");
    // Everybody sees their own, admins all.
    make(&admin, Role::Admin, None).await.expect(StatusCode::CREATED);
    let count = async |shows: &Shows| send(&app, shows, &ListTokens {}, &()).await.json::<Tokens>().tokens.len();
    assert_eq!((count(&grace).await, count(&admin).await), (1, 2));
    // A token that could make others would never end.
    make(&script, Role::Viewer, None).await.expect(StatusCode::FORBIDDEN);
    // A token never may more than its account.
    let off = AccountPatch { disabled: Some(true), role: None };
    send(&app, &admin, &PatchAccount { name: "grace".to_owned() }, &off).await.expect(StatusCode::OK);
    send(&app, &script, &GetStats::default(), &()).await.expect(StatusCode::UNAUTHORIZED);
    let on = AccountPatch { disabled: Some(false), role: None };
    send(&app, &admin, &PatchAccount { name: "grace".to_owned() }, &on).await.expect(StatusCode::OK);
    send(&app, &script, &GetStats::default(), &()).await.expect(StatusCode::OK);
    send(&app, &admin, &RevokeToken { id: token.id }, &()).await.expect(StatusCode::OK);
    send(&app, &script, &GetStats::default(), &()).await.expect(StatusCode::UNAUTHORIZED);
    send(&app, &admin, &RevokeToken { id: token.id }, &()).await.expect(StatusCode::NOT_FOUND);
}

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
    let request = shows.0.iter().fold(request, |request, (name, value)| request.header(*name, value));
    app.send(request.body(Body::from(json!({"no_such_field": 1}).to_string())).unwrap()).await.status
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
    let request = admin.0.iter().fold(request, |request, (name, value)| request.header(*name, value));
    let response = app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
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
