//! Records whose time is over go, and no others.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::{Connection, PgConnection, query_scalar, raw_sql};
use telemetrics_backend::retention::Retention;
use telemetrics_backend::store::counters::recount::check;
use telemetrics_backend::store::insert::{Incoming, batch};
use telemetrics_backend::store::purge::records;
use telemetrics_backend::store::retention::{ask_daily, preview, purge, work};
use telemetrics_common::records::ListRecords;
use telemetrics_common::{RecordFilter, Timestamp};

use super::counters::incoming;
use crate::on_both_databases;
use crate::support::{Kind, NOW, TestApp, on};

on_both_databases!(
    the_first_rule_that_fits_decides_what_goes,
    rules_know_texts_that_had_no_room("--dictionary-bound", "2"),
    a_purge_is_done_once_a_day,
);

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
    let all = incoming(480, 21);
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
    let purged = purge(store, &retention, now).await.unwrap();
    assert_eq!(purged.records, gone);
    assert!(purged.bytes > gone * 100, "{purged:?}");
    assert_eq!(kept(app).await, expected);
    assert_eq!(check(store).await.unwrap(), []);
    assert_eq!(purge(store, &retention, now).await.unwrap().records, 0);
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
        let now = Timestamp::from_seconds(NOW);
        purge(store, &retention(&[], 0), now).await.unwrap();
        let count: i64 = query_scalar(partitions).fetch_one(&mut connection).await.unwrap();
        assert_eq!(count, 3, "one was empty, one has records, two are those of now and next");
        let old: Vec<i64> = kept(&app).await.into_iter().filter(|id| *id < 3_000_000).collect();
        records(store, &old).await.unwrap();
        purge(store, &retention(&[], 0), now).await.unwrap();
        let count: i64 = query_scalar(partitions).fetch_one(&mut connection).await.unwrap();
        assert_eq!(count, 2);
        batch(store, &incoming(10, 25), &[]).await.unwrap();
        assert_eq!(check(store).await.unwrap(), []);
        connection.close().await.unwrap();
    })
    .await;
}
