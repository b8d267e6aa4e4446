//! Counters agree with the records whatever happens to those.

use std::collections::BTreeSet;
use std::sync::Arc;

use fastrand::Rng;
use sea_orm::sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection, query, query_as};
use telemetrics_backend::demo::{DemoOptions, fleet};
use telemetrics_backend::ingest::wire;
use telemetrics_backend::store::counters::recount::check;
use telemetrics_backend::store::insert::{Incoming, NewQuarantined, batch, growing};
use telemetrics_backend::store::{self, Options, purge};
use telemetrics_common::Timestamp;
use telemetrics_common::builds::GetBuilds;
use telemetrics_common::classification::{CRASH, KERNEL_BUG};
use telemetrics_common::facets::{GetFacets, NameCount};
use telemetrics_common::overview::GetOverview;
use telemetrics_common::population::GetPopulation;
use telemetrics_common::quarantine::ReplayQuarantine;
use telemetrics_common::stats::GetStats;

use super::records::store_fleet;
use crate::on_both_databases;
use crate::support::request::Record;
use crate::support::{Database, Kind, NOW, TestApp};

on_both_databases!(
    counters_agree_after_ingests_resends_replays_and_purges,
    counters_agree_when_dictionaries_are_full("--dictionary-bound", "3"),
    counts_outlive_purged_records,
    instances_count_together,
    what_comes_along_is_stored_and_counted_once,
);

/// Records that come while others are stored, some of them for the second time.
async fn what_comes_along_is_stored_and_counted_once(app: Arc<TestApp>) {
    let store = &app.state.store;
    let all = incoming(600, 9);
    batch(store, &all[..100], &[]).await.unwrap();
    // Texts that have been seen are looked up beforehand; of the others none may come along.
    let looked_up = all[100..].iter().map(|incoming| incoming.clone().looked_up(store));
    let (mut known, mut new): (Vec<Incoming>, Vec<Incoming>) = looked_up.partition(Incoming::is_looked_up);
    assert!(known.len() > 100 && new.len() > 10, "{} {}", known.len(), new.len());
    let again = known.iter().find(|known| known.record.record_format_version == 4).unwrap().clone();
    known.push(again);
    let mut later: Vec<Vec<Incoming>> = known.chunks(known.len() / 3 + 1).map(<[_]>::to_vec).collect();
    let mut came = 0;
    let more = |records: &mut Vec<Incoming>| {
        let next = later.pop().unwrap_or_default();
        came += next.len();
        records.extend(next);
    };
    let first = new.len();
    let stored = growing(store, &mut new, more, &[]).await.unwrap();
    assert_eq!((stored.len(), new.len()), (first + came, first + came));
    let resent = stored.iter().filter(|stored| stored.resend).count();
    let is_sqlite = store.kind() == store::Kind::Sqlite;
    assert_eq!((came, resent), if is_sqlite { (known.len(), 1) } else { (0, 0) });
    agree(&app).await;
}

async fn agree(app: &TestApp) {
    assert_eq!(check(&app.state.store).await.unwrap(), []);
}

/// A fleet's records on their way into a store.
pub fn incoming(records: u64, seed: u64) -> Vec<Incoming> {
    let options = DemoOptions { records, days: 20, seed, until: Timestamp::from_seconds(NOW), only_crashes: false };
    fleet(&options).map(|demo| Incoming::new(demo.record, demo.received_at)).collect()
}

pub fn quarantined() -> NewQuarantined {
    let body = Record::numbered(7).with("classification", "org.clearlinux/heartbeat/ping").to_json();
    NewQuarantined {
        received_at: Timestamp::from_seconds(NOW),
        reason: "severity: was refused once".to_owned(),
        external: true,
        body,
    }
}

async fn counters_agree_after_ingests_resends_replays_and_purges(app: Arc<TestApp>) {
    let store = &app.state.store;
    let mut rng = Rng::with_seed(3);
    let mut all = incoming(1500, 5);
    rng.shuffle(&mut all);
    let (mut sent, mut kept) = (0, Vec::new());
    for _ in 0..40 {
        match rng.u8(0..10) {
            0..5 => {
                let size = rng.usize(1..120).min(all.len() - sent);
                let stored = batch(store, &all[sent..sent + size], &[]).await.unwrap();
                kept.extend(stored.into_iter().map(|stored| stored.id));
                sent += size;
            }
            5..7 if sent > 0 => {
                // Of records without a key there are two then; of the others there is still one.
                let again: Vec<Incoming> = (0..20).map(|_| all[rng.usize(0..sent)].clone()).collect();
                let stored = batch(store, &again, &[]).await.unwrap();
                kept.extend(stored.into_iter().filter(|stored| !stored.resend).map(|stored| stored.id));
            }
            7 => {
                batch(store, &[], &[quarantined()]).await.unwrap();
                app.call(&ReplayQuarantine {}).await;
            }
            _ => {
                rng.shuffle(&mut kept);
                let gone = kept.split_off(kept.len() - kept.len() / 4);
                assert_eq!(purge::records(store, &gone).await.unwrap(), gone.len() as u64);
            }
        }
        agree(&app).await;
    }
}

async fn counters_agree_when_dictionaries_are_full(app: Arc<TestApp>) {
    for chunk in incoming(400, 6).chunks(100) {
        batch(&app.state.store, chunk, &[]).await.unwrap();
    }
    agree(&app).await;
}

async fn counts_outlive_purged_records(app: Arc<TestApp>) {
    let all = store_fleet(&app, 500).await;
    let before = app.call(&GetStats::default()).await;
    let (builds, population) = (app.call(&GetBuilds::default()).await, app.call(&GetPopulation::default()).await);
    let oldest: Vec<i64> = all.iter().rev().take(200).map(|stored| stored.id).collect();
    assert_eq!(purge::records(&app.state.store, &oldest).await.unwrap(), 200);
    // A second time there is nothing left to purge.
    assert_eq!(purge::records(&app.state.store, &oldest).await.unwrap(), 0);

    let after = app.call(&GetStats::default()).await;
    assert_eq!((after.records, after.purged), (500, 200));
    for (after, before) in [(&after.platforms, &before.platforms), (&after.kernels, &before.kernels)] {
        let counted = |counts: &[NameCount]| counts.iter().map(|c| (c.name.clone(), c.records)).collect::<Vec<_>>();
        assert_eq!(counted(after), counted(before));
        assert_eq!(after.iter().map(|count| count.purged).sum::<u64>(), 200);
    }
    let purged: Vec<_> = all.iter().filter(|stored| oldest.contains(&stored.id)).collect();
    for count in app.call(&GetBuilds::default()).await.builds {
        let records = builds.builds.iter().find(|before| before.build == count.build).map(|before| before.records);
        let gone = purged
            .iter()
            .filter(|stored| (&stored.record.system_name, &stored.record.build) == (&builds.system, &count.build));
        assert_eq!((Some(count.records), count.purged), (records, gone.count() as u64), "{}", count.build);
    }
    assert_eq!(app.call(&GetPopulation::default()).await, population);
    let month = NOW - 30 * 86_400..NOW + 86_400;
    let of_month = purged.iter().filter(|stored| month.contains(&stored.record.captured_at.seconds())).count();
    assert_eq!(app.call(&GetOverview::default()).await.purged, of_month as u64);
    let listed = app.call(&GetFacets::default()).await;
    assert_eq!(listed.severities.iter().map(|count| count.records).sum::<u64>(), 300);
    assert!(listed.classifications.iter().all(|count| count.records > 0));
    agree(&app).await;

    // A purged record that comes again is a new one.
    let again = Incoming::new(all[499].record.clone(), all[499].received_at);
    assert!(!batch(&app.state.store, &[again], &[]).await.unwrap()[0].resend);
    assert_eq!(app.call(&GetStats::default()).await.records, 501);
    agree(&app).await;
}

async fn instances_count_together(app: Arc<TestApp>) {
    let other = store::open(&app.state.config.database.options()).await.unwrap();
    let all = incoming(600, 8);
    let (mine, theirs) = (all.chunks(50).step_by(2), all.chunks(50).skip(1).step_by(2));
    for (mine, theirs) in mine.zip(theirs) {
        // Each stores some of the other's, too.
        let (mine, theirs) = ([mine, &theirs[..10]].concat(), [theirs, &mine[..10]].concat());
        let (a, b) = tokio::join!(batch(&app.state.store, &mine, &[]), batch(&other, &theirs, &[]));
        a.unwrap();
        b.unwrap();
    }
    agree(&app).await;
    other.close().await.unwrap();
}

/// What carries a backtrace is a setting. Records stay counted as they were when it was another one.
async fn counters_agree_when_settings_change(kind: Kind) {
    let database = Database::new(kind).await;
    let few =
        Options { backtrace_classifications: BTreeSet::from([KERNEL_BUG.to_owned()]), ..Options::new(&database.url) };
    let few = Options { dictionary_bound: 3, ..few };
    let all = incoming(400, 11);
    for options in [few.clone(), Options::new(&database.url), few] {
        let store = store::open(&options).await.unwrap();
        let stored = batch(&store, &all, &[]).await.unwrap();
        assert_eq!(check(&store).await.unwrap(), []);
        let some: Vec<i64> = stored.iter().filter(|stored| !stored.resend).step_by(3).map(|stored| stored.id).collect();
        purge::records(&store, &some).await.unwrap();
        assert_eq!(check(&store).await.unwrap(), []);
        store.close().await.unwrap();
    }
    database.remove().await;
}

#[tokio::test]
async fn sqlite_counters_agree_when_settings_change() {
    counters_agree_when_settings_change(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres_counters_agree_when_settings_change() {
    counters_agree_when_settings_change(Kind::Postgres).await;
}

/// A database from before there were counters has them after it is opened.
async fn records_without_counters_are_counted(kind: Kind) {
    let database = Database::new(kind).await;
    let options = Options::new(&database.url);
    let store = store::open(&options).await.unwrap();
    batch(&store, &incoming(300, 9), &[]).await.unwrap();
    store.close().await.unwrap();
    let tables = [
        "record_day",
        "tally_day",
        "tally_total",
        "machine_day",
        "population",
        "population_hour",
        "mce_machine",
        "crash_page",
    ];
    let mut forget: Vec<String> = tables.iter().map(|table| format!("DELETE FROM {table}")).collect();
    forget.extend(["DELETE FROM mce_machine_total".to_owned(), "UPDATE counter_version SET version = 0".to_owned()]);
    for sql in forget {
        match kind {
            Kind::Sqlite => {
                let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
                query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Kind::Postgres => {
                let mut connection = PgConnection::connect(&database.url).await.unwrap();
                query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }
    let store = store::open(&options).await.unwrap();
    assert_eq!(check(&store).await.unwrap(), []);
    store.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn sqlite_counts_records_without_counters() {
    records_without_counters_are_counted(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres_counts_records_without_counters() {
    records_without_counters_are_counted(Kind::Postgres).await;
}

/// Many machines with one stack are packed into pages of a bounded size.
#[tokio::test]
async fn pages_of_machines_are_filled_one_after_the_other() {
    let database = Database::new(Kind::Sqlite).await;
    let store = store::open(&Options::new(&database.url)).await.unwrap();
    let payload = "Process: /usr/bin/reed\nPID: 1\nSignal: 11\n\nBacktrace (TID 1):\n#0 play() - [libreed.so.1]\n";
    for chunk in (0..700).collect::<Vec<u32>>().chunks(7) {
        let record = |number: &u32| {
            let record = Record::numbered(*number).with("classification", CRASH).with("payload", payload);
            let record = record.with("machine_id", &format!("{number:032x}")).to_json();
            let received_at = Timestamp::from_seconds(NOW);
            let record = wire::parse_json_form(record.as_bytes(), false).unwrap();
            Incoming::new(record, received_at)
        };
        batch(&store, &chunk.iter().map(record).collect::<Vec<_>>(), &[]).await.unwrap();
    }
    assert_eq!(check(&store).await.unwrap(), []);
    let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
    let pages: Vec<(String, i64)> = query_as("SELECT typeof(machines), length(machines) FROM crash_page ORDER BY page")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let blob = |bytes: i64| ("blob".to_owned(), bytes);
    assert_eq!(pages, [blob(3840), blob(3840), blob(720)]);
    connection.close().await.unwrap();
    store.close().await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn a_wrong_counter_is_found() {
    let database = Database::new(Kind::Sqlite).await;
    let store = store::open(&Options::new(&database.url)).await.unwrap();
    batch(&store, &incoming(50, 9), &[]).await.unwrap();
    assert_eq!(check(&store).await.unwrap(), []);
    let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
    let wrongs = [
        ("UPDATE tally_day SET records = records + 1, h3 = h3 + 1 WHERE dimension = 1", "tally_day"),
        ("UPDATE record_total SET records = records + 1", "record_total"),
        ("DELETE FROM machine_day", "machine_day"),
        ("UPDATE population_hour SET machines = 0", "population_hour"),
        ("UPDATE population SET last_hour = 0", "population"),
        ("DELETE FROM crash_page", "crash_page"),
    ];
    for (sql, table) in wrongs {
        query(sql).execute(&mut connection).await.unwrap();
        let differences = check(&store).await.unwrap();
        assert!(differences.iter().any(|found| found.counter.starts_with(table)), "{table}: {differences:?}");
    }
    connection.close().await.unwrap();
    store.close().await.unwrap();
    database.remove().await;
}

#[test]
fn the_replayed_record_is_valid() {
    assert!(wire::parse_json_form(quarantined().body.as_bytes(), true).is_ok());
}
