//! One guilty, its backtraces, and the list of what is never guilty.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::http::StatusCode;
use telemetrics_backend::backtrace::header;
use telemetrics_backend::backtrace::judge::Pair;
use telemetrics_backend::store::audit::Author;
use telemetrics_backend::store::counters::recount;
use telemetrics_backend::store::purge;
use telemetrics_backend::store::records::StoredRecord;
use telemetrics_common::crashes::GetCrashes;
use telemetrics_common::guilties::{
    GetGuilty, GuiltyPatch, ListBacktraces, ListGuilties, ListStacks, OfGuilty, PatchGuilty, Reset,
};
use telemetrics_common::jobs::{GetJob, JobState};
use telemetrics_common::never_guilty::{
    AddNeverGuilty, FrameList, FramePattern, ImportNeverGuilty, ImportedFrame, ListChange, ListNeverGuilty,
    PreviewNeverGuilty, RemoveNeverGuilty, Switch, SwitchShipped,
};
use telemetrics_common::paging::Paged;
use telemetrics_common::{RecordFilter, Timestamp};

use super::records::store_fleet;
use crate::on_both_databases;
use crate::support::crashes::{DAY, FRAMES, call, crash, finished, judged, pattern, recompute, send, shipped_and};
use crate::support::request::Record;
use crate::support::{NOW, TestApp};

on_both_databases!(
    a_guilty_has_its_history,
    comments_and_hidden_marks_stay,
    backtraces_show_who_is_guilty,
    the_list_is_edited_and_previewed,
    a_broken_off_recompute_is_taken_over,
);

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
