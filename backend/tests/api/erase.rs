//! Everything of one machine goes, and what is counted agrees with what is left.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use telemetrics_backend::store::counters::recount::check;
use telemetrics_backend::store::insert::batch;
use telemetrics_common::overview::{GetOverview, Overview};
use telemetrics_common::population::{GetPopulation, Population};
use telemetrics_common::privacy::{GetMachine, MachineData};
use telemetrics_common::stats::{GetStats, Stats};

use super::counters::incoming;
use crate::on_both_databases;
use crate::support::request::Record;
use crate::support::{Database, TestApp};

on_both_databases!(
    everything_of_a_machine_goes,
    what_is_left_counts_as_if_it_had_never_been,
    records_in_quarantine_go_too,
);

async fn erase(app: &TestApp, machine_id: &str) -> MachineData {
    let path = format!("/api/v1/machines/{machine_id}");
    let request = Request::builder().method("DELETE").uri(path).header("host", "localhost");
    app.send(request.body(Body::empty()).unwrap()).await.expect(StatusCode::OK).json()
}

async fn of(app: &TestApp, machine_id: &str) -> MachineData {
    app.call(&GetMachine { machine_id: machine_id.to_owned() }).await
}

async fn everything_of_a_machine_goes(app: Arc<TestApp>) {
    let store = &app.state.store;
    let mut all = incoming(900, 31);
    // A part of the fleet becomes one machine that has sent everything.
    for (number, one) in all.iter_mut().enumerate() {
        if number % 3 == 0 {
            one.record.machine_id = "0123456789abcdef0123456789abcdef".to_owned();
        }
    }
    batch(store, &all, &[]).await.unwrap();
    let machine = "0123456789abcdef0123456789abcdef";
    let before = of(&app, machine).await;
    assert!(before.records > 200 && before.counters > 50, "{before:?}");
    assert_eq!(erase(&app, machine).await, before);
    assert_eq!(of(&app, machine).await, MachineData::default());
    assert_eq!(check(store).await.unwrap(), []);
    assert_eq!(erase(&app, machine).await, MachineData::default());
}

type Shown = (Stats, Population, Overview);

async fn shown(app: &TestApp) -> Shown {
    let mut overview = app.call(&GetOverview::default()).await;
    overview.ingest = Default::default();
    (app.call(&GetStats::default()).await, app.call(&GetPopulation::default()).await, overview)
}

async fn what_is_left_counts_as_if_it_had_never_been(app: Arc<TestApp>) {
    let kind = if app.state.config.database.url.0.starts_with("sqlite") {
        crate::support::Kind::Sqlite
    } else {
        crate::support::Kind::Postgres
    };
    let all = incoming(700, 32);
    let machine = all[0].record.machine_id.clone();
    let others: Vec<_> = all.iter().filter(|one| one.record.machine_id != machine).cloned().collect();
    let database = Database::new(kind).await;
    let never = TestApp::start(&database.url, &[]).await;
    batch(&never.state.store, &others, &[]).await.unwrap();
    let expected = shown(&never).await;
    batch(&app.state.store, &all, &[]).await.unwrap();
    assert_eq!(erase(&app, &machine).await.records, (all.len() - others.len()) as u64);
    assert_eq!(shown(&app).await, expected);
    never.stop().await;
    database.remove().await;
}

async fn records_in_quarantine_go_too(app: Arc<TestApp>) {
    for machine in ["m1", "m2", "m1"] {
        let broken = Record::numbered(1).with("machine_id", machine).with("severity", "9");
        app.send(broken.in_json()).await.expect(StatusCode::OK);
    }
    assert_eq!(erase(&app, "m1").await, MachineData { quarantined: 2, ..MachineData::default() });
    assert_eq!(of(&app, "m2").await.quarantined, 1);
}
