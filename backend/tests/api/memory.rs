//! What is remembered of crashes is what a server reads that has just started.

use std::sync::Arc;

use telemetrics_backend::ingest::record::NewRecord;
use telemetrics_backend::store::insert::{Incoming, batch};
use telemetrics_backend::store::purge;
use telemetrics_common::classification::BACKTRACES;
use telemetrics_common::crashes::{GetCrashCharts, GetCrashes};
use telemetrics_common::never_guilty::AddNeverGuilty;
use telemetrics_common::privacy::EraseMachine;
use telemetrics_common::systems::ListSystems;

use super::counters::incoming;
use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::crashes::{call, pattern, recompute};

const PAYLOAD: &str =
    "Process: /usr/bin/x\nPID: 1\nSignal: 11\n\nBacktrace (TID 1):\n#0 only_here() - [libonly.so.1]\n";

on_both_databases!(changes_are_noticed);

/// Compares answers, after which the server remembers all that is in them.
async fn check(app: &TestApp, what: &str) {
    let fresh = TestApp::start(&app.state.config.database.url.0, &[]).await;
    for system in app.call(&ListSystems {}).await.systems {
        for days in [2, 30] {
            let (system, days) = (Some(system.name.clone()), Some(days));
            let table = GetCrashes { system: system.clone(), days, limit: Some(100), ..GetCrashes::default() };
            assert_eq!(app.call(&table).await, fresh.call(&table).await, "{what}: {table:?}");
            let charts = GetCrashCharts { system, days, ..GetCrashCharts::default() };
            assert_eq!(app.call(&charts).await, fresh.call(&charts).await, "{what}: {charts:?}");
        }
    }
    fresh.stop().await;
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
