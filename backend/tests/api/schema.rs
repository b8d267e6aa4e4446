//! Opening databases.

use futures_util::future::join_all;
use sea_orm::sqlx::{Connection, PgConnection, SqliteConnection, query_scalar, raw_sql};
use sea_orm::{ConnectionTrait, Database as SeaDatabase};
use telemetrics_backend::store::counters::recount::check;
use telemetrics_backend::store::insert::batch;
use telemetrics_backend::store::{Options, open};
use telemetrics_common::RecordFilter;
use telemetrics_common::records::ListRecords;
use telemetrics_migration::{Migrator, MigratorTrait};

use super::counters::incoming;
use crate::support::{Database, Kind, TestApp};

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

pub async fn execute(kind: Kind, url: &str, sql: &'static str) {
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

/// Makes counters as they were before stacks had a history of their own.
const WITHOUT_HISTORY: &str = "DELETE FROM tally_day WHERE dimension = 21 AND scope >= 0; \
    INSERT INTO tally_day (dimension, day, scope, key, shard, records, purged) \
    SELECT 21, day, system_id, stack_id, shard, records, purged FROM crash_day; \
    DROP TABLE crash_day; \
    CREATE INDEX tally_day_stack ON tally_day (key, day) WHERE dimension = 21; \
    INSERT INTO tally_day (dimension, day, scope, key, shard, records, purged) VALUES (6, 1, 1, 0, 0, 5, 0); \
    INSERT INTO tally_total (dimension, scope, key, shard, records, purged) VALUES (6, 1, 0, 0, 5, 0); \
    DELETE FROM seaql_migrations WHERE version IN \
    ('m20261125_000004_lean_counters', 'm20261125_000005_stack_systems')";

/// Makes counters of PostgreSQL as they were while hours without records were 0.
const HOURS_OF_ZERO: &str = "DO $$ BEGIN FOR hour IN 0..23 LOOP EXECUTE format(\
    'ALTER TABLE tally_day ALTER COLUMN h%1$s TYPE BIGINT USING COALESCE(h%1$s, 0), \
     ALTER COLUMN h%1$s SET NOT NULL, ALTER COLUMN h%1$s SET DEFAULT 0', hour); END LOOP; END $$; \
    DELETE FROM seaql_migrations WHERE version = 'm20261130_000020_lean_rows'";
/// And while machine ids of days were texts.
const MACHINES_AS_TEXTS: &str = "CREATE TABLE wide (day INTEGER NOT NULL, dimension SMALLINT NOT NULL, \
    scope INTEGER NOT NULL, key INTEGER NOT NULL, machine_id TEXT NOT NULL, \
    PRIMARY KEY (day, dimension, scope, key, machine_id)); \
    INSERT INTO wide SELECT day, dimension, scope, key, CASE \
    WHEN length(machine_id) = 16 THEN encode(machine_id, 'hex') \
    ELSE convert_from(rtrim(machine_id, '\\xff'::bytea), 'UTF8') END FROM machine_day; \
    DROP TABLE machine_day; \
    ALTER TABLE wide RENAME TO machine_day";

async fn counters_are_kept_by_the_next_schema(kind: Kind, distributed: bool, before: &[&'static str]) {
    let database = Database::new(kind).await;
    let options = Options { distributed, ..Options::new(&database.url) };
    let mut all = incoming(600, 11);
    // Machines of every form are in what comes before and afterwards.
    for (incoming, machine) in all[450..550].iter_mut().zip(MACHINES.into_iter().cycle()) {
        incoming.record.machine_id = machine.to_owned();
    }
    let store = open(&options).await.unwrap();
    batch(&store, &all[..500], &[]).await.unwrap();
    store.close().await.unwrap();
    for sql in before {
        execute(kind, &database.url, sql).await;
    }
    let store = open(&options).await.unwrap();
    assert_eq!(check(&store).await.unwrap(), []);
    batch(&store, &all[500..], &[]).await.unwrap();
    assert_eq!(check(&store).await.unwrap(), []);
    store.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn sqlite_keeps_counters_of_an_older_schema() {
    counters_are_kept_by_the_next_schema(Kind::Sqlite, false, &[WITHOUT_HISTORY]).await;
}

#[tokio::test]
async fn postgres_keeps_counters_of_an_older_schema() {
    counters_are_kept_by_the_next_schema(Kind::Postgres, false, &[WITHOUT_HISTORY]).await;
    counters_are_kept_by_the_next_schema(Kind::Postgres, false, &[MACHINES_AS_TEXTS, HOURS_OF_ZERO]).await;
    counters_are_kept_by_the_next_schema(Kind::Postgres, true, &[HOURS_OF_ZERO]).await;
}

/// A record as the first step had it, in SQL that both databases know.
const FIRST_RECORDS: &str = "INSERT INTO classification (id, key, name) VALUES (1, 'c', 'a/b/c'); \
    INSERT INTO build (id, key, system_name, build) VALUES (1, 'b', 'debian', '13'); \
    INSERT INTO platform (id, key, host_type) VALUES (1, 'p', 'A|B|C'); \
    INSERT INTO kernel (id, key, version, arch) VALUES (1, 'k', '6.1.0', 'x86_64'); \
    INSERT INTO hardware (id, key, board_name, cpu_model, bios_version) VALUES (1, 'h', 'b', 'c', 'v')";

/// The step from which on ids are bytes.
const COMPACT: &str = "m20261128_000017_compact_records";
/// Ids that are then written in different ways.
const MACHINES: [&str; 3] = ["0123456789abcdef0123456789abcdef", "fifteen letters", "rack 7, node 3"];

/// Databases of every schema that there ever was are brought up to date, with the records that are in them.
async fn every_schema_is_brought_up_to_date(kind: Kind) {
    let migrations = Migrator::migrations();
    let compact = migrations.iter().position(|step| step.name() == COMPACT).unwrap();
    for steps in 1..=migrations.len() {
        let database = Database::new(kind).await;
        let url = match kind {
            Kind::Sqlite => format!("{}?mode=rwc", database.url),
            Kind::Postgres => database.url.clone(),
        };
        let db = SeaDatabase::connect(url).await.unwrap();
        Migrator::up(&db, Some(u32::try_from(steps).unwrap())).await.unwrap();
        db.execute_unprepared(FIRST_RECORDS).await.unwrap();
        if kind == Kind::Postgres {
            db.execute_unprepared("CREATE TABLE records_p0 PARTITION OF records FOR VALUES FROM (0) TO (1000000)")
                .await
                .unwrap();
        }
        for (id, machine) in (1..).zip(MACHINES) {
            let insert = format!(
                "INSERT INTO records (id, received_at, captured_at, classification_id, build_id, platform_id, \
                 kernel_id, hardware_id, severity, external, record_format_version, payload_format_version, \
                 machine_id, event_id, overflow, payload) VALUES \
                 ({id}, 1795420800000, 1795420800, 1, 1, 1, 1, 1, 2, FALSE, 3, 1, '{machine}', NULL, NULL, 'text {id}')"
            );
            db.execute_unprepared(&insert).await.unwrap();
        }
        if kind == Kind::Sqlite {
            // As if a fourth record had been there: its id is not given to another one.
            db.execute_unprepared("UPDATE sqlite_sequence SET seq = 4 WHERE name = 'records'").await.unwrap();
        }
        db.close().await.unwrap();
        let app = TestApp::start(&database.url, &[]).await;
        assert_eq!(check(&app.state.store).await.unwrap(), [], "after {steps} steps");
        let list = app.call(&ListRecords { params: RecordFilter::default(), before: None, limit: None }).await;
        let excerpts: Vec<&str> = list.records.iter().map(|record| record.excerpt.as_str()).collect();
        assert_eq!(excerpts, ["text 3", "text 2", "text 1"], "after {steps} steps");
        assert_eq!(list.records[0].build, "13");
        let machines: Vec<&str> = list.records.iter().rev().map(|record| record.machine_id.as_str()).collect();
        assert_eq!(machines, MACHINES, "after {steps} steps");
        // Later ones have been given texts, which no server writes there.
        if steps <= compact {
            for machine in MACHINES {
                let params = RecordFilter { machine_id: Some(machine.parse().unwrap()), ..RecordFilter::default() };
                let list = app.call(&ListRecords { params, before: None, limit: None }).await;
                assert_eq!(list.records.len(), 1, "{machine} after {steps} steps");
            }
        }
        if kind == Kind::Sqlite {
            let stored = batch(&app.state.store, &incoming(1, 3), &[]).await.unwrap();
            assert_eq!(stored[0].id, 5, "after {steps} steps");
        }
        app.stop().await;
        database.remove().await;
    }
}

#[tokio::test]
async fn sqlite_goes_on_from_every_schema() {
    every_schema_is_brought_up_to_date(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres_goes_on_from_every_schema() {
    every_schema_is_brought_up_to_date(Kind::Postgres).await;
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

// As `.cargo/config.toml` says.
#[tokio::test]
async fn sqlite_is_compiled_without_locks_that_all_connections_share() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let options: Vec<String> = query_scalar("PRAGMA compile_options").fetch_all(&mut connection).await.unwrap();
    let has = |option: &str| options.iter().any(|one| one == option);
    assert!(has("DEFAULT_MEMSTATUS=0"), "{options:?}");
    assert!(!has("ENABLE_MEMORY_MANAGEMENT"), "{options:?}");
}

#[tokio::test]
async fn urls_that_cannot_be_opened_are_told_in_one_line() {
    for url in [
        "mysql://localhost/t",
        "sqlite://",
        "sqlite:///proc/nowhere/t.db",
        "sqlite:///sys/t.db",
        "postgres://127.0.0.1:1/t",
    ] {
        let error = format!("{:#}", open(&Options::new(url)).await.err().expect("a refusal"));
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}
