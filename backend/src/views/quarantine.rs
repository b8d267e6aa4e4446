//! Quarantine: records that broke a rule, and another try with them. A page of the Records view.

use telemetrics_common::quarantine::{ListQuarantine, QuarantinePage, ReplayQuarantine, Replayed};

use super::records::limit;
use crate::api::{Routes, endpoint};
use crate::app::AppState;
use crate::error::Result;
use crate::ingest::replay;
use crate::store;

pub(super) fn routes() -> Routes {
    Routes::new().routes(endpoint::<ListQuarantine, _, _>(list)).routes(endpoint::<ReplayQuarantine, _, _>(try_again))
}

async fn list(state: AppState, call: ListQuarantine, (): ()) -> Result<QuarantinePage> {
    store::quarantine::page(&state.store, call.before, limit(call.limit)?).await
}

async fn try_again(state: AppState, _: ReplayQuarantine, (): ()) -> Result<Replayed> {
    replay::replay(&state).await
}
