//! Crashes: which functions break most, what people say about them, and which are never guilty.

use telemetrics_common::crashes::{CrashCharts, Crashes as Answer, GetCrashCharts, GetCrashes};
use telemetrics_common::guilties::{
    Backtrace, BacktracePage, GetBacktrace, GetGuilty, Guilty, GuiltyEntry, GuiltyList, GuiltyPatch, ListBacktraces,
    ListGuilties, ListStacks, PatchGuilty, Recompute, Reset, StackPage,
};
use telemetrics_common::jobs::{GetJob, Job, StartedJob};
use telemetrics_common::never_guilty::{
    AddNeverGuilty, FrameList, FramePattern, ImportNeverGuilty, ListChange, ListNeverGuilty, NeverGuilty, Preview,
    PreviewNeverGuilty, RemoveNeverGuilty, Switch, SwitchShipped,
};
use telemetrics_common::{Access, ViewInfo, views};

use super::View;
use crate::access::Caller;
use crate::api::{Routes, endpoint, endpoint_as};
use crate::app::AppState;
use crate::error::Result;
use crate::store::{backtraces, crashes, guilties, jobs, never_guilty, recompute};

/// The view.
pub struct Crashes;

impl View for Crashes {
    fn info(&self) -> ViewInfo {
        views::CRASHES
    }

    fn routes(&self) -> Routes {
        Routes::new()
            .routes(endpoint_as::<GetCrashes, _, _, _>(top))
            .routes(endpoint::<GetCrashCharts, _, _>(charts))
            .routes(endpoint_as::<ListGuilties, _, _, _>(list))
            .routes(endpoint_as::<Recompute, _, _, _>(judge_anew))
            .routes(endpoint_as::<Reset, _, _, _>(reset))
            .routes(endpoint_as::<GetGuilty, _, _, _>(show))
            .routes(endpoint_as::<PatchGuilty, _, _, _>(change))
            .routes(endpoint::<ListBacktraces, _, _>(list_backtraces))
            .routes(endpoint_as::<ListStacks, _, _, _>(list_stacks))
            .routes(endpoint::<GetBacktrace, _, _>(backtrace))
            .routes(endpoint_as::<ListNeverGuilty, _, _, _>(list_never_guilty))
            .routes(endpoint_as::<AddNeverGuilty, _, _, _>(add))
            .routes(endpoint_as::<RemoveNeverGuilty, _, _, _>(remove))
            .routes(endpoint_as::<ImportNeverGuilty, _, _, _>(import))
            .routes(endpoint_as::<SwitchShipped, _, _, _>(switch_shipped))
            .routes(endpoint::<PreviewNeverGuilty, _, _>(preview))
            .routes(endpoint::<GetJob, _, _>(job))
    }
}

/// Whether somebody gets to see what machines and people wrote, and not just charts and counts.
fn sees_texts(caller: &Caller) -> bool {
    caller.may(Access::Account)
}

async fn top(state: AppState, caller: Caller, call: GetCrashes, (): ()) -> Result<Answer> {
    let mut found = crashes::crashes(&state.store.aside(), call, state.now()).await?;
    if !sees_texts(&caller) {
        found.guilties.iter_mut().for_each(|row| row.comment.clear());
    }
    Ok(found)
}

async fn charts(state: AppState, call: GetCrashCharts, (): ()) -> Result<CrashCharts> {
    crashes::charts(&state.store.aside(), call, state.now()).await
}

async fn list(state: AppState, caller: Caller, call: ListGuilties, (): ()) -> Result<GuiltyList> {
    let mut found = guilties::list(&state.store, call.hidden).await?;
    if !sees_texts(&caller) {
        found.guilties.iter_mut().for_each(|entry| entry.comment.clear());
    }
    Ok(found)
}

async fn show(state: AppState, caller: Caller, call: GetGuilty, (): ()) -> Result<Guilty> {
    let found = guilties::guilty(&state.store, call.id).await?;
    if sees_texts(&caller) {
        return Ok(found);
    }
    Ok(Guilty { comment: String::new(), machines: Vec::new(), ..found })
}

async fn change(state: AppState, caller: Caller, call: PatchGuilty, patch: GuiltyPatch) -> Result<GuiltyEntry> {
    guilties::patch(&state.store, call.id, patch, &caller.author(state.now())).await
}

async fn list_backtraces(state: AppState, call: ListBacktraces, (): ()) -> Result<BacktracePage> {
    let limit = super::records::limit(call.limit)?;
    backtraces::page(&state.store.aside(), call.params, call.before, limit, state.now()).await
}

async fn list_stacks(state: AppState, caller: Caller, call: ListStacks, (): ()) -> Result<StackPage> {
    let mut found = backtraces::stacks(&state.store.aside(), call).await?;
    // Each is told by a machine's backtrace; how many there are is for everyone.
    if !sees_texts(&caller) {
        found.stacks.clear();
    }
    Ok(found)
}

async fn backtrace(state: AppState, call: GetBacktrace, (): ()) -> Result<Backtrace> {
    backtraces::of_record(&state.store, call.id).await
}

async fn list_never_guilty(state: AppState, caller: Caller, _: ListNeverGuilty, (): ()) -> Result<NeverGuilty> {
    let mut found = never_guilty::list(&state.store).await?;
    if !sees_texts(&caller) {
        for frame in found.frames.iter_mut().chain(&mut found.switched_off) {
            (frame.by, frame.reason) = (None, String::new());
        }
    }
    Ok(found)
}

async fn add(state: AppState, caller: Caller, _: AddNeverGuilty, entry: FramePattern) -> Result<NeverGuilty> {
    never_guilty::add(&state.store, entry, &caller.author(state.now())).await?;
    never_guilty::list(&state.store).await
}

async fn remove(state: AppState, caller: Caller, _: RemoveNeverGuilty, entry: FramePattern) -> Result<NeverGuilty> {
    never_guilty::remove(&state.store, entry, &caller.author(state.now())).await?;
    never_guilty::list(&state.store).await
}

async fn import(state: AppState, caller: Caller, _: ImportNeverGuilty, list: FrameList) -> Result<NeverGuilty> {
    never_guilty::import(&state.store, list.frames, &caller.author(state.now())).await?;
    never_guilty::list(&state.store).await
}

async fn switch_shipped(state: AppState, caller: Caller, _: SwitchShipped, switch: Switch) -> Result<NeverGuilty> {
    never_guilty::switch_shipped(&state.store, switch, &caller.author(state.now())).await?;
    never_guilty::list(&state.store).await
}

async fn preview(state: AppState, _: PreviewNeverGuilty, change: ListChange) -> Result<Preview> {
    never_guilty::preview(&state.store, change).await
}

async fn judge_anew(state: AppState, caller: Caller, _: Recompute, (): ()) -> Result<StartedJob> {
    let job = recompute::ask(&state.store, &caller.author(state.now())).await?;
    state.jobs.wake();
    Ok(StartedJob { job })
}

async fn reset(state: AppState, caller: Caller, _: Reset, (): ()) -> Result<StartedJob> {
    guilties::reset(&state.store, &caller.author(state.now())).await?;
    judge_anew(state, caller, Recompute {}, ()).await
}

async fn job(state: AppState, call: GetJob, (): ()) -> Result<Job> {
    jobs::get(&state.store, call.id).await
}
