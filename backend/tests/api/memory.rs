//! What is remembered of counters is what a server reads that has just started.

use std::fmt::Debug;
use std::sync::Arc;

use telemetrics_backend::ingest::record::NewRecord;
use telemetrics_backend::reading::Kind;
use telemetrics_backend::store::insert::{Incoming, batch};
use telemetrics_backend::store::purge;
use telemetrics_common::Timestamp;
use telemetrics_common::builds::GetBuilds;
use telemetrics_common::classification::{BACKTRACES, HEARTBEAT};
use telemetrics_common::crashes::{GetCrashCharts, GetCrashes};
use telemetrics_common::endpoint::Endpoint;
use telemetrics_common::mce::GetMce;
use telemetrics_common::never_guilty::AddNeverGuilty;
use telemetrics_common::overview::GetOverview;
use telemetrics_common::population::GetMachineDays;
use telemetrics_common::privacy::EraseMachine;
use telemetrics_common::stats::GetStats;
use telemetrics_common::systems::ListSystems;
use telemetrics_common::thermal::GetThermal;
use telemetrics_common::updates::GetUpdates;

use super::counters::incoming;
use crate::on_both_databases;
use crate::support::crashes::{call, pattern, recompute};
use crate::support::{NOW, TestApp};

const PAYLOAD: &str =
    "Process: /usr/bin/x\nPID: 1\nSignal: 11\n\nBacktrace (TID 1):\n#0 only_here() - [libonly.so.1]\n";
/// More than the days that are remembered.
const MANY_DAYS: i64 = 420;

on_both_databases!(changes_are_noticed, a_range_of_all_days_is_all_time, parts_of_an_hour_have_their_records);

/// A server that remembers, and others: one knows nothing from before the last change, and one has a replica and remembers
/// nothing at all.
struct Servers<'a> {
    app: &'a TestApp,
    others: Vec<TestApp>,
}

impl<'a> Servers<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let url = &app.state.config.database.url.0;
        let mut others = vec![TestApp::start(url, &[]).await];
        if app.state.store.kind() == Kind::Postgres {
            others.push(TestApp::start(url, &["--read-database", url]).await);
        }
        Self { app, others }
    }

    async fn answer_alike<E: Endpoint<Body = ()> + Debug>(&self, what: &str, call: &E)
    where
        E::Response: PartialEq + Debug,
    {
        let answer = self.app.call(call).await;
        for other in &self.others {
            assert_eq!(answer, other.call(call).await, "{what}: {call:?}");
        }
    }

    async fn stop(self) {
        for other in self.others {
            other.stop().await;
        }
    }
}

/// Compares answers, after which the server remembers all that is in them.
async fn check(app: &TestApp, what: &str) {
    let servers = Servers::of(app).await;
    let systems = app.call(&ListSystems {}).await.systems.into_iter().map(|system| Some(system.name));
    for system in systems.chain([None]) {
        for days in [2, 30] {
            let table =
                GetCrashes { system: system.clone(), days: Some(days), limit: Some(100), ..GetCrashes::default() };
            servers.answer_alike(what, &table).await;
            let charts = GetCrashCharts { system: system.clone(), days: Some(days), ..GetCrashCharts::default() };
            servers.answer_alike(what, &charts).await;
            // From within an hour on, and to within one.
            let from = Some(Timestamp::from_seconds(NOW - i64::from(days) * 86_400 - 5 * 3600 - 700));
            for to in [None, Some(Timestamp::from_seconds(NOW - 7 * 3600 + 123))] {
                servers.answer_alike(what, &GetOverview { system: system.clone(), from, to }).await;
                servers.answer_alike(what, &GetStats { system: system.clone(), from, to }).await;
                servers.answer_alike(what, &GetBuilds { system: system.clone(), from, to }).await;
                servers.answer_alike(what, &GetMachineDays { system: system.clone(), from, to }).await;
                servers.answer_alike(what, &GetUpdates { system: system.clone(), from, to, days: None }).await;
            }
        }
        servers.answer_alike(what, &GetMce { system: system.clone(), ..GetMce::default() }).await;
        servers.answer_alike(what, &GetThermal { system: system.clone() }).await;
    }
    servers.stop().await;
}

async fn parts_of_an_hour_have_their_records(app: Arc<TestApp>) {
    let store = &app.state.store;
    let hour = NOW / 3600 * 3600 - 50 * 3600;
    let mut records = incoming(400, 53).into_iter();
    let mut at = |seconds: &[i64]| -> Vec<Incoming> {
        let moved = seconds.iter().zip(records.by_ref()).map(|(second, mut one)| {
            one.record.captured_at = Timestamp::from_seconds(hour + second);
            one
        });
        moved.collect()
    };
    let check = async |seconds: std::ops::Range<i64>, records| {
        let time = |second| Some(Timestamp::from_seconds(hour + second));
        let call = GetStats { from: time(seconds.start), to: time(seconds.end), ..GetStats::default() };
        assert_eq!(app.call(&call).await.records, records, "{seconds:?}");
    };
    let stored = batch(store, &at(&[100, 101, 1800, 3599]), &[]).await.unwrap();
    check(99..100, 0).await;
    check(100..101, 1).await;
    check(101..3599, 2).await;
    check(100..3600, 4).await;
    batch(store, &at(&[101]), &[]).await.unwrap();
    check(101..102, 2).await;
    purge::records(store, &[stored[0].id]).await.unwrap();
    check(100..102, 2).await;
    // More than are remembered of an hour.
    batch(store, &at(&(200..500).collect::<Vec<_>>()), &[]).await.unwrap();
    check(200..350, 150).await;
    check(100..200, 2).await;
    // Across its end.
    batch(store, &at(&[3610]), &[]).await.unwrap();
    check(3500..3611, 2).await;
}

/// The days one by one, from memory or not, have all that there is of all time.
async fn a_range_of_all_days_is_all_time(app: Arc<TestApp>) {
    let store = &app.state.store;
    let records = incoming(600, 52);
    let heartbeat = records.iter().find(|one| one.record.classification == HEARTBEAT).unwrap();
    let stored = batch(store, &records, &[]).await.unwrap();
    let ids: Vec<i64> = stored.iter().map(|stored| stored.id).step_by(4).collect();
    purge::records(store, &ids).await.unwrap();
    check_all_days(&app).await;
    let many = (0..MANY_DAYS).map(|day| {
        let captured_at = Timestamp::from_seconds(NOW - day * 86_400);
        Incoming::new(NewRecord { captured_at, ..heartbeat.record.clone() }, heartbeat.received_at)
    });
    batch(store, &many.collect::<Vec<_>>(), &[]).await.unwrap();
    check_all_days(&app).await;
}

async fn check_all_days(app: &TestApp) {
    let from = Some(Timestamp::from_seconds(0));
    assert_eq!(app.call(&GetStats { from, ..<_>::default() }).await, app.call(&GetStats::default()).await);
    assert_eq!(app.call(&GetBuilds { from, ..<_>::default() }).await, app.call(&GetBuilds::default()).await);
    let all = GetUpdates { from, ..<_>::default() };
    let days = app.call(&all).await;
    assert_eq!(days, app.call(&GetUpdates { to: Some(Timestamp::from_seconds(NOW + 3600)), ..all }).await);
    assert!(!days.transitions.is_empty());
}

async fn changes_are_noticed(app: Arc<TestApp>) {
    let store = &app.state.store;
    let all = incoming(1200, 51);
    let (first, later) = all.split_at(800);
    let stored = batch(store, first, &[]).await.unwrap();
    check(&app, "the first records").await;
    batch(store, later, &[]).await.unwrap();
    check(&app, "further ones").await;
    let ids: Vec<i64> = stored.iter().map(|stored| stored.id).step_by(3).collect();
    assert!(purge::records(store, &ids).await.unwrap() > 200);
    check(&app, "a purge").await;
    let top = app.call(&GetCrashes { days: Some(30), ..GetCrashes::default() }).await.guilties[0].function.clone();
    call(&app, &AddNeverGuilty {}, &pattern(&top, "*")).await;
    recompute(&app).await;
    check(&app, "another list").await;
    // As many records come in on the same days as go, so that only the erasure itself tells of it.
    let is_crash = |one: &Incoming| BACKTRACES.contains(&one.record.classification.as_str());
    let machine = later.iter().find(|one| is_crash(one)).unwrap().record.machine_id.clone();
    let kept = all.iter().enumerate().filter(|(place, _)| *place >= first.len() || place % 3 != 0).map(|(_, one)| one);
    let others: Vec<Incoming> = kept.filter(|one| one.record.machine_id == machine).map(of_another).collect();
    let erased = call(&app, &EraseMachine { machine_id: machine }, &()).await;
    assert_eq!(erased.records, others.len() as u64);
    batch(store, &others, &[]).await.unwrap();
    check(&app, "an erasure").await;
}

/// The same record of another machine; a crash has other frames.
fn of_another(one: &Incoming) -> Incoming {
    let machine_id = "fedcba9876543210fedcba9876543210".to_owned();
    let mut record = NewRecord { machine_id, ..one.record.clone() };
    if BACKTRACES.contains(&record.classification.as_str()) {
        record.payload = PAYLOAD.to_owned();
    }
    Incoming::new(record, one.received_at)
}
