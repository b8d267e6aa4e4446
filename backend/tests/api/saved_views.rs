//! Saved views: one's own, and those that are for everybody.

use std::sync::Arc;

use axum::http::StatusCode;
use telemetrics_backend::access::{Caller, add_token};
use telemetrics_common::saved_views::{ListSavedViews, MOST, NewView, RemoveView, SaveView, SavedViews};
use telemetrics_common::tokens::NewToken;
use telemetrics_common::{Role, Timestamp};

use crate::on_both_databases;
use crate::support::people::{Shows, has_account, has_admin, logs_in, send};
use crate::support::{NOW, TestApp};

on_both_databases!(
    without_accounts_views_are_for_everybody,
    people_see_their_own_and_the_shared_ones("--password-memory-kib", "64"),
    a_token_without_an_account_needs_the_role_for_what_all_see("--password-memory-kib", "64"),
    there_are_not_too_many,
);

fn named(name: &str, address: &str) -> NewView {
    NewView { name: name.to_owned(), address: address.to_owned(), shared: false }
}

/// Names with whether they are shared and may be taken away.
async fn seen(app: &TestApp, who: &Shows) -> Vec<(String, bool, bool)> {
    let answer: SavedViews = send(app, who, &ListSavedViews {}, &()).await.expect(StatusCode::OK).json();
    answer.views.into_iter().map(|view| (view.name, view.shared, view.removable)).collect()
}

async fn without_accounts_views_are_for_everybody(app: Arc<TestApp>) {
    let all = Shows::default();
    for address in ["/records?severity=3", "/records?severity=4"] {
        send(&app, &all, &SaveView {}, &named("bad", address)).await.expect(StatusCode::OK);
    }
    let answer: SavedViews = send(&app, &all, &ListSavedViews {}, &()).await.json();
    let [view] = &answer.views[..] else { panic!("{answer:?}") };
    assert_eq!((view.address.as_str(), view.shared, view.removable), ("/records?severity=4", true, true));
    let message = send(&app, &all, &SaveView {}, &named("bad", "https://evil.example/")).await;
    assert!(message.expect(StatusCode::BAD_REQUEST).message().starts_with("address: "));
    send(&app, &all, &RemoveView { id: view.id }, &()).await.expect(StatusCode::OK);
    send(&app, &all, &RemoveView { id: view.id }, &()).await.expect(StatusCode::NOT_FOUND);
    assert_eq!(seen(&app, &all).await, []);
}

async fn people_see_their_own_and_the_shared_ones(app: Arc<TestApp>) {
    let admin = has_admin(&app, "ada").await;
    let given = has_account(&app, &admin, "victor", Role::Viewer).await;
    let viewer = logs_in(&app, "victor", &given.password).await;
    let shared = NewView { shared: true, ..named("all", "/crashes") };
    send(&app, &admin, &SaveView {}, &shared).await.expect(StatusCode::OK);
    send(&app, &admin, &SaveView {}, &named("hers", "/mce")).await.expect(StatusCode::OK);
    send(&app, &viewer, &SaveView {}, &named("his", "/stats")).await.expect(StatusCode::OK);
    send(&app, &viewer, &SaveView {}, &shared).await.expect(StatusCode::FORBIDDEN);
    let entry = |name: &str, shared, removable| (name.to_owned(), shared, removable);
    assert_eq!(seen(&app, &admin).await, [entry("all", true, true), entry("hers", false, true)]);
    assert_eq!(seen(&app, &viewer).await, [entry("all", true, false), entry("his", false, true)]);
    for id in 1..=2 {
        send(&app, &viewer, &RemoveView { id }, &()).await.expect(StatusCode::NOT_FOUND);
    }
    send(&app, &admin, &RemoveView { id: 3 }, &()).await.expect(StatusCode::NOT_FOUND);
    send(&app, &viewer, &RemoveView { id: 3 }, &()).await.expect(StatusCode::OK);
    send(&app, &Shows::default(), &ListSavedViews {}, &()).await.expect(StatusCode::UNAUTHORIZED);
}

async fn a_token_without_an_account_needs_the_role_for_what_all_see(app: Arc<TestApp>) {
    send(&app, &Shows::default(), &SaveView {}, &named("old", "/mce")).await.expect(StatusCode::OK);
    has_admin(&app, "ada").await;
    let token = async |role: Role| {
        let new = NewToken { name: "report".to_owned(), role, days: None };
        let now = Timestamp::from_seconds(NOW);
        Shows::token(&add_token(&app.state.store, &Caller::command_line(), new, now).await.unwrap().token)
    };
    let (viewer, maintainer) = (token(Role::Viewer).await, token(Role::Maintainer).await);
    send(&app, &viewer, &SaveView {}, &named("mine", "/stats")).await.expect(StatusCode::FORBIDDEN);
    send(&app, &viewer, &RemoveView { id: 1 }, &()).await.expect(StatusCode::NOT_FOUND);
    assert_eq!(seen(&app, &viewer).await, [("old".to_owned(), true, false)]);
    send(&app, &maintainer, &RemoveView { id: 1 }, &()).await.expect(StatusCode::OK);
    send(&app, &maintainer, &SaveView {}, &named("ours", "/stats")).await.expect(StatusCode::OK);
    assert_eq!(seen(&app, &viewer).await, [("ours".to_owned(), true, false)]);
}

async fn there_are_not_too_many(app: Arc<TestApp>) {
    let all = Shows::default();
    for number in 0..MOST {
        send(&app, &all, &SaveView {}, &named(&number.to_string(), "/records")).await.expect(StatusCode::OK);
    }
    send(&app, &all, &SaveView {}, &named("one more", "/records")).await.expect(StatusCode::CONFLICT);
    send(&app, &all, &SaveView {}, &named("7", "/records")).await.expect(StatusCode::OK);
}
