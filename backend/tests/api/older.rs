//! The older server's database, taken over by the program as an operator starts it.

mod quarantine;
mod steps;

use std::collections::BTreeMap;
use std::process::{Command, Output};

use sea_orm::sqlx::{AssertSqlSafe, Connection, PgConnection, query, query_as, query_scalar, raw_sql};
use telemetrics_backend::demo::{DemoOptions, fleet};
use telemetrics_backend::ingest::record::NewRecord;
use telemetrics_backend::store::counters::recount::check;
use telemetrics_common::Timestamp;
use telemetrics_common::builds::GetBuilds;
use telemetrics_common::facets::NameCount;
use telemetrics_common::guilties::{GuiltyPatch, ListGuilties, PatchGuilty};
use telemetrics_common::never_guilty::{ListNeverGuilty, NeverGuilty, RemoveNeverGuilty};
use telemetrics_common::quarantine::ListQuarantine;
use telemetrics_common::stats::GetStats;

use crate::support::crashes::{call, pattern};
use crate::support::{Database, Kind, NOW, TestApp};

/// The older server's tables with the columns that its migrations had made in the end.
const SCHEMA: &str = "
    CREATE TABLE guilty (
        id SERIAL PRIMARY KEY, function TEXT, module TEXT, comment TEXT, hide BOOLEAN DEFAULT FALSE);
    CREATE TABLE guilty_blacklisted (id SERIAL PRIMARY KEY, function TEXT, module TEXT);
    CREATE TABLE records (
        id SERIAL PRIMARY KEY, architecture TEXT, bios_version TEXT, board_name TEXT, build TEXT, classification TEXT,
        cpu_model TEXT, event_id TEXT, external BOOLEAN, host_type TEXT, kernel_version TEXT, machine_id TEXT,
        payload_version INTEGER, record_version INTEGER, severity INTEGER, system_name TEXT, timestamp_client NUMERIC,
        timestamp_server NUMERIC, payload TEXT, processed BOOLEAN DEFAULT FALSE, guilty_id INTEGER);
    INSERT INTO guilty (function, module, comment, hide) VALUES
        ('_ZN3img7Decoder6decodeEv()', '/usr/lib64/libimg.so.3', 'bug 1234, mended in 31010', FALSE),
        ('quiet()', '/usr/bin/quiet', NULL, TRUE),
        ('untouched()', '/usr/bin/untouched', '', FALSE);
    INSERT INTO guilty_blacklisted (function, module) VALUES
        ('our_abort()', '/usr/lib64/libours.so.1'), (E'two\\nlines()', '/usr/lib64/libours.so.1'),
        (NULL, '/usr/lib64/libours.so.1'), ('', '/usr/lib64/libours.so.1'), ('*', '/usr/lib64/libours.so.1');
";

/// An older server with its records and a connection to it.
struct Older {
    database: Database,
    connection: PgConnection,
}

impl Older {
    async fn new() -> Self {
        let database = Database::new(Kind::Postgres).await;
        let mut connection = PgConnection::connect(&database.url).await.unwrap();
        raw_sql(SCHEMA).execute(&mut connection).await.unwrap();
        Self { database, connection }
    }

    async fn has_got(&mut self, records: &[NewRecord]) {
        for record in records {
            insert(&mut self.connection, record).await;
        }
    }

    async fn changes(&mut self, sql: &'static str) {
        raw_sql(sql).execute(&mut self.connection).await.unwrap();
    }

    /// Whether an import waits for transactions, or has waited.
    async fn is_waited_for(&mut self) -> bool {
        let waits = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                     AND application_name = 'telemetrics import' AND query LIKE '%pg_locks%')";
        query_scalar(waits).fetch_one(&mut self.connection).await.unwrap()
    }

    async fn counts(&mut self, column: &'static str, and: &'static str) -> BTreeMap<String, u64> {
        let sql = format!("SELECT {column}, COUNT(*) FROM records WHERE severity > 0 {and} GROUP BY {column}");
        let rows: Vec<(String, i64)> = query_as(AssertSqlSafe(sql)).fetch_all(&mut self.connection).await.unwrap();
        rows.into_iter().map(|(name, records)| (name, records as u64)).collect()
    }
}

async fn insert(connection: &mut PgConnection, record: &NewRecord) {
    let insert = "INSERT INTO records (architecture, bios_version, board_name, build, classification, cpu_model, \
                  event_id, external, host_type, kernel_version, machine_id, payload_version, record_version, \
                  severity, system_name, timestamp_client, timestamp_server, payload) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    query(insert)
        .bind(&record.arch)
        .bind(&record.bios_version)
        .bind(&record.board_name)
        .bind(&record.build)
        .bind(&record.classification)
        .bind(&record.cpu_model)
        .bind(&record.event_id)
        .bind(record.external)
        .bind(&record.host_type)
        .bind(&record.kernel_version)
        .bind(&record.machine_id)
        .bind(record.payload_format_version as i32)
        .bind(i32::from(record.record_format_version))
        .bind(i32::from(record.severity))
        .bind(&record.system_name)
        .bind(record.captured_at.seconds())
        .bind(record.captured_at.seconds() + 60)
        .bind(&record.payload)
        .execute(connection)
        .await
        .unwrap();
}

fn import(from: &str, to: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telemetrics"));
    command.args(["import", "--postgres", from, "--database", to]).output().unwrap()
}

/// Checks that an import has ended well, and what it says in the end.
#[track_caller]
fn check_imported(output: &Output, summary: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains(&format!("imported {summary}")), "{told}");
}

fn records() -> Vec<NewRecord> {
    let until = Timestamp::from_seconds(NOW);
    let options = DemoOptions { records: 900, days: 6, seed: 3, until, only_crashes: false };
    fleet(&options).map(|demo| demo.record).collect()
}

/// The numbers of a page of the older server.
async fn check_same(app: &TestApp, older: &mut Older) {
    let stats = app.call(&GetStats::default()).await;
    let named = |counts: &[NameCount]| -> BTreeMap<String, u64> {
        counts.iter().map(|count| (count.name.clone(), count.records)).collect()
    };
    assert_eq!(named(&stats.classifications), older.counts("classification", "").await);
    assert_eq!(named(&stats.platforms), older.counts("host_type", "").await);
    let builds = app.call(&GetBuilds { system: Some("clear-linux-os".to_owned()), ..GetBuilds::default() }).await;
    let builds: BTreeMap<String, u64> = builds.builds.into_iter().map(|build| (build.build, build.records)).collect();
    assert_eq!(builds, older.counts("build", "AND system_name = 'clear-linux-os'").await);
}

async fn an_older_server_is_taken_over(kind: Kind) {
    let mut older = Older::new().await;
    let all = records();
    let (first, rest) = all.split_at(500);
    older.has_got(first).await;
    let database = Database::new(kind).await;
    let from = older.database.url.clone();
    let import = || import(&from, &database.url);
    check_imported(&import(), "read=500 stored=500 known=0 quarantined=0 gone_there=0 records_here=500");

    // More have come, and one that never was a record.
    older.has_got(rest).await;
    older.changes("UPDATE records SET severity = 0 WHERE id = (SELECT MAX(id) FROM records)").await;
    check_imported(&import(), "read=400 stored=399 known=0 quarantined=1 gone_there=0 records_here=899");
    check_imported(&import(), "read=0 stored=0 known=0 quarantined=0 gone_there=0 records_here=899");

    let app = TestApp::start(&database.url, &[]).await;
    check_same(&app, &mut older).await;
    assert_eq!(check(&app.state.store).await.unwrap(), []);
    let quarantine = app.call(&ListQuarantine::default()).await;
    assert_eq!(quarantine.records.len(), 1);
    assert!(quarantine.records[0].reason.starts_with("severity: "), "{}", quarantine.records[0].reason);

    // What people had said, by the names that frames have today.
    let list = app.call(&ListNeverGuilty::default()).await;
    assert_eq!(imported(&list), ["our_abort()"]);
    assert!(!list.changed, "records are judged by the list already");
    let hidden = app.call(&ListGuilties { hidden: Some(true) }).await.guilties;
    assert_eq!(hidden.iter().map(|guilty| guilty.function.as_str()).collect::<Vec<_>>(), ["quiet()"]);
    app.stop().await;
    let commented = "SELECT comment FROM guilty WHERE function = 'img::Decoder::decode()'";
    let comment: String = match kind {
        Kind::Postgres => {
            let mut connection = PgConnection::connect(&database.url).await.unwrap();
            query_scalar(commented).fetch_one(&mut connection).await.unwrap()
        }
        Kind::Sqlite => {
            let mut connection = sea_orm::sqlx::SqliteConnection::connect(&database.url).await.unwrap();
            query_scalar(commented).fetch_one(&mut connection).await.unwrap()
        }
    };
    assert_eq!(comment, "bug 1234, mended in 31010");
    older.connection.close().await.unwrap();
    older.database.remove().await;
    database.remove().await;
}

#[tokio::test]
async fn sqlite_takes_over_an_older_server() {
    an_older_server_is_taken_over(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres_takes_over_an_older_server() {
    an_older_server_is_taken_over(Kind::Postgres).await;
}

/// The functions that an import has added to the list.
fn imported(list: &NeverGuilty) -> Vec<&str> {
    let imported = list.frames.iter().filter(|frame| frame.by.as_deref() == Some("(import)"));
    imported.map(|frame| frame.function.as_str()).collect()
}

async fn wrong_times_hold_nothing_up(kind: Kind) {
    let mut older = Older::new().await;
    older.has_got(&records()[..8]).await;
    for wrong in [
        "UPDATE records SET timestamp_client = 1e20 WHERE id = 1",
        "UPDATE records SET timestamp_client = 'NaN' WHERE id = 2",
        "UPDATE records SET timestamp_client = NULL WHERE id = 3",
        "UPDATE records SET timestamp_server = 1e20 WHERE id = 4",
        "UPDATE records SET timestamp_server = 'NaN' WHERE id = 5",
        "UPDATE records SET timestamp_server = NULL WHERE id = 6",
    ] {
        older.changes(wrong).await;
    }
    let database = Database::new(kind).await;
    let output = import(&older.database.url, &database.url);
    check_imported(&output, "read=8 stored=5 known=0 quarantined=3 gone_there=0 records_here=5");
    let app = TestApp::start(&database.url, &[]).await;
    let quarantined = app.call(&ListQuarantine::default()).await.records;
    assert!(quarantined.iter().all(|kept| kept.reason.starts_with("creation_timestamp: ")), "{quarantined:?}");
    app.stop().await;
    older.connection.close().await.unwrap();
    older.database.remove().await;
    database.remove().await;
}

#[tokio::test]
async fn wrong_times_do_not_hold_sqlite_up() {
    wrong_times_hold_nothing_up(Kind::Sqlite).await;
}

#[tokio::test]
async fn wrong_times_do_not_hold_postgres_up() {
    wrong_times_hold_nothing_up(Kind::Postgres).await;
}

async fn purges_there_are_no_difference(kind: Kind) {
    let (mut older, database, all) = (Older::new().await, Database::new(kind).await, records());
    older.has_got(&all[..20]).await;
    let output = import(&older.database.url, &database.url);
    check_imported(&output, "read=20 stored=20 known=0 quarantined=0 gone_there=0 records_here=20");
    older.changes("DELETE FROM records WHERE id <= 15").await;
    older.has_got(&all[20..30]).await;
    let output = import(&older.database.url, &database.url);
    check_imported(&output, "read=10 stored=10 known=0 quarantined=0 gone_there=0 records_here=30");
    older.connection.close().await.unwrap();
    older.database.remove().await;
    database.remove().await;
}

#[tokio::test]
async fn purges_there_are_no_difference_to_sqlite() {
    purges_there_are_no_difference(Kind::Sqlite).await;
}

#[tokio::test]
async fn purges_there_are_no_difference_to_postgres() {
    purges_there_are_no_difference(Kind::Postgres).await;
}

/// A record with a smaller id than the last one becomes visible only after it.
async fn late_records_are_waited_for(kind: Kind) {
    let (mut older, database, all) = (Older::new().await, Database::new(kind).await, records());
    let mut other = PgConnection::connect(&older.database.url).await.unwrap();
    let mut late = other.begin().await.unwrap();
    insert(&mut late, &all[0]).await;
    older.has_got(&all[1..3]).await;
    let (from, to) = (older.database.url.clone(), database.url.clone());
    let running = tokio::task::spawn_blocking(move || import(&from, &to));
    while !running.is_finished() && !older.is_waited_for().await {}
    late.commit().await.unwrap();
    let output = running.await.unwrap();
    check_imported(&output, "read=3 stored=3 known=0 quarantined=0 gone_there=0 records_here=3");
    other.close().await.unwrap();
    older.connection.close().await.unwrap();
    older.database.remove().await;
    database.remove().await;
}

#[tokio::test]
async fn late_records_come_into_sqlite() {
    late_records_are_waited_for(Kind::Sqlite).await;
}

#[tokio::test]
async fn late_records_come_into_postgres() {
    late_records_are_waited_for(Kind::Postgres).await;
}

async fn what_people_do_here_stays(kind: Kind) {
    let (mut older, database) = (Older::new().await, Database::new(kind).await);
    older.has_got(&records()[..5]).await;
    check_imported(&import(&older.database.url, &database.url), "read=5 ");
    let app = TestApp::start(&database.url, &[]).await;
    let id = app.call(&ListGuilties { hidden: Some(true) }).await.guilties[0].id;
    call(&app, &PatchGuilty { id }, &GuiltyPatch { comment: None, hidden: Some(false) }).await;
    call(&app, &RemoveNeverGuilty {}, &pattern("our_abort()", "/usr/lib64/libours.so.1")).await;
    app.stop().await;

    older.changes("UPDATE guilty SET hide = TRUE WHERE function = 'untouched()'").await;
    check_imported(&import(&older.database.url, &database.url), "read=0 ");
    let app = TestApp::start(&database.url, &[]).await;
    let hidden = app.call(&ListGuilties { hidden: Some(true) }).await.guilties;
    assert_eq!(hidden.iter().map(|guilty| guilty.function.as_str()).collect::<Vec<_>>(), ["untouched()"]);
    assert!(imported(&app.call(&ListNeverGuilty::default()).await).is_empty());
    app.stop().await;
    older.connection.close().await.unwrap();
    older.database.remove().await;
    database.remove().await;
}

#[tokio::test]
async fn what_people_do_in_sqlite_stays() {
    what_people_do_here_stays(Kind::Sqlite).await;
}

#[tokio::test]
async fn what_people_do_in_postgres_stays() {
    what_people_do_here_stays(Kind::Postgres).await;
}

#[tokio::test]
async fn a_database_of_something_else_is_told_in_one_line() {
    let (source, target) = (Database::new(Kind::Postgres).await, Database::new(Kind::Sqlite).await);
    let older = Older { connection: PgConnection::connect(&source.url).await.unwrap(), database: source };
    let output = import(&older.database.url, &target.url);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    let last = stderr.lines().last().unwrap_or_default();
    assert!(last.starts_with("error: the older server's table `records` cannot be read"), "{stderr}");
    older.connection.close().await.unwrap();
    older.database.remove().await;
    target.remove().await;
}
