//! Views that bring tables and a hook of their own.

use std::future::pending;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use telemetrics_backend::api::Routes;
use telemetrics_backend::extension::{Arrival, HookTransaction, IngestHook, Step, async_trait};
use telemetrics_backend::store::counters::recount::check;
use telemetrics_backend::{App, Error, Result, View, views};
use telemetrics_common::classification::Pattern;
use telemetrics_common::ingest::GetIngest;
use telemetrics_common::views::ListViews;
use telemetrics_common::{Role, Timestamp, ViewInfo};

use crate::support::request::Record;
use crate::support::{Database, Kind, NOW, TestApp};

/// Counts the records of each machine.
struct Counted;

const TABLE: &str = "CREATE TABLE counted (machine_id TEXT PRIMARY KEY, records BIGINT NOT NULL)";

impl View for Counted {
    fn info(&self) -> ViewInfo {
        ViewInfo::new("counted", "Counted").for_role(Role::Maintainer)
    }

    fn routes(&self) -> Routes {
        Routes::new()
    }

    fn schema(&self) -> Vec<Step> {
        vec![Step::new("m20261128_000001_counted", TABLE, TABLE)]
    }

    fn hook(&self) -> Option<Arc<dyn IngestHook>> {
        Some(Arc::new(CountMachines))
    }
}

struct CountMachines;

#[async_trait]
impl IngestHook for CountMachines {
    fn classifications(&self) -> Pattern {
        Pattern::Below("org.example/".to_owned())
    }

    async fn stored(&self, transaction: &mut HookTransaction<'_>, arrivals: &[Arrival<'_>]) -> Result<()> {
        for Arrival { record, .. } in arrivals {
            let sql = "INSERT INTO counted (machine_id, records) VALUES (?, 1) \
                       ON CONFLICT (machine_id) DO UPDATE SET records = counted.records + 1";
            transaction.execute(sql, [record.machine_id.as_str().into()]).await?;
            match record.payload.trim() {
                "fail" => return Err(Error::internal("told to")),
                "break" => _ = transaction.execute("SELECT 1 FROM nowhere", []).await?,
                "panic" => panic!("told to"),
                "hang" => pending().await,
                _ => {}
            }
        }
        Ok(())
    }

    async fn erase(&self, transaction: &mut HookTransaction<'_>, machine_id: &str) -> Result<()> {
        transaction.execute("DELETE FROM counted WHERE machine_id = ?", [machine_id.into()]).await?;
        Ok(())
    }
}

async fn start(database: &Database) -> TestApp {
    let app = App::new().with_views(views::builtin()).with_view_before("builds", Counted);
    TestApp::start_app(app, &database.url, &[], || Timestamp::from_seconds(NOW)).await
}

async fn counts(app: &TestApp) -> Vec<(String, i64)> {
    let rows = app.state.store.query("SELECT machine_id, records FROM counted ORDER BY machine_id", []).await.unwrap();
    rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect()
}

fn of(machine: &str, records: i64) -> (String, i64) {
    (machine.to_owned(), records)
}

fn record(number: u32, machine: &str) -> Record {
    Record::numbered(number).with("machine_id", machine)
}

async fn a_hook_sees_each_record_once(kind: Kind) {
    let database = Database::new(kind).await;
    // Before there is the view.
    let app = TestApp::start(&database.url, &[]).await;
    for number in 1..=3 {
        app.send(record(number, "a").in_json()).await.expect(StatusCode::CREATED);
    }
    app.send(record(4, "a").with("classification", "com.other/x/y").in_json()).await.expect(StatusCode::CREATED);
    app.stop().await;
    for _ in 0..2 {
        let app = start(&database).await;
        assert_eq!(counts(&app).await, [of("a", 3)]);
        app.stop().await;
    }
    let app = start(&database).await;
    app.send(record(5, "b").in_json()).await.expect(StatusCode::CREATED);
    app.send(record(5, "b").in_json()).await.expect(StatusCode::OK);
    app.send(record(6, "b").with("classification", "com.other/x/y").in_json()).await.expect(StatusCode::CREATED);
    assert_eq!(counts(&app).await, [of("a", 3), of("b", 1)]);
    let erase = Request::delete("/api/v1/machines/a").header("host", "localhost").body(Body::empty()).unwrap();
    app.send(erase).await.expect(StatusCode::OK);
    assert_eq!(counts(&app).await, [of("b", 1)]);
    app.stop().await;
    database.remove().await;
}

/// What goes wrong in a hook is the hook's business: it takes back its own writing, never a record.
async fn a_hook_that_fails_loses_no_record(kind: Kind) {
    let database = Database::new(kind).await;
    let app = start(&database).await;
    for (number, payload) in (1..).zip(["well", "fail", "break", "panic", "hang", "well again"]) {
        let sent = record(number, "a").with("payload", payload).in_json();
        app.send(sent).await.expect(StatusCode::CREATED);
    }
    assert_eq!(counts(&app).await, [of("a", 2)]);
    let warnings = app.call(&GetIngest {}).await.warnings;
    assert_eq!(warnings[0].kind, "hook");
    assert_eq!(warnings[0].message, "The view `counted` has failed to count 4 batches of records; the log says why.");
    let metrics = app.get("/metrics").await.text();
    assert!(metrics.contains("telemetrics_hook_lost_batches_total{view=\"counted\"} 4\n"), "{metrics}");
    let stored = app.get("/api/records").await.json::<serde_json::Value>();
    assert_eq!(stored["records"].as_array().unwrap().len(), 6);
    assert_eq!(check(&app.state.store).await.unwrap(), []);
    app.stop().await;
    database.remove().await;
}

#[tokio::test]
async fn sqlite() {
    a_hook_sees_each_record_once(Kind::Sqlite).await;
    a_hook_that_fails_loses_no_record(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres() {
    a_hook_sees_each_record_once(Kind::Postgres).await;
    a_hook_that_fails_loses_no_record(Kind::Postgres).await;
}

#[tokio::test]
async fn tabs_have_an_order_and_may_be_for_some_only() {
    let database = Database::new(Kind::Sqlite).await;
    let app = start(&database).await;
    let tabs = |app: &TestApp| app.state.views.iter().map(|view| view.slug).collect::<Vec<_>>();
    assert_eq!(tabs(&app)[..4], ["overview", "records", "counted", "builds"]);
    // The server is open, so that everybody may do everything.
    let shown = app.call(&ListViews {}).await;
    assert!(shown.iter().any(|view| view.slug == "counted"));
    app.stop().await;
    let app = App::new().with_views(views::builtin()).with_view(Counted);
    let options = ["--listen", "0.0.0.0:8080", "--public-read"];
    let app = TestApp::start_app(app, &database.url, &options, || Timestamp::from_seconds(NOW)).await;
    let shown = app.call(&ListViews {}).await;
    assert_eq!(shown.len(), tabs(&app).len() - 1);
    assert!(shown.iter().all(|view| view.slug != "counted"));
    app.stop().await;
    database.remove().await;
}
