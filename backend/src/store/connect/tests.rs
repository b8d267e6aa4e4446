//! URLs, and what PostgreSQL's connections are kept for and bounded by.

use axum::http::StatusCode;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{PgConnection, Postgres, query_scalar, raw_sql};

use super::*;
use crate::testing::request::Record;
use crate::testing::{self, Database, TestApp};

#[test]
fn sqlite_urls_name_a_file() {
    let check = |url: &str, path: Option<&str>| assert_eq!(sqlite_path(url), path, "{url}");
    check("sqlite://./data/telemetrics.db", Some("./data/telemetrics.db"));
    check("sqlite:///var/lib/t.db", Some("/var/lib/t.db"));
    check("sqlite:t.db?mode=rwc", Some("t.db"));
    check("postgres://localhost/t", None);
}

#[test]
fn some_of_enough_connections_write() {
    let check = |all: u32, writers: u32| assert_eq!(postgres_writers(all), writers, "{all}");
    check(2, 2);
    check(3, 3);
    check(4, 2);
    check(5, 2);
    check(6, 3);
    check(100, 3);
}

/// With four connections to the database.
async fn start(database: &Database) -> TestApp {
    TestApp::start(&database.url, &["--database-connections", "4"]).await
}

/// Takes all connections that read.
async fn readers(store: &Store) -> Vec<PoolConnection<Postgres>> {
    let pool = store.reader().get_postgres_connection_pool();
    let mut readers = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        readers.push(pool.acquire().await.unwrap());
    }
    readers
}

#[tokio::test]
async fn who_reads_for_long_holds_up_no_record() {
    let database = Database::new(testing::Kind::Postgres).await;
    let app = start(&database).await;
    let readers = readers(&app.state.store).await;
    app.send(Record::numbered(1).in_json()).await.expect(StatusCode::CREATED);
    app.get("/readyz").await.expect(StatusCode::OK);
    drop(readers);
    app.stop().await;
    database.remove().await;
}

/// Or it would go on when nobody waits for it any more.
#[tokio::test]
async fn what_takes_postgres_too_long_is_broken_off() {
    let database = Database::new(testing::Kind::Postgres).await;
    let app = start(&database).await;
    let mut readers = readers(&app.state.store).await;
    for reader in &mut readers {
        let limit: String = query_scalar("SHOW statement_timeout").fetch_one(&mut **reader).await.unwrap();
        assert_eq!(limit, "1min");
        raw_sql("SET statement_timeout = 1").execute(&mut **reader).await.unwrap();
    }
    drop(readers);
    let mut other = PgConnection::connect(&database.url).await.unwrap();
    raw_sql("BEGIN; LOCK TABLE records IN ACCESS EXCLUSIVE MODE").execute(&mut other).await.unwrap();
    let answer = app.get("/api/v1/records").await.expect(StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(answer.message(), "the answer took too long");
    other.close().await.unwrap();
    app.stop().await;
    database.remove().await;
}
