//! Quarantine: records that broke a rule, and another try with them. A page of the Records view.

use serde_json::json;
use telemetrics_common::quarantine::{ListQuarantine, QuarantinePage, ReplayQuarantine, Replayed};

use super::records::limit;
use crate::access::Caller;
use crate::api::{Routes, endpoint, endpoint_as};
use crate::app::AppState;
use crate::error::Result;
use crate::ingest::replay;
use crate::store;
use crate::store::audit::{self, Change};

pub(super) fn routes() -> Routes {
    Routes::new()
        .routes(endpoint::<ListQuarantine, _, _>(list))
        .routes(endpoint_as::<ReplayQuarantine, _, _, _>(try_again))
}

async fn list(state: AppState, call: ListQuarantine, (): ()) -> Result<QuarantinePage> {
    store::quarantine::page(&state.store, call.before, limit(call.limit)?).await
}

async fn try_again(state: AppState, caller: Caller, _: ReplayQuarantine, (): ()) -> Result<Replayed> {
    // Told first: it may break off halfway, and what has been stored until then stays.
    let before = Some(json!({"records": store::quarantine::count(&state.store).await?}));
    let told = Change { action: "quarantine.replay", target: "quarantine", before, after: None };
    audit::tell_alone(&state.store, &caller.author(state.now()), told).await?;
    replay::replay(&state).await
}
