//! What is taken out of payloads, and all that there is of one machine. A page that is no tab.

use serde_json::json;
use telemetrics_common::privacy::{
    EraseMachine, GetMachine, GetScrubbing, MachineData, PreviewScrubbing, ScrubPreview, ScrubRule, Scrubbing,
    SetScrubbing,
};

use crate::access::Caller;
use crate::api::{Routes, endpoint, endpoint_as};
use crate::app::AppState;
use crate::error::Result;
use crate::in_force::Documents;
use crate::ingest::privacy::{self, Scrubber};
use crate::store::{erase, records};

/// How many of the newest records a preview looks at.
const LOOKED_AT: u64 = 500;

/// The routes.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(endpoint::<GetScrubbing, _, _>(get))
        .routes(endpoint_as::<SetScrubbing, _, _, _>(set))
        .routes(endpoint::<PreviewScrubbing, _, _>(preview))
        .routes(endpoint::<GetMachine, _, _>(machine))
        .routes(endpoint_as::<EraseMachine, _, _, _>(erase_machine))
}

async fn get(state: AppState, _: GetScrubbing, (): ()) -> Result<Scrubbing> {
    Ok(state.in_force.now().documents.scrubbing.clone())
}

async fn set(state: AppState, caller: Caller, _: SetScrubbing, rules: Scrubbing) -> Result<Scrubbing> {
    Scrubber::new(&rules)?;
    let before = |now: &Documents| now.scrubbing.clone();
    state.in_force.change(&state.store, rules, before, &caller.author(state.now())).await
}

async fn preview(state: AppState, _: PreviewScrubbing, rule: ScrubRule) -> Result<ScrubPreview> {
    let payloads = records::newest_payloads(&state.store, LOOKED_AT).await?;
    privacy::preview(&rule, payloads.iter().map(|(id, payload)| (*id, payload.as_str())))
}

/// The names under which a machine may be stored: what it sent, and what was made of that.
fn names(state: &AppState, machine_id: &str) -> Vec<String> {
    let hashed = state.machine_key.as_ref().map(|key| key.hashed(machine_id));
    [Some(machine_id.to_owned()), hashed].into_iter().flatten().collect()
}

async fn machine(state: AppState, call: GetMachine, (): ()) -> Result<MachineData> {
    erase::count(&state.store, &names(&state, &call.machine_id)).await
}

async fn erase_machine(state: AppState, caller: Caller, call: EraseMachine, (): ()) -> Result<MachineData> {
    let author = caller.author(state.now());
    erase::machine(&state.store, &names(&state, &call.machine_id), &author, |data| json!(data)).await
}
