//! PostgreSQL as it is run in earnest: behind PgBouncer, with a replica that is read, and that takes over.

use axum::http::StatusCode;
use sea_orm::sqlx::{Connection, PgConnection, query_scalar};
use telemetrics_backend::store::counters::recount::check;
use telemetrics_backend::store::stats;
use telemetrics_common::RecordFilter;
use telemetrics_common::ingest::GetIngest;
use telemetrics_common::privacy::EraseMachine;
use telemetrics_common::records::{GetRecord, ListRecords};
use telemetrics_common::stats::GetStats;

use crate::support::cluster::{Bouncer, Cluster};
use crate::support::fleet::{Fleet, Instance};
use crate::support::request::Record;
use crate::support::{Database, Kind, TestApp};

const CLIENTS: u32 = 8;
/// PgBouncer before 1.21 knows nothing of prepared statements.
const POOLED: &str = "--database-pooler";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_behind_a_pooler_survive_kills() {
    let Some(cluster) = Cluster::start() else { return };
    let bouncer = Bouncer::start(&cluster);
    let start = |url: String| Instance::start_with(&url, &[POOLED]);
    let mut instances: Vec<Instance> = (0..3).map(|_| start(bouncer.url())).collect();
    let fleet = Fleet::new(instances.iter().map(|instance| instance.address).collect());
    let kills = async {
        for (place, instance) in instances.iter_mut().enumerate() {
            fleet.grow(60).await;
            instance.kill();
            fleet.grow(60).await;
            let url = bouncer.url();
            *instance = tokio::task::spawn_blocking(move || start(url)).await.unwrap();
            fleet.moved(place, instance.address);
        }
        fleet.grow(60).await;
    };
    fleet.send_while(CLIENTS, kills).await;
    drop(instances);
    fleet.check_all_there(&cluster.url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_takes_over_and_has_all_that_was_acknowledged() {
    let Some(cluster) = Cluster::start() else { return };
    let replica = cluster.replica();
    cluster.commit_with_replica().await;
    let bouncer = Bouncer::start(&cluster);
    let mut server = Instance::start_with(&bouncer.url(), &[POOLED, "--read-database", &replica.url()]);
    let fleet = Fleet::new(vec![server.address]);
    let take_over = async {
        fleet.grow(120).await;
        cluster.fail();
        replica.promote();
        bouncer.lead_to(&replica);
        fleet.grow(120).await;
    };
    fleet.send_while(CLIENTS, take_over).await;
    server.kill();
    fleet.check_all_there(&replica.url()).await;
}

/// What lists, charts and exports show: ids, how many records are counted, and how many rows there are.
async fn shown(app: &TestApp) -> (Vec<i64>, u64, usize) {
    let list = app.call(&ListRecords { params: RecordFilter::default(), before: None, limit: None }).await;
    let ids = list.records.iter().map(|record| record.id).collect();
    let counted = app.call(&GetStats::default()).await.records;
    let table = app.get("/api/v1/records.csv").await.expect(StatusCode::OK);
    let rows = csv::Reader::from_reader(table.body.as_ref()).into_records().count();
    (ids, counted, rows)
}

async fn until_it_shows(app: &TestApp, ids: &[i64]) {
    while shown(app).await != (ids.to_vec(), ids.len() as u64, ids.len()) {
        tokio::task::yield_now().await;
    }
}

async fn until_the_replica_is_read(app: &TestApp) {
    while app.state.store.has_replica() != Some(true) {
        tokio::task::yield_now().await;
    }
}

async fn send(app: &TestApp, number: u32) {
    app.send(Record::numbered(number).in_json()).await.expect(StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_charts_and_exports_are_read_from_the_replica_while_it_is_there() {
    let Some(cluster) = Cluster::start() else { return };
    let replica = cluster.replica();
    let app = TestApp::start(&cluster.url(), &["--read-database", &replica.url()]).await;
    until_the_replica_is_read(&app).await;
    send(&app, 1).await;
    until_it_shows(&app, &[1]).await;
    // From here on the replica hears of nothing new: what is read from it does not have it, details do.
    replica.execute("SELECT pg_wal_replay_pause()").await;
    send(&app, 2).await;
    assert_eq!(app.call(&GetRecord { id: 2 }).await.id, 2);
    assert_eq!(stats::stats(&app.state.store, GetStats::default()).await.unwrap().records, 2);
    assert_eq!(shown(&app).await, (vec![1], 1, 1));
    replica.execute("SELECT pg_wal_replay_resume()").await;
    until_it_shows(&app, &[2, 1]).await;
    // A replica that is away holds nothing up but who finds that out.
    replica.fail();
    app.get("/api/v1/records").await;
    assert_eq!(app.state.store.has_replica(), Some(false));
    send(&app, 3).await;
    assert_eq!(shown(&app).await, (vec![3, 2, 1], 3, 3));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_is_behind_is_not_read_until_it_has_caught_up() {
    let Some(cluster) = Cluster::start() else { return };
    let replica = cluster.replica();
    let (url, replica_url) = (cluster.url(), replica.url());
    let options = ["--read-database", replica_url.as_str()];
    let app = TestApp::start(&url, &options).await;
    until_the_replica_is_read(&app).await;
    replica.execute("SELECT pg_wal_replay_pause()").await;
    send(&app, 1).await;
    assert_eq!(shown(&app).await, (vec![], 0, 0));
    app.stop().await;
    // A server that starts now does not know for how long that has been so.
    let app = TestApp::start(&url, &options).await;
    assert_eq!(app.state.store.has_replica(), Some(false));
    assert_eq!(shown(&app).await, (vec![1], 1, 1));
    let warnings = app.call(&GetIngest {}).await.warnings;
    assert!(warnings.iter().any(|warning| warning.kind == "replica"), "{warnings:?}");
    replica.execute("SELECT pg_wal_replay_resume()").await;
    until_the_replica_is_read(&app).await;
    assert_eq!(shown(&app).await, (vec![1], 1, 1));
    app.stop().await;
}

/// What databases lack that only speak PostgreSQL's language is not used where somebody says so; that they take the rest can
/// only be seen with them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_partitioned_or_locked_where_that_is_told() {
    let database = Database::new(Kind::Postgres).await;
    let app = TestApp::start(&database.url, &["--distributed-sql", "--retention-days", "1"]).await;
    for number in 0..3 {
        let record = Record::numbered(number).with("machine_id", &format!("machine-{number}"));
        app.send(record.in_json()).await.expect(StatusCode::CREATED);
    }
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let kind: String = query_scalar("SELECT relkind::text FROM pg_class WHERE relname = 'records'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(kind, "r", "a table, not a partitioned one");
    let routines: i64 = query_scalar(
        "SELECT (SELECT COUNT(*) FROM pg_trigger WHERE NOT tgisinternal) \
         + (SELECT COUNT(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(routines, 0, "neither triggers nor functions");
    connection.close().await.unwrap();
    app.call(&EraseMachine { machine_id: "machine-1".to_owned() }).await;
    let list = app.call(&ListRecords { params: RecordFilter::default(), before: None, limit: None }).await;
    assert_eq!(list.records.iter().map(|record| record.id).collect::<Vec<_>>(), [3, 1]);
    assert_eq!(check(&app.state.store).await.unwrap(), []);
    app.stop().await;
    database.remove().await;
}
