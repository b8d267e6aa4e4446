//! In which steps an import goes, and that it goes on where it was.

use sea_orm::sqlx::Connection;
use telemetrics_backend::ingest::record::NewRecord;
use telemetrics_backend::older::{Most, Source};
use telemetrics_backend::store::counters::recount::check;
use telemetrics_backend::store::imports::{Progress, Step, progress};
use telemetrics_backend::store::insert::{Incoming, step};
use telemetrics_backend::store::{Options, Store, open};

use super::{Older, check_imported, import, records};
use crate::counters::incoming;
use crate::support::{Database, Kind};

/// Records whose payloads have these sizes in bytes.
fn sized(sizes: &[usize]) -> Vec<NewRecord> {
    let sized = records().into_iter().zip(sizes);
    sized.map(|(record, size)| NewRecord { payload: "x".repeat(*size), ..record }).collect()
}

/// Checks the ids that are read at once, from the first to the last.
async fn check_batches(source: &Source, records: i64, bytes: i64, expected: &[&[i64]]) {
    let last = source.horizon().await.unwrap();
    let (mut after, mut batches) = (0, Vec::new());
    loop {
        let batch = source.records(after, last, Most { records, bytes }).await.unwrap();
        let ids: Vec<i64> = batch.iter().map(|record| record.id).collect();
        let Some(id) = ids.last() else { break };
        after = *id;
        batches.push(ids);
    }
    assert_eq!(batches, expected, "{records} records, {bytes} bytes");
}

#[tokio::test]
async fn batches_are_bounded_by_records_and_bytes() {
    let mut older = Older::new().await;
    older.has_got(&sized(&[10, 10, 10, 50, 0, 0, 5, 40, 1])).await;
    older.changes("UPDATE records SET payload = NULL WHERE id = 5").await;
    let source = Source::open(&older.database.url).await.unwrap();
    check_batches(&source, 1000, 1000, &[&[1, 2, 3, 4, 5, 6, 7, 8, 9]]).await;
    check_batches(&source, 4, 1000, &[&[1, 2, 3, 4], &[5, 6, 7, 8], &[9]]).await;
    check_batches(&source, 1000, 30, &[&[1, 2, 3], &[4], &[5, 6, 7], &[8], &[9]]).await;
    check_batches(&source, 2, 30, &[&[1, 2], &[3], &[4], &[5, 6], &[7], &[8], &[9]]).await;
    check_batches(&source, 1000, 0, &[&[1], &[2], &[3], &[4], &[5, 6], &[7], &[8], &[9]]).await;
    older.changes("DELETE FROM records WHERE id IN (1, 3, 8)").await;
    check_batches(&source, 1000, 30, &[&[2], &[4], &[5, 6, 7, 9]]).await;
    source.close().await;
    older.connection.close().await.unwrap();
    older.database.remove().await;
}

/// Two of these are more than what is read at once.
async fn large_payloads_come_one_by_one(kind: Kind) {
    let (mut older, database) = (Older::new().await, Database::new(kind).await);
    older.has_got(&sized(&[9 << 20, 9 << 20, 9 << 20, 100])).await;
    let output = import(&older.database.url, &database.url);
    check_imported(&output, "read=4 stored=4 known=0 quarantined=0 gone_there=0 records_here=4");
    let output = import(&older.database.url, &database.url);
    check_imported(&output, "read=0 stored=0 known=0 quarantined=0 gone_there=0 records_here=4");
    older.connection.close().await.unwrap();
    older.database.remove().await;
    database.remove().await;
}

#[tokio::test]
async fn large_payloads_come_into_sqlite_one_by_one() {
    large_payloads_come_one_by_one(Kind::Sqlite).await;
}

#[tokio::test]
async fn large_payloads_come_into_postgres_one_by_one() {
    large_payloads_come_one_by_one(Kind::Postgres).await;
}

/// A server that did not tell its identity at first is still the same, and then also by another name.
async fn an_import_goes_on_under_any_name(kind: Kind) {
    let (mut older, database) = (Older::new().await, Database::new(kind).await);
    older.has_got(&records()[..20]).await;
    let source = Source::open(&older.database.url).await.unwrap();
    assert_ne!(source.identity(), source.name());
    let store = open(&Options::new(&database.url)).await.unwrap();
    let begin = progress(&store, source.name()).await.unwrap();
    let by_name = Progress { last_id: 15, records: 15, ..begin.clone() };
    step(&store, &[], &[], Step { before: 0, after: &by_name }).await.unwrap();

    let output = import(&older.database.url, &database.url);
    check_imported(&output, "read=5 stored=5 known=0 quarantined=0 gone_there=0 records_here=5");
    let whole = Progress { source: source.identity().to_owned(), last_id: 20, records: 20, quarantined: 0 };
    assert_eq!(progress(&store, source.identity()).await.unwrap(), whole);
    // By now it may be another server's name.
    assert_eq!(progress(&store, source.name()).await.unwrap(), begin);
    let renamed = older.database.url.replace("127.0.0.1", "localhost");
    assert_ne!(renamed, older.database.url, "the server has to be at 127.0.0.1");
    check_imported(&import(&renamed, &database.url), "read=0 ");
    end(store, source, older, database).await;
}

#[tokio::test]
async fn an_import_into_sqlite_goes_on_under_any_name() {
    an_import_goes_on_under_any_name(Kind::Sqlite).await;
}

#[tokio::test]
async fn an_import_into_postgres_goes_on_under_any_name() {
    an_import_goes_on_under_any_name(Kind::Postgres).await;
}

async fn end(store: Store, source: Source, older: Older, database: Database) {
    store.close().await.unwrap();
    source.close().await;
    older.connection.close().await.unwrap();
    older.database.remove().await;
    database.remove().await;
}

/// A step that another import has taken stores nothing.
async fn a_step_is_taken_once(kind: Kind) {
    let database = Database::new(kind).await;
    let store = open(&Options::new(&database.url)).await.unwrap();
    let all: Vec<Incoming> = incoming(20, 5);
    let begin = progress(&store, "elsewhere").await.unwrap();
    assert_eq!(begin, Progress { source: "elsewhere".to_owned(), ..Progress::default() });
    let after = Progress { last_id: 10, records: 10, ..begin.clone() };
    let taken = Step { before: 0, after: &after };
    step(&store, &all[..10], &[], taken).await.unwrap();
    assert_eq!(progress(&store, "elsewhere").await.unwrap(), after);
    let error = step(&store, &all[10..], &[], taken).await.expect_err("a refusal");
    assert_eq!(error.to_string(), "another import from the same source is under way");
    assert_eq!(progress(&store, "elsewhere").await.unwrap(), after);
    assert_eq!(check(&store).await.unwrap(), []);
    store.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn sqlite_takes_a_step_once() {
    a_step_is_taken_once(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres_takes_a_step_once() {
    a_step_is_taken_once(Kind::Postgres).await;
}

/// A copy of a server that was imported from has its identity and other records.
async fn a_copy_is_another_server(kind: Kind) {
    let (mut older, database) = (Older::new().await, Database::new(kind).await);
    older.has_got(&records()[..20]).await;
    let source = Source::open(&older.database.url).await.unwrap();
    let store = open(&Options::new(&database.url)).await.unwrap();
    let begin = progress(&store, source.identity()).await.unwrap();
    let of_original = Progress { last_id: 20, records: 5, ..begin };
    step(&store, &[], &[], Step { before: 0, after: &of_original }).await.unwrap();
    check_imported(&import(&older.database.url, &database.url), "read=20 stored=20 known=0");
    check_imported(&import(&older.database.url, &database.url), "read=0 ");
    assert_eq!(progress(&store, source.identity()).await.unwrap(), of_original);
    end(store, source, older, database).await;
}

#[tokio::test]
async fn a_copy_is_another_server_for_sqlite() {
    a_copy_is_another_server(Kind::Sqlite).await;
}

#[tokio::test]
async fn a_copy_is_another_server_for_postgres() {
    a_copy_is_another_server(Kind::Postgres).await;
}
