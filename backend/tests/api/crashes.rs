//! Crashes: the table, one guilty, its backtraces, and the list of what is never guilty.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use telemetrics_backend::backtrace::judge::{NeverGuilty as List, Pair, guilty};
use telemetrics_backend::backtrace::shipped::SHIPPED;
use telemetrics_backend::backtrace::{crashing_thread, header, normalised};
use telemetrics_backend::store::audit::Author;
use telemetrics_backend::store::counters::recount;
use telemetrics_backend::store::purge;
use telemetrics_backend::store::records::StoredRecord;
use telemetrics_common::builds::sort_by_build;
use telemetrics_common::classification::BACKTRACES;
use telemetrics_common::crashes::{GetCrashCharts, GetCrashes, GuiltyRow};
use telemetrics_common::guilties::{
    GetGuilty, GuiltyPatch, ListBacktraces, ListGuilties, ListStacks, OfGuilty, PatchGuilty, Recompute, Reset,
};
use telemetrics_common::jobs::{GetJob, JobState};
use telemetrics_common::never_guilty::{
    AddNeverGuilty, FrameList, FramePattern, ImportNeverGuilty, ImportedFrame, ListChange, ListNeverGuilty,
    PreviewNeverGuilty, RemoveNeverGuilty, Switch, SwitchShipped,
};
use telemetrics_common::overview::GetOverview;
use telemetrics_common::paging::Paged;
use telemetrics_common::records::GetRecord;
use telemetrics_common::{Endpoint, RecordFilter, Timestamp, endpoint};

use super::records::store_fleet;
use crate::on_both_databases;
use crate::support::request::Record;
use crate::support::{NOW, TestApp};

on_both_databases!(
    tables_agree_before_and_after_the_list_changes,
    a_guilty_has_its_history,
    comments_and_hidden_marks_stay,
    backtraces_show_who_is_guilty,
    the_list_is_edited_and_previewed,
    a_search_finds_programs,
    a_broken_off_recompute_is_taken_over,
    bad_parameters_of_crashes_are_named,
);

const DAY: i64 = 86_400;

/// Calls an endpoint with a body and expects its answer.
async fn call<E: Endpoint>(app: &TestApp, endpoint: &E, body: &E::Body) -> E::Response {
    send(app, endpoint, body).await.expect(StatusCode::from_u16(E::STATUS).unwrap()).json()
}

async fn send<E: Endpoint>(app: &TestApp, endpoint: &E, body: &E::Body) -> crate::support::Answer {
    let request = Request::builder()
        .method(E::METHOD.as_str())
        .uri(endpoint::url(endpoint))
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(Body::from(serde_json::to_vec(body).unwrap()))
        .unwrap();
    app.send(request).await
}

fn pattern(function: &str, module: &str) -> FramePattern {
    FramePattern { function: function.to_owned(), module: module.to_owned(), reason: None }
}

async fn recompute(app: &TestApp) {
    let job = call(app, &Recompute {}, &()).await.job;
    finished(app, job).await;
}

async fn finished(app: &TestApp, job: i64) {
    loop {
        match app.call(&GetJob { id: job }).await.state {
            JobState::Done => return,
            JobState::Failed => panic!("the job has failed"),
            JobState::Queued | JobState::Running => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// The shipped list, and entries beside it.
fn shipped_and(others: &[(&str, &str)]) -> List {
    let owned = |(function, module): &(&str, &str)| ((*function).to_owned(), (*module).to_owned());
    List::new(SHIPPED.iter().chain(others).map(owned))
}

/// The guilty of a record, by a list.
fn guilty_of(stored: &StoredRecord, list: &List) -> Option<Pair> {
    if !BACKTRACES.contains(&stored.record.classification.as_str()) {
        return None;
    }
    let frames = normalised(&crashing_thread(&stored.record.payload));
    guilty(&frames, list).map(|judged| judged.pair)
}

/// A record with its guilty.
type Judged<'a> = (&'a StoredRecord, Option<Pair>);

fn judged<'a>(all: &'a [StoredRecord], list: &List) -> Vec<Judged<'a>> {
    all.iter().map(|stored| (stored, guilty_of(stored, list))).collect()
}

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

async fn a_guilty_has_its_history(app: Arc<TestApp>) {
    let all = store_fleet(&app, 1500).await;
    let top = app.call(&GetCrashes::default()).await.guilties[0].clone();
    let list = shipped_and(&[]);
    let pair = Pair { function: top.function.clone(), module: top.module.clone() };
    let judged = judged(&all, &list);
    let its = || judged.iter().filter(|(_, guilty)| guilty.as_ref() == Some(&pair)).map(|(stored, _)| *stored);
    let found = app.call(&GetGuilty { id: top.id }).await;
    assert_eq!((found.records, found.purged), (its().count() as u64, 0));
    let count = |key: &dyn Fn(&StoredRecord) -> String| {
        let mut counts = BTreeMap::<String, u64>::new();
        its().for_each(|stored| *counts.entry(key(stored)).or_default() += 1);
        counts
    };
    let programs: BTreeMap<String, u64> = found.programs.into_iter().map(|count| (count.name, count.records)).collect();
    assert_eq!(programs, count(&|stored| header(&stored.record.payload).program.unwrap().to_owned()));
    let signals: BTreeMap<String, u64> = found.signals.into_iter().map(|count| (count.name, count.records)).collect();
    assert_eq!(signals, count(&|stored| header(&stored.record.payload).signal.unwrap().to_owned()));
    let days: BTreeMap<String, u64> = found.days.into_iter().map(|day| (day.day.to_string(), day.records)).collect();
    let day = |stored: &StoredRecord| {
        let seconds = stored.record.captured_at.seconds();
        Timestamp::from_seconds(seconds - seconds.rem_euclid(DAY)).to_string()
    };
    assert_eq!(days, count(&day));
    let builds: BTreeMap<String, u64> =
        found.builds.iter().map(|build| (format!("{} {}", build.system, build.build), build.records)).collect();
    assert_eq!(builds, count(&|stored| format!("{} {}", stored.record.system_name, stored.record.build)));
    for build in &found.builds {
        let in_it = |stored: &&StoredRecord| {
            (&stored.record.system_name, &stored.record.build) == (&build.system, &build.build)
        };
        let machines: BTreeSet<&str> = its().filter(in_it).map(|stored| stored.record.machine_id.as_str()).collect();
        assert_eq!(build.machines, machines.len() as u64);
    }
    assert_eq!(found.machines.iter().map(|machine| machine.records).sum::<u64>(), found.records);

    let stack = app.call(&ListStacks { id: top.id, limit: Some(1), offset: None }).await.stacks[0].clone();
    let filter = RecordFilter { stack: Some(stack.id), ..RecordFilter::default() };
    let of_stack = app.call(&Paged { params: filter, limit: Some(1000), before: None }).await.records;
    assert_eq!((of_stack.len() as u64, of_stack[0].id), (stack.records, stack.newest.record_id));

    // The filter of records knows the guilty, and purged records leave their counts.
    let filter = RecordFilter { guilty: Some(top.id), ..RecordFilter::default() };
    let listed = app.call(&Paged { params: filter, limit: Some(1000), before: None }).await.records;
    assert_eq!(listed.iter().map(|row| row.id).collect::<Vec<_>>(), its().map(|stored| stored.id).collect::<Vec<_>>());
    assert!(listed.iter().all(|row| row.guilty_id == Some(top.id)));
    let ids: Vec<i64> = its().map(|stored| stored.id).collect();
    purge::records(&app.state.store, &ids).await.unwrap();
    let after = app.call(&GetGuilty { id: top.id }).await;
    assert_eq!((after.records, after.purged), (found.records, found.records));
    let of = OfGuilty { id: top.id, build: None, machine_id: None };
    assert!(app.call(&ListBacktraces::first(of)).await.backtraces.is_empty());
    assert_eq!(app.call(&ListStacks { id: top.id, limit: None, offset: None }).await.total, 0);
    assert_eq!(recount::check(&app.state.store).await.unwrap(), []);
}

fn crash(number: u32, frames: &str) -> Record {
    let payload =
        format!("Process: /usr/bin/tidemark\nPID: {number}\nSignal: 11\n\nBacktrace (TID {number}):\n{frames}\n");
    Record::numbered(number).with("classification", "org.clearlinux/crash/clr").with("payload", &payload)
}

const FRAMES: &str = "#0 abort() - [libc.so.6]\n#1 tm_flush.isra.0() - [libtidemark-3.so.0] - ../src/tm.c:4\n\
    #2 main() - [/usr/bin/tidemark]\n#3 _start() - [/usr/bin/tidemark]\n";

async fn comments_and_hidden_marks_stay(app: Arc<TestApp>) {
    app.send(crash(1, FRAMES).in_json()).await.expect(StatusCode::CREATED);
    app.send(crash(2, "#0 idle() - [b]\n").in_json()).await.expect(StatusCode::CREATED);
    let rows = app.call(&GetCrashes::default()).await.guilties;
    assert_eq!(rows.iter().map(|row| row.function.as_str()).collect::<Vec<_>>(), ["idle()", "tm_flush()"]);
    let id = rows[1].id;
    let patch = GuiltyPatch { comment: Some(" known, fixed in 41170 ".to_owned()), hidden: Some(true) };
    let entry = call(&app, &PatchGuilty { id }, &patch).await;
    assert_eq!((entry.comment.as_str(), entry.hidden), ("known, fixed in 41170", true));
    assert_eq!(app.call(&GetCrashes::default()).await.total, 1);
    assert_eq!(app.call(&ListGuilties { hidden: Some(true) }).await.guilties, [entry]);
    assert_eq!(app.call(&ListGuilties { hidden: Some(false) }).await.guilties.len(), 1);
    recompute(&app).await;
    let shown = call(&app, &PatchGuilty { id }, &GuiltyPatch { comment: None, hidden: Some(false) }).await;
    assert_eq!((shown.comment.as_str(), shown.hidden), ("known, fixed in 41170", false));
    let too_long = GuiltyPatch { comment: Some("é".repeat(81)), hidden: None };
    let refused = send(&app, &PatchGuilty { id }, &too_long).await.expect(StatusCode::BAD_REQUEST);
    assert!(refused.message().starts_with("comment:"), "{}", refused.message());
    send(&app, &PatchGuilty { id: 999 }, &GuiltyPatch::default()).await.expect(StatusCode::NOT_FOUND);

    let job = call(&app, &Reset {}, &()).await.job;
    finished(&app, job).await;
    assert_eq!(app.call(&GetGuilty { id }).await.comment, "");
}

async fn backtraces_show_who_is_guilty(app: Arc<TestApp>) {
    for number in 1..=3 {
        app.send(crash(number, FRAMES).in_json()).await.expect(StatusCode::CREATED);
    }
    let other = FRAMES.replace("main()", "serve()");
    app.send(crash(4, &other).with("build", "41160").in_json()).await.expect(StatusCode::CREATED);
    let row = app.call(&GetCrashes::default()).await.guilties[0].clone();
    let of = |build: Option<&str>| OfGuilty { id: row.id, build: build.map(str::to_owned), machine_id: None };
    let first = app.call(&ListBacktraces { params: of(None), limit: Some(3), before: None }).await;
    let rest = app.call(&ListBacktraces { params: of(None), limit: Some(3), before: first.next_before }).await;
    let pids: Vec<_> = first.backtraces.iter().chain(&rest.backtraces).map(|backtrace| backtrace.pid).collect();
    assert_eq!((pids, rest.next_before), (vec![Some(4), Some(3), Some(2), Some(1)], None));
    assert_eq!(app.call(&ListBacktraces::first(of(Some("41160")))).await.backtraces.len(), 1);

    let newest = &first.backtraces[0];
    assert_eq!(newest.program.as_deref(), Some("/usr/bin/tidemark"));
    assert_eq!((newest.guilty_frame, newest.signal.as_deref()), (Some(1), Some("11")));
    let frames: Vec<(&str, bool)> =
        newest.frames.iter().map(|frame| (frame.function.as_str(), frame.never_guilty)).collect();
    assert_eq!(frames, [("abort()", true), ("tm_flush()", false), ("serve()", false), ("_start()", true)]);
    assert_eq!(newest.frames[1].location.as_deref(), Some("../src/tm.c:4"));

    let stacks = app.call(&ListStacks { id: row.id, limit: Some(1), offset: Some(1) }).await;
    assert_eq!((stacks.total, stacks.stacks[0].records, stacks.stacks[0].newest.pid), (2, 3, Some(3)));
}

async fn the_list_is_edited_and_previewed(app: Arc<TestApp>) {
    app.send(crash(1, FRAMES).in_json()).await.expect(StatusCode::CREATED);
    app.send(crash(2, FRAMES).in_json()).await.expect(StatusCode::CREATED);
    app.send(Record::numbered(3).in_json()).await.expect(StatusCode::CREATED);
    let change = ListChange { record_id: Some(1), add: vec![pattern("tm_*", "lib*")], remove: Vec::new() };
    let preview = call(&app, &PreviewNeverGuilty {}, &change).await;
    assert_eq!(preview.guilty.unwrap().function, "main()");
    let none = call(&app, &PreviewNeverGuilty {}, &ListChange { record_id: Some(3), ..change.clone() }).await;
    assert_eq!(none.guilty, None);
    let all = call(&app, &PreviewNeverGuilty {}, &ListChange { record_id: None, ..change.clone() }).await;
    assert_eq!((all.records, all.moves.len(), all.moves[0].to.function.as_str()), (2, 1, "main()"));
    let without = ListChange { remove: vec![pattern("abort()", "*")], ..ListChange::default() };
    assert_eq!(call(&app, &PreviewNeverGuilty {}, &without).await.moves[0].to.function, "abort()");
    send(&app, &PreviewNeverGuilty {}, &ListChange { record_id: Some(99), ..change })
        .await
        .expect(StatusCode::NOT_FOUND);

    let shipped = app.call(&ListNeverGuilty {}).await;
    assert!(shipped.frames.iter().all(|frame| frame.shipped) && !shipped.changed);
    let reason = FramePattern { reason: Some("a wrapper".to_owned()), ..pattern(" tm_flush() ", "*") };
    let added = call(&app, &AddNeverGuilty {}, &reason).await;
    let entry = added.frames.iter().find(|frame| !frame.shipped).unwrap();
    assert_eq!((entry.function.as_str(), entry.reason.as_str()), ("tm_flush()", "a wrapper"));
    assert_eq!(entry.at, Some(Timestamp::from_seconds(NOW)));
    let off = call(&app, &RemoveNeverGuilty {}, &pattern("abort()", "*")).await;
    assert_eq!(off.switched_off.len(), 1);
    recompute(&app).await;
    assert_eq!(app.call(&GetCrashes::default()).await.guilties[0].function, "abort()");
    let on = call(&app, &AddNeverGuilty {}, &pattern("abort()", "*")).await;
    assert!(on.switched_off.is_empty());
    let removed = call(&app, &RemoveNeverGuilty {}, &pattern("tm_flush()", "*")).await;
    assert_eq!(removed.frames, shipped.frames);
    send(&app, &RemoveNeverGuilty {}, &pattern("tm_flush()", "*")).await.expect(StatusCode::NOT_FOUND);

    let off = Switch { in_force: false, reason: Some("our own list".to_owned()) };
    let off = call(&app, &SwitchShipped {}, &off).await;
    assert_eq!((off.frames.len(), off.switched_off.len()), (0, shipped.frames.len()));
    assert!(off.switched_off.iter().all(|frame| frame.shipped && frame.reason == "our own list"));
    let on = call(&app, &SwitchShipped {}, &Switch { in_force: true, reason: None }).await;
    assert_eq!((on.frames, on.switched_off.len()), (shipped.frames.clone(), 0));

    let import = |function: &str| FrameList {
        frames: vec![
            ImportedFrame { function: "a()".to_owned(), module: "b".to_owned(), reason: String::new() },
            ImportedFrame { function: function.to_owned(), module: "b".to_owned(), reason: String::new() },
        ],
    };
    send(&app, &ImportNeverGuilty {}, &import(" ")).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(app.call(&ListNeverGuilty {}).await.frames.len(), shipped.frames.len());
    let imported = call(&app, &ImportNeverGuilty {}, &import("c()")).await;
    assert_eq!(imported.frames.len(), shipped.frames.len() + 2);
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

async fn a_broken_off_recompute_is_taken_over(app: Arc<TestApp>) {
    use telemetrics_backend::store::{self, recompute};
    app.send(crash(1, FRAMES).in_json()).await.expect(StatusCode::CREATED);
    call(&app, &AddNeverGuilty {}, &pattern("tm_flush()", "*")).await;
    // Another server takes the job and is gone; its lease is over by this one's clock.
    let job = recompute::ask(&app.state.store, &Author::default()).await.unwrap();
    let other = store::open(&app.state.config.database.options()).await.unwrap();
    let earlier = || Timestamp::from_seconds(NOW - 3600);
    assert!(recompute::take_and_leave(&other, "gone", earlier).await.unwrap());
    other.close().await.unwrap();
    assert_eq!(app.call(&GetJob { id: job }).await.state, JobState::Running);
    app.state.jobs.wake();
    finished(&app, job).await;
    assert_eq!(app.call(&GetCrashes::default()).await.guilties[0].function, "main()");
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
