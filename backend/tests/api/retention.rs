//! Records whose time is over go, and no others.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::{Connection, PgConnection, query_scalar, raw_sql};
use telemetrics_backend::Error;
use telemetrics_backend::retention::Retention;
use telemetrics_backend::store::counters::recount::check;
use telemetrics_backend::store::insert::{Incoming, batch};
use telemetrics_backend::store::purge::records;
use telemetrics_backend::store::retention::{ask, ask_daily, begin_and_leave, preview, purge, take_and_leave, work};
use telemetrics_common::records::ListRecords;
use telemetrics_common::{RecordFilter, Timestamp};

use super::counters::incoming;
use super::schema::execute;
use crate::on_both_databases;
use crate::support::{Kind, NOW, TestApp, on};

on_both_databases!(
    the_first_rule_that_fits_decides_what_goes,
    rules_know_texts_that_had_no_room("--dictionary-bound", "2"),
    a_purge_is_done_once_a_day,
    a_purge_whose_owner_is_gone_is_taken_over_when_its_lease_is_over,
    a_purge_at_once_respects_others,
    a_purge_at_once_that_is_left_is_nobody_elses,
    a_lease_is_given_back_in_any_case,
    the_command_takes_the_lease,
);

/// When somebody takes a lease, the last moment of it, and when it is over.
const TAKEN: fn() -> Timestamp = || Timestamp::from_seconds(NOW);
const STILL_HELD: fn() -> Timestamp = || Timestamp::from_seconds(NOW + 30);
const OVER: fn() -> Timestamp = || Timestamp::from_seconds(NOW + 31);

fn retention(rules: &[&str], days: u32) -> Retention {
    Retention { rules: rules.iter().map(|rule| rule.parse().unwrap()).collect(), days }
}

async fn kept(app: &TestApp) -> BTreeSet<i64> {
    let page = app.call(&ListRecords { params: RecordFilter::default(), before: None, limit: Some(500) }).await;
    page.records.iter().map(|record| record.id).collect()
}

/// Purges, and looks at each record whether it should be there.
async fn check_purge(app: &TestApp, rules: &[&str], days: u32) {
    let store = &app.state.store;
    let (retention, now) = (retention(rules, days), Timestamp::from_seconds(NOW));
    let mut all = incoming(480, 21);
    // An import brings old records after newer ones.
    fastrand::Rng::with_seed(4).shuffle(&mut all);
    let ids = batch(store, &all, &[]).await.unwrap();
    let goes = |Incoming { record, received_at, .. }: &Incoming| {
        retention.parts(now).any(|part| retention.goes_with(part, record, *received_at))
    };
    let stays = |(_, incoming): &(i64, &Incoming)| !goes(incoming);
    let expected: BTreeSet<i64> =
        ids.iter().map(|stored| stored.id).zip(&all).filter(stays).map(|(id, _)| id).collect();
    let gone = (all.len() - expected.len()) as u64;
    assert!(gone > 0 && !expected.is_empty(), "the rules are to part the records");
    let (would, whole) = preview(store, &retention, now, Duration::MAX).await.unwrap();
    assert_eq!((would.records, whole), (gone, true));
    assert_eq!(kept(app).await.len(), all.len());
    let purged = purge(store, &retention, TAKEN).await.unwrap();
    assert_eq!(purged.records, gone);
    assert!(purged.bytes > gone * 100, "{purged:?}");
    assert_eq!(kept(app).await, expected);
    assert_eq!(check(store).await.unwrap(), []);
    assert_eq!(purge(store, &retention, TAKEN).await.unwrap().records, 0);
}

async fn the_first_rule_that_fits_decides_what_goes(app: Arc<TestApp>) {
    let rules = ["org.clearlinux/crash/*=0", "severity:2=1", "system:debian=3", "org.clearlinux/heartbeat/ping=15"];
    check_purge(&app, &rules, 10).await;
}

async fn rules_know_texts_that_had_no_room(app: Arc<TestApp>) {
    check_purge(&app, &["org.clearlinux/heartbeat/*=4", "system:clear-linux-os=6"], 0).await;
}

async fn a_purge_is_done_once_a_day(app: Arc<TestApp>) {
    let store = &app.state.store;
    let now: fn() -> Timestamp = || Timestamp::from_seconds(NOW);
    let next_day = Timestamp::from_seconds(NOW + 86_400);
    batch(store, &incoming(100, 22), &[]).await.unwrap();
    let retention = retention(&[], 5);
    assert_eq!(work(store, &retention, None, "a", now).await.unwrap(), None, "nobody has asked");
    ask_daily(store, now()).await.unwrap();
    let gone = work(store, &retention, None, "a", now).await.unwrap().expect("a purge was asked for");
    let left = kept(&app).await.len();
    assert!(0 < left && left < 100, "{left}");
    assert_eq!(gone, 100 - left as u64);
    ask_daily(store, now()).await.unwrap();
    assert_eq!(work(store, &retention, None, "b", now).await.unwrap(), None, "it has been done today");
    ask_daily(store, next_day).await.unwrap();
    assert_eq!(work(store, &retention, None, "b", now).await.unwrap(), Some(0));
}

/// A hundred records, some of which are over after five days. The server's own task takes no purge any more.
async fn hundred_records(app: &TestApp) -> Retention {
    app.state.stopping.cancel();
    batch(&app.state.store, &incoming(100, 22), &[]).await.unwrap();
    retention(&[], 5)
}

async fn a_purge_whose_owner_is_gone_is_taken_over_when_its_lease_is_over(app: Arc<TestApp>) {
    let (store, retention) = (&app.state.store, hundred_records(&app).await);
    ask(store).await.unwrap();
    assert!(take_and_leave(store, "gone", TAKEN).await.unwrap());
    assert_eq!(work(store, &retention, None, "next", STILL_HELD).await.unwrap(), None, "it may still be at work");
    assert_eq!(kept(&app).await.len(), 100);
    let gone = work(store, &retention, None, "next", OVER).await.unwrap().expect("it is taken over");
    assert!(gone > 0);
    assert_eq!(kept(&app).await.len() as u64, 100 - gone);
    assert_eq!(check(store).await.unwrap(), []);
    assert_eq!(work(store, &retention, None, "next", OVER).await.unwrap(), None, "it is done");
}

async fn a_purge_at_once_respects_others(app: Arc<TestApp>) {
    let (store, retention) = (&app.state.store, hundred_records(&app).await);
    ask(store).await.unwrap();
    assert!(take_and_leave(store, "server", TAKEN).await.unwrap());
    let refused = purge(store, &retention, STILL_HELD).await.expect_err("another one is under way");
    assert!(matches!(refused, Error::Conflict(_)), "{refused}");
    assert_eq!(kept(&app).await.len(), 100);
    assert!(purge(store, &retention, OVER).await.unwrap().records > 0);
    // What the server was asked for it does all the same: its settings may be others.
    assert_eq!(work(store, &retention, None, "server", OVER).await.unwrap(), Some(0));
    assert_eq!(work(store, &retention, None, "server", OVER).await.unwrap(), None);
}

async fn a_purge_at_once_that_is_left_is_nobody_elses(app: Arc<TestApp>) {
    let (store, retention) = (&app.state.store, hundred_records(&app).await);
    assert!(begin_and_leave(store, TAKEN).await.unwrap());
    assert_eq!(work(store, &retention, None, "server", OVER).await.unwrap(), None);
    assert_eq!(kept(&app).await.len(), 100);
    assert!(begin_and_leave(store, TAKEN).await.unwrap());
    assert!(purge(store, &retention, OVER).await.unwrap().records > 0);
    assert_eq!(work(store, &retention, None, "server", OVER).await.unwrap(), None);
    // What a server was asked for meanwhile is to be done all the same.
    assert!(begin_and_leave(store, TAKEN).await.unwrap());
    ask(store).await.unwrap();
    assert_eq!(work(store, &retention, None, "server", OVER).await.unwrap(), Some(0));
}

async fn a_lease_is_given_back_in_any_case(app: Arc<TestApp>) {
    let (store, retention) = (&app.state.store, hundred_records(&app).await);
    let url = &app.state.config.database.url.0;
    let kind = if url.starts_with("sqlite") { Kind::Sqlite } else { Kind::Postgres };
    execute(kind, url, "ALTER TABLE records RENAME TO elsewhere").await;
    let failed = purge(store, &retention, TAKEN).await.expect_err("there are no records");
    assert!(matches!(failed, Error::Internal(_)), "{failed}");
    execute(kind, url, "ALTER TABLE elsewhere RENAME TO records").await;
    assert!(purge(store, &retention, TAKEN).await.unwrap().records > 0);
    // It was nobody's daily one.
    ask_daily(store, TAKEN()).await.unwrap();
    assert_eq!(work(store, &retention, None, "server", TAKEN).await.unwrap(), Some(0));
}

/// Starts `telemetrics purge` when somebody has taken the lease at a time by the machine's own clock.
async fn check_command(app: &TestApp, taken: fn() -> Timestamp, code: i32, last_line: &str) {
    let store = &app.state.store;
    ask(store).await.unwrap();
    assert!(take_and_leave(store, "server", taken).await.unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_telemetrics"));
    command.args(["purge", "--database", app.state.config.database.url.0.as_str()]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.lines().last().is_some_and(|last| last.contains(last_line)), "{told}");
}

async fn the_command_takes_the_lease(app: Arc<TestApp>) {
    app.state.stopping.cancel();
    check_command(&app, || Timestamp::from_seconds(0), 0, "deleted records=0").await;
    check_command(&app, || Timestamp::from_seconds(4 * NOW), 1, "error: another purge is under way").await;
}

#[tokio::test]
async fn partitions_without_records_go() {
    on(Kind::Postgres, &[], |app| async move {
        let store = &app.state.store;
        batch(store, &incoming(60, 23), &[]).await.unwrap();
        let mut connection = PgConnection::connect(&app.state.config.database.url.0).await.unwrap();
        let partitions = "SELECT COUNT(*) FROM pg_inherits WHERE inhparent = 'records'::regclass";
        // As after three million records: what comes now goes elsewhere.
        raw_sql("SELECT setval('records_id_seq', 3000000)").execute(&mut connection).await.unwrap();
        batch(store, &incoming(10, 24), &[]).await.unwrap();
        let count: i64 = query_scalar(partitions).fetch_one(&mut connection).await.unwrap();
        assert_eq!(count, 4);
        purge(store, &retention(&[], 0), TAKEN).await.unwrap();
        let count: i64 = query_scalar(partitions).fetch_one(&mut connection).await.unwrap();
        assert_eq!(count, 3, "one was empty, one has records, two are those of now and next");
        let old: Vec<i64> = kept(&app).await.into_iter().filter(|id| *id < 3_000_000).collect();
        records(store, &old).await.unwrap();
        purge(store, &retention(&[], 0), TAKEN).await.unwrap();
        let count: i64 = query_scalar(partitions).fetch_one(&mut connection).await.unwrap();
        assert_eq!(count, 2);
        batch(store, &incoming(10, 25), &[]).await.unwrap();
        assert_eq!(check(store).await.unwrap(), []);
        connection.close().await.unwrap();
    })
    .await;
}
