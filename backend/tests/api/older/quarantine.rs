//! Records of the older server that break a rule go into quarantine as long as there is room.

use std::process::{Command, Output};

use sea_orm::sqlx::Connection;
use telemetrics_common::quarantine::ListQuarantine;

use super::{Older, check_imported, records};
use crate::support::{Database, Kind, TestApp};

/// An import that may fill the quarantine with three records.
fn import(older: &Older, database: &Database) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telemetrics"));
    command.args(["import", "--postgres", &older.database.url, "--database", &database.url]);
    command.args(["--max-quarantine", "3"]).output().unwrap()
}

/// Checks which records an import has refused.
#[track_caller]
fn check_refused(output: &Output, ids: &[i64]) {
    let told = String::from_utf8_lossy(&output.stderr);
    for id in ids {
        assert!(told.contains(&format!("it is refused, since the quarantine is full id={id} ")), "{told}");
    }
    assert!(told.contains(&format!("only at the older server refused={}", ids.len())), "{told}");
}

async fn the_quarantine_is_bounded(kind: Kind) {
    let (mut older, database, all) = (Older::new().await, Database::new(kind).await, records());
    older.has_got(&all[..8]).await;
    older.changes("UPDATE records SET severity = 0 WHERE id <= 5").await;
    let output = import(&older, &database);
    check_imported(&output, "read=8 stored=3 known=0 quarantined=3 ");
    check_refused(&output, &[4, 5]);
    // What comes later finds it full.
    older.has_got(&all[8..10]).await;
    older.changes("UPDATE records SET severity = 0 WHERE id = 10").await;
    let output = import(&older, &database);
    check_imported(&output, "read=2 stored=1 known=0 quarantined=0 ");
    check_refused(&output, &[10]);
    let app = TestApp::start(&database.url, &[]).await;
    assert_eq!(app.call(&ListQuarantine::default()).await.total, 3);
    app.stop().await;
    older.connection.close().await.unwrap();
    older.database.remove().await;
    database.remove().await;
}

#[tokio::test]
async fn an_import_does_not_overfill_the_quarantine_in_sqlite() {
    the_quarantine_is_bounded(Kind::Sqlite).await;
}

#[tokio::test]
async fn an_import_does_not_overfill_the_quarantine_in_postgres() {
    the_quarantine_is_bounded(Kind::Postgres).await;
}
