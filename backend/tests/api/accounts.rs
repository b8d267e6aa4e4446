//! Accounts, sessions and tokens.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::Value;
use telemetrics_backend::access::offer_first_account;
use telemetrics_common::accounts::{
    AccountPatch, AddAccount, ChangePassword, Credentials, EndSession, FirstAccount, GetMe, GivenPassword,
    ListAccounts, ListSessions, LogIn, LogOut, MakeFirstAccount, Me, NewAccount, NewPassword, PatchAccount,
    ResetPassword, Sessions,
};
use telemetrics_common::stats::GetStats;
use telemetrics_common::tokens::{AddToken, GivenToken, ListTokens, NewToken, RevokeToken, Tokens};
use telemetrics_common::{Role, Timestamp};

use crate::on_both_databases;
use crate::support::people::{Shows, has_account, has_admin, logs_in, send};
use crate::support::{NOW, TestApp};

on_both_databases!(
    the_first_account_ends_the_open_house("--password-memory-kib", "64"),
    a_link_makes_the_first_account("--password-memory-kib", "64", "--listen", "0.0.0.0:0"),
    people_log_in_and_out("--password-memory-kib", "64"),
    guessing_is_slow("--password-memory-kib", "64"),
    changes_need_the_page_of_the_session("--password-memory-kib", "64"),
    passwords_change("--password-memory-kib", "64"),
    the_last_admin_stays("--password-memory-kib", "64"),
    tokens_do_what_their_role_may("--password-memory-kib", "64"),
);

const PASSWORD: &str = "correct horse battery";

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
    let with_cookie = || admin.clone().without("x-csrf-token");
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
