//! SQLite: what is written goes from the log into the database's file by itself, whoever writes.

use std::fs;
use std::time::Duration;

use telemetrics_backend::store::connect::sqlite_path;
use telemetrics_backend::store::insert::batch;
use telemetrics_backend::store::{self, Options, Store, purge};

use super::counters::incoming;
use crate::support::{Database, Kind};

/// Enough for the log to be moved.
const RECORDS: u64 = 2000;

/// Somebody writes into a database with so many records, which is not closed.
async fn check(records: u64, write: impl AsyncFnOnce(&Store)) {
    let database = Database::new(Kind::Sqlite).await;
    let options = Options::new(&database.url);
    let store = store::open(&options).await.unwrap();
    batch(&store, &incoming(records, 7), &[]).await.unwrap();
    store.close().await.unwrap();
    let file = || fs::read(sqlite_path(&database.url).unwrap()).unwrap();
    let before = file();
    let store = store::open(&options).await.unwrap();
    write(&store).await;
    let moved = async {
        while file() == before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), moved).await.expect("the log is moved");
    store.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn what_comes_in_is_moved() {
    let write = async |store: &Store| {
        for part in incoming(RECORDS, 8).chunks(200) {
            batch(store, part, &[]).await.unwrap();
        }
    };
    check(0, write).await;
}

#[tokio::test]
async fn what_a_purge_writes_is_moved() {
    let write = async |store: &Store| {
        let ids: Vec<i64> = (1..=RECORDS as i64).collect();
        assert_eq!(purge::records(store, &ids).await.unwrap(), RECORDS);
    };
    check(RECORDS, write).await;
}
