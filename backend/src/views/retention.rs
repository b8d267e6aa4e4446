//! How long records are kept. A part of the page of storage.

use std::time::Duration;

use telemetrics_common::jobs::StartedJob;
use telemetrics_common::retention::{
    GetRetention, PreviewRetention, RetentionPreview, RetentionRules, SetRetention, StartPurge,
};

use crate::access::Caller;
use crate::api::{Routes, endpoint, endpoint_as};
use crate::app::AppState;
use crate::error::Result;
use crate::retention::Retention;
use crate::store::audit::{self, Change};
use crate::store::retention;

/// How long a preview may look.
const PREVIEW: Duration = Duration::from_secs(5);

/// The routes.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(endpoint::<GetRetention, _, _>(get))
        .routes(endpoint_as::<SetRetention, _, _, _>(set))
        .routes(endpoint::<PreviewRetention, _, _>(preview))
        .routes(endpoint_as::<StartPurge, _, _, _>(purge))
}

async fn get(state: AppState, _: GetRetention, (): ()) -> Result<RetentionRules> {
    Ok(state.in_force.now().documents.retention.clone())
}

async fn set(state: AppState, caller: Caller, _: SetRetention, rules: RetentionRules) -> Result<RetentionRules> {
    // As they are understood, not as they were typed.
    let document = RetentionRules { version: rules.version, ..Retention::of_document(&rules)?.document() };
    let before = |now: &crate::in_force::Documents| now.retention.clone();
    state.in_force.change(&state.store, document, before, &caller.author(state.now())).await
}

async fn preview(state: AppState, _: PreviewRetention, rules: RetentionRules) -> Result<RetentionPreview> {
    let rules = Retention::of_document(&rules)?;
    let (would, whole) = retention::preview(&state.store, &rules, state.now(), PREVIEW).await?;
    Ok(RetentionPreview { records: would.records, bytes: would.bytes, partial: !whole })
}

async fn purge(state: AppState, caller: Caller, _: StartPurge, (): ()) -> Result<StartedJob> {
    // Told first: whatever happens in between, nothing is purged that is not told.
    let told = Change { action: "records.purge", target: "records", before: None, after: None };
    audit::tell_alone(&state.store, &caller.author(state.now()), told).await?;
    let job = retention::ask(&state.store).await?;
    state.jobs.wake();
    Ok(StartedJob { job })
}
