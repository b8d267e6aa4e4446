//! Opening databases.

use futures_util::future::join_all;
use sea_orm::sqlx::{Connection, PgConnection, SqliteConnection, query_scalar, raw_sql};
use telemetrics_backend::store::counters::recount::check;
use telemetrics_backend::store::insert::batch;
use telemetrics_backend::store::{Options, open};

use super::counters::incoming;
use crate::support::{Database, Kind};

async fn several_instances_start_at_once(kind: Kind) {
    let database = Database::new(kind).await;
    let options = Options::new(&database.url);
    let stores = join_all((0..4).map(|_| open(&options))).await;
    for store in stores {
        let store = store.unwrap();
        store.ping().await.unwrap();
        store.close().await.unwrap();
    }
    database.remove().await;
}

async fn execute(kind: Kind, url: &str, sql: &'static str) {
    match kind {
        Kind::Sqlite => {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            raw_sql(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
        Kind::Postgres => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            raw_sql(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}

/// Counters as they were before stacks had a history of their own.
async fn counters_are_kept_by_the_next_schema(kind: Kind) {
    let database = Database::new(kind).await;
    let options = Options::new(&database.url);
    let all = incoming(600, 11);
    let store = open(&options).await.unwrap();
    batch(&store, &all[..500], &[]).await.unwrap();
    store.close().await.unwrap();
    let before = "DELETE FROM tally_day WHERE dimension = 21 AND scope >= 0; \
                  INSERT INTO tally_day (dimension, day, scope, key, shard, records, purged) \
                  SELECT 21, day, system_id, stack_id, shard, records, purged FROM crash_day; \
                  DROP TABLE crash_day; \
                  CREATE INDEX tally_day_stack ON tally_day (key, day) WHERE dimension = 21; \
                  INSERT INTO tally_day (dimension, day, scope, key, shard, records, purged) VALUES (6, 1, 1, 0, 0, 5, 0); \
                  INSERT INTO tally_total (dimension, scope, key, shard, records, purged) VALUES (6, 1, 0, 0, 5, 0); \
                  DELETE FROM seaql_migrations WHERE version IN \
                  ('m20261125_000004_lean_counters', 'm20261125_000005_stack_systems')";
    execute(kind, &database.url, before).await;
    let store = open(&options).await.unwrap();
    assert_eq!(check(&store).await.unwrap(), []);
    batch(&store, &all[500..], &[]).await.unwrap();
    assert_eq!(check(&store).await.unwrap(), []);
    store.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn sqlite_keeps_counters_of_an_older_schema() {
    counters_are_kept_by_the_next_schema(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres_keeps_counters_of_an_older_schema() {
    counters_are_kept_by_the_next_schema(Kind::Postgres).await;
}

async fn a_newer_schema_is_refused(kind: Kind) {
    let database = Database::new(kind).await;
    let options = Options::new(&database.url);
    open(&options).await.unwrap().close().await.unwrap();
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_newer', 0)";
    execute(kind, &database.url, newer).await;
    let error = open(&options).await.err().expect("a refusal").to_string();
    assert!(
        error.starts_with("the database has the schema of a newer telemetrics (step m29990101_000001_newer)"),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1);
    database.remove().await;
}

#[tokio::test]
async fn sqlite_starts_several_at_once() {
    several_instances_start_at_once(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres_starts_several_at_once() {
    several_instances_start_at_once(Kind::Postgres).await;
}

#[tokio::test]
async fn sqlite_refuses_a_newer_schema() {
    a_newer_schema_is_refused(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres_refuses_a_newer_schema() {
    a_newer_schema_is_refused(Kind::Postgres).await;
}

#[tokio::test]
async fn sqlite_files_have_settings_that_cannot_be_changed_later() {
    let database = Database::new(Kind::Sqlite).await;
    open(&Options::new(&database.url)).await.unwrap().close().await.unwrap();
    let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
    let mut check = async |pragma: &'static str, expected: i64| {
        let value: i64 = query_scalar(pragma).fetch_one(&mut connection).await.unwrap();
        assert_eq!(value, expected, "{pragma}");
    };
    check("PRAGMA page_size", 4096).await;
    check("PRAGMA auto_vacuum", 2).await;
    let mode: String = query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.unwrap();
    assert_eq!(mode, "wal");
    connection.close().await.unwrap();
}

#[tokio::test]
async fn urls_that_cannot_be_opened_are_told_in_one_line() {
    for url in ["mysql://localhost/t", "sqlite://", "sqlite:///proc/nowhere/t.db", "postgres://127.0.0.1:1/t"] {
        let error = format!("{:#}", open(&Options::new(url)).await.err().expect("a refusal"));
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}
