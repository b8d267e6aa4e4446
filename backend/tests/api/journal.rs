//! SQLite: changes of counters are written down with their records, and added before anybody reads them.

use sea_orm::sqlx::{Connection, SqliteConnection, query, query_scalar};
use serde_json::json;
use telemetrics_backend::store::audit::Author;
use telemetrics_backend::store::counters::recount::check;
use telemetrics_backend::store::insert::batch;
use telemetrics_backend::store::{self, Options, Store, erase, purge, stats};
use telemetrics_common::stats::GetStats;

use super::counters::incoming;
use crate::support::{Database, Kind};

/// A database of which one knows what is written down.
struct Journaled {
    database: Database,
    store: Store,
    /// Looks at it beside the store.
    connection: SqliteConnection,
}

impl Journaled {
    async fn new() -> Self {
        let database = Database::new(Kind::Sqlite).await;
        let store = open(&database).await;
        let connection = SqliteConnection::connect(&database.url).await.unwrap();
        Self { database, store, connection }
    }

    async fn number(&mut self, sql: &'static str) -> i64 {
        query_scalar(sql).fetch_one(&mut self.connection).await.unwrap()
    }

    /// How many batches are written down.
    async fn batches(&mut self) -> i64 {
        self.number("SELECT COUNT(*) FROM uncounted").await
    }

    /// How many records are in the counters themselves.
    async fn added(&mut self) -> i64 {
        self.number("SELECT COALESCE(SUM(records), 0) FROM record_total").await
    }

    async fn end(self) {
        self.connection.close().await.unwrap();
        self.store.close().await.unwrap();
        self.database.remove().await;
    }
}

async fn open(database: &Database) -> Store {
    store::open(&Options::new(&database.url)).await.unwrap()
}

async fn counted(store: &Store) -> u64 {
    stats::stats(store, GetStats::default()).await.unwrap().records
}

#[tokio::test]
async fn who_reads_finds_all_records_counted() {
    let mut journaled = Journaled::new().await;
    let all = incoming(60, 21);
    for chunk in all.chunks(20) {
        batch(&journaled.store, chunk, &[]).await.unwrap();
    }
    assert_eq!((journaled.batches().await, journaled.added().await), (3, 0));
    assert_eq!(counted(&journaled.store).await, 60);
    assert_eq!((journaled.batches().await, journaled.added().await), (0, 60));
    // Resends change nothing, and so write nothing down.
    let again: Vec<_> = all.iter().filter(|one| one.record.record_format_version == 4).cloned().collect();
    batch(&journaled.store, &again, &[]).await.unwrap();
    assert_eq!(journaled.batches().await, 0);
    journaled.end().await;
}

#[tokio::test]
async fn many_are_added_before_anybody_reads() {
    let mut journaled = Journaled::new().await;
    for chunk in incoming(1000, 22).chunks(100) {
        batch(&journaled.store, chunk, &[]).await.unwrap();
    }
    assert_eq!((journaled.batches().await, journaled.added().await), (4, 600));
    assert_eq!(check(&journaled.store).await.unwrap(), []);
    journaled.end().await;
}

#[tokio::test]
async fn what_a_killed_process_has_written_down_is_added_at_the_next_start() {
    let mut journaled = Journaled::new().await;
    batch(&journaled.store, &incoming(30, 23), &[]).await.unwrap();
    // Another process opens the database; this one has not been closed.
    let next = open(&journaled.database).await;
    assert_eq!((journaled.batches().await, journaled.added().await), (0, 30));
    assert_eq!(check(&next).await.unwrap(), []);
    next.close().await.unwrap();
    journaled.end().await;
}

#[tokio::test]
async fn one_process_adds_what_another_has_written_down() {
    let journaled = Journaled::new().await;
    let other = open(&journaled.database).await;
    let all = incoming(80, 24);
    batch(&other, &all[..40], &[]).await.unwrap();
    batch(&journaled.store, &all[40..], &[]).await.unwrap();
    assert_eq!(counted(&journaled.store).await, 80);
    assert_eq!(check(&other).await.unwrap(), []);
    other.close().await.unwrap();
    journaled.end().await;
}

/// As a program of another version would have left it.
#[tokio::test]
async fn what_cannot_be_read_is_counted_from_its_records() {
    let mut journaled = Journaled::new().await;
    for chunk in incoming(90, 25).chunks(30) {
        batch(&journaled.store, chunk, &[]).await.unwrap();
    }
    let change = "UPDATE uncounted SET format = format - 1 WHERE id = 1";
    query(change).execute(&mut journaled.connection).await.unwrap();
    query("UPDATE uncounted SET sums = x'00ff' WHERE id = 3").execute(&mut journaled.connection).await.unwrap();
    assert_eq!(counted(&journaled.store).await, 90);
    assert_eq!(check(&journaled.store).await.unwrap(), []);
    journaled.end().await;
}

#[tokio::test]
async fn records_that_are_not_yet_counted_can_go() {
    let mut journaled = Journaled::new().await;
    let all = incoming(120, 26);
    let stored = batch(&journaled.store, &all[..60], &[]).await.unwrap();
    // What could then no longer be counted from its records has to be added before they go.
    query("UPDATE uncounted SET format = 0").execute(&mut journaled.connection).await.unwrap();
    let some: Vec<i64> = stored.iter().step_by(2).map(|stored| stored.id).collect();
    assert_eq!(purge::records(&journaled.store, &some).await.unwrap(), some.len() as u64);
    assert_eq!(check(&journaled.store).await.unwrap(), []);
    assert_eq!(counted(&journaled.store).await, 60);

    batch(&journaled.store, &all[60..], &[]).await.unwrap();
    let machine = [all[119].record.machine_id.clone()];
    let data = erase::count(&journaled.store, &machine).await.unwrap();
    assert!(data.records > 0 && data.counters > 0, "{data:?}");
    assert_eq!(erase::machine(&journaled.store, &machine, &Author::default(), |_| json!({})).await.unwrap(), data);
    assert_eq!(check(&journaled.store).await.unwrap(), []);
    journaled.end().await;
}

/// A check sees counters and what is written down as they are at one moment.
#[tokio::test]
async fn counters_are_checked_while_records_come_in() {
    let journaled = Journaled::new().await;
    let store = journaled.store.clone();
    let storing = tokio::spawn(async move {
        for chunk in incoming(900, 27).chunks(15) {
            batch(&store, chunk, &[]).await.unwrap();
        }
    });
    loop {
        let is_last = storing.is_finished();
        assert_eq!(check(&journaled.store).await.unwrap(), []);
        if is_last {
            break;
        }
    }
    assert_eq!(counted(&journaled.store).await, 900);
    journaled.end().await;
}
