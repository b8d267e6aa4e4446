//! Which telemetry ids machines may send. A part of the page of ingest.

use telemetrics_common::telemetry_ids::{GetTelemetryIds, SetTelemetryIds, TelemetryIds};

use crate::access::Caller;
use crate::api::{Routes, endpoint, endpoint_as};
use crate::app::AppState;
use crate::error::Result;
use crate::in_force::Documents;
use crate::ingest::telemetry_ids::KnownIds;

/// The routes.
pub(crate) fn routes() -> Routes {
    Routes::new().routes(endpoint::<GetTelemetryIds, _, _>(get)).routes(endpoint_as::<SetTelemetryIds, _, _, _>(set))
}

async fn get(state: AppState, _: GetTelemetryIds, (): ()) -> Result<TelemetryIds> {
    Ok(state.in_force.now().documents.telemetry_ids.clone())
}

async fn set(state: AppState, caller: Caller, _: SetTelemetryIds, ids: TelemetryIds) -> Result<TelemetryIds> {
    KnownIds::new(&ids)?;
    let before = |now: &Documents| now.telemetry_ids.clone();
    state.in_force.change(&state.store, ids, before, &caller.author(state.now())).await
}
