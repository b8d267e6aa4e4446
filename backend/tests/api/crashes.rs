//! Crashes: the table, its charts, and the search in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use telemetrics_backend::backtrace::judge::{NeverGuilty as List, Pair};
use telemetrics_backend::store::counters::recount;
use telemetrics_backend::store::records::StoredRecord;
use telemetrics_common::builds::sort_by_build;
use telemetrics_common::classification::BACKTRACES;
use telemetrics_common::crashes::{GetCrashCharts, GetCrashes, GuiltyRow};
use telemetrics_common::never_guilty::{AddNeverGuilty, ListNeverGuilty};
use telemetrics_common::overview::GetOverview;
use telemetrics_common::records::GetRecord;

use super::records::store_fleet;
use crate::on_both_databases;
use crate::support::crashes::{DAY, Judged, call, crash, judged, pattern, recompute, send, shipped_and};
use crate::support::{NOW, TestApp};

on_both_databases!(
    tables_agree_before_and_after_the_list_changes,
    a_search_finds_programs,
    bad_parameters_of_crashes_are_named,
);

type Table = BTreeMap<(String, String), BTreeMap<String, u64>>;

fn table<'a>(records: impl Iterator<Item = &'a Judged<'a>>) -> Table {
    let mut table = Table::new();
    for (stored, guilty) in records {
        if let Some(Pair { function, module }) = guilty.clone() {
            *table.entry((function, module)).or_default().entry(stored.record.build.clone()).or_default() += 1;
        }
    }
    table
}

/// The builds of a table and its counts, by a look at every record.
fn expected_table(all: &[Judged<'_>], params: &GetCrashes) -> (Vec<String>, Table) {
    let system = params.system.clone().unwrap();
    let days = params.days.unwrap_or(7);
    let chosen = all.iter().filter(|(stored, _)| {
        let captured = stored.record.captured_at.seconds();
        stored.record.system_name == system && (NOW - i64::from(days) * DAY..NOW + DAY).contains(&captured)
    });
    let mut expected = table(chosen);
    let mut builds: Vec<String> =
        expected.values().flat_map(|builds| builds.keys().cloned()).collect::<BTreeSet<_>>().into_iter().collect();
    sort_by_build(&mut builds, |build| build);
    if params.all_builds != Some(true) {
        builds.drain(..builds.len().saturating_sub(8));
    }
    if let Some(build) = &params.build {
        builds = vec![build.clone()];
    }
    for counts in expected.values_mut() {
        counts.retain(|build, _| builds.contains(build));
    }
    expected.retain(|_, counts| !counts.is_empty());
    (builds, expected)
}

/// The rows of all pages of a table, whose totals and columns are compared with what is expected.
async fn all_rows(app: &TestApp, params: &GetCrashes, builds: &[String], expected: &Table) -> Vec<GuiltyRow> {
    let mut rows = Vec::new();
    for page in 0.. {
        let limit = 7;
        let call = GetCrashes { limit: Some(limit), offset: Some(page * limit), ..params.clone() };
        let found = app.call(&call).await;
        assert_eq!(found.total, expected.len() as u64, "{params:?}");
        if params.all_builds != Some(true) {
            let max = |build: &String| expected.values().filter_map(|counts| counts.get(build)).max().copied();
            let columns: Vec<_> = found.builds.iter().map(|column| (column.build.clone(), Some(column.max))).collect();
            let none = |max: Option<u64>| Some(max.unwrap_or(0));
            assert_eq!(columns, builds.iter().map(|build| (build.clone(), none(max(build)))).collect::<Vec<_>>());
        }
        if found.guilties.is_empty() {
            break;
        }
        rows.extend(found.guilties);
    }
    rows
}

/// Compares all pages of the table with a look at every record.
async fn check_table(app: &TestApp, all: &[Judged<'_>], params: GetCrashes) {
    let (builds, expected) = expected_table(all, &params);
    let rows = all_rows(app, &params, &builds, &expected).await;
    let order = |a: &GuiltyRow, b: &GuiltyRow| {
        a.records > b.records || (a.records == b.records && (&a.function, &a.module) < (&b.function, &b.module))
    };
    assert!(rows.is_sorted_by(order));
    let found: Table = rows
        .iter()
        .map(|row| {
            let builds: BTreeMap<String, u64> =
                row.builds.iter().map(|count| (count.build.clone(), count.records)).collect();
            assert_eq!(row.records, builds.values().sum::<u64>());
            ((row.function.clone(), row.module.clone()), builds)
        })
        .collect();
    assert_eq!(found, expected, "{params:?}");
    let system = params.system.unwrap();
    let of_system = all.iter().filter(|(stored, _)| stored.record.system_name == system);
    let of_system: Vec<&Judged<'_>> = of_system.collect();
    for row in rows {
        check_row(&row, &of_system, &builds);
    }
}

/// Compares machines and history of a row with a look at every record of its system.
fn check_row(row: &GuiltyRow, all: &[&Judged<'_>], builds: &[String]) {
    let pair = Some(Pair { function: row.function.clone(), module: row.module.clone() });
    let its: Vec<&StoredRecord> = all.iter().filter(|(_, guilty)| *guilty == pair).map(|(stored, _)| *stored).collect();
    let in_builds = its.iter().filter(|stored| builds.contains(&stored.record.build));
    let machines: BTreeSet<&str> = in_builds.map(|stored| stored.record.machine_id.as_str()).collect();
    assert_eq!(row.machines, machines.len() as u64, "{} {}", row.function, row.module);
    let mut history = vec![0; 28];
    for stored in &its {
        let age = NOW.div_euclid(DAY) - stored.record.captured_at.seconds().div_euclid(DAY);
        if (0..28).contains(&age) {
            history[27 - usize::try_from(age).unwrap()] += 1;
        }
    }
    assert_eq!(row.history, history, "{} {}", row.function, row.module);
}

async fn check_tables(app: &TestApp, all: &[StoredRecord], list: &List) {
    let judged = judged(all, list);
    let systems: BTreeSet<String> = all.iter().map(|stored| stored.record.system_name.clone()).collect();
    for system in systems {
        let params = GetCrashes { system: Some(system), ..GetCrashes::default() };
        check_table(app, &judged, params.clone()).await;
        check_table(app, &judged, GetCrashes { days: Some(1), ..params.clone() }).await;
        check_table(app, &judged, GetCrashes { all_builds: Some(true), ..params.clone() }).await;
        let build = app.call(&params).await.builds.last().map(|column| column.build.clone());
        check_table(app, &judged, GetCrashes { build, ..params }).await;
    }
    for (stored, expected) in judged.into_iter().take(200) {
        let found = app.call(&GetRecord { id: stored.id }).await.guilty;
        assert_eq!(found.map(|guilty| Pair { function: guilty.function, module: guilty.module }), expected);
    }
}

async fn tables_agree_before_and_after_the_list_changes(app: Arc<TestApp>) {
    let all = store_fleet(&app, 2500).await;
    let list = shipped_and(&[]);
    check_tables(&app, &all, &list).await;
    let charts = app.call(&GetCrashCharts::default()).await;
    let crashes = |stored: &&StoredRecord| {
        stored.record.system_name == charts.system
            && BACKTRACES.contains(&stored.record.classification.as_str())
            && (NOW - 7 * DAY..NOW + DAY).contains(&stored.record.captured_at.seconds())
    };
    let number = all.iter().filter(crashes).count() as u64;
    assert_eq!(charts.days.iter().map(|day| day.records).sum::<u64>(), number);
    assert_eq!(charts.classifications.iter().map(|count| count.records).sum::<u64>(), number);

    // The list changes, and nothing else, until all are judged anew.
    let top = app.call(&GetCrashes::default()).await.guilties[0].clone();
    let changed = call(&app, &AddNeverGuilty {}, &pattern(&top.function, "*")).await;
    assert!(changed.changed);
    check_tables(&app, &all, &list).await;
    let list = shipped_and(&[(&top.function, "*")]);
    recompute(&app).await;
    check_tables(&app, &all, &list).await;
    assert!(!app.call(&ListNeverGuilty {}).await.changed);
    // New records are judged by the new list.
    let overview = app.call(&GetOverview::default()).await;
    let judged = judged(&all, &list);
    let is_of_week =
        |(stored, _): &&Judged<'_>| (NOW - 7 * DAY..NOW + DAY).contains(&stored.record.captured_at.seconds());
    let mut largest: Vec<u64> =
        table(judged.iter().filter(is_of_week)).values().map(|builds| builds.values().sum()).collect();
    largest.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(overview.guilties.iter().map(|change| change.records).collect::<Vec<_>>(), largest[..3]);
    assert_eq!(recount::check(&app.state.store).await.unwrap(), []);
}

async fn a_search_finds_programs(app: Arc<TestApp>) {
    app.send(crash(1, "#0 one() - [libfirst.so.1]\n").in_json()).await.expect(StatusCode::CREATED);
    let payload = "Process: /usr/bin/Other\nPID: 1\nSignal: 6\n\nBacktrace (TID 1):\n#0 two() - [libsecond.so.1]\n";
    app.send(crash(2, "").with("payload", payload).in_json()).await.expect(StatusCode::CREATED);
    // Without frames there is nobody to blame.
    app.send(crash(3, "").in_json()).await.expect(StatusCode::CREATED);
    let check = async |text: &str, functions: &[&str]| {
        let found = app.call(&GetCrashes { search: Some(text.to_owned()), ..GetCrashes::default() }).await;
        let found: Vec<&str> = found.guilties.iter().map(|row| row.function.as_str()).collect();
        assert_eq!(found, functions, "{text}");
    };
    check("ONE", &["one()"]).await;
    check("libsecond", &["two()"]).await;
    check("bin/other", &["two()"]).await;
    check("so.1", &["one()", "two()"]).await;
    check("nothing", &[]).await;
}

async fn bad_parameters_of_crashes_are_named(app: Arc<TestApp>) {
    let check = async |path: &str, message: &str| assert_eq!(app.refused(path).await, message, "{path}");
    check("/api/v1/crashes?limit=0", "limit: must be 1 to 1000").await;
    check("/api/v1/crashes?days=1&from=2026-11-01", "days: not beside from or to").await;
    check("/api/v1/crashes?all_builds=true&build=1", "all_builds: not beside build").await;
    check("/api/v1/guilties/1/stacks?limit=101", "limit: must be 1 to 100").await;
    for path in ["", "/backtraces", "/stacks"] {
        app.get(&format!("/api/v1/guilties/12345{path}")).await.expect(StatusCode::NOT_FOUND);
    }
    app.get("/api/v1/jobs/12345").await.expect(StatusCode::NOT_FOUND);
    let body = Body::from(json!({"function": "a"}).to_string());
    let request = Request::post("/api/v1/never-guilty").header("host", "localhost").body(body).unwrap();
    let answer = app.send(request).await.expect(StatusCode::BAD_REQUEST);
    assert!(answer.message().contains("module"), "{}", answer.message());
    let answer = send(&app, &AddNeverGuilty {}, &pattern("a\0()", "*")).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(answer.message(), "body: must not contain NUL characters");
}
