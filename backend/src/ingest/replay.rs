//! Trying quarantined records again, for instance after an update has changed a rule.

use telemetrics_common::quarantine::Replayed;

use super::{privacy, wire};
use crate::app::AppState;
use crate::error::Result;
use crate::store::quarantine;

/// How many quarantined records are read at once.
const CHUNK: u64 = 100;

/// Tries all of them once, newest first. A record that passes is stored and leaves the quarantine in one transaction.
///
/// # Errors
/// The database's; what had been stored until then stays stored.
pub async fn replay(state: &AppState) -> Result<Replayed> {
    let mut replayed = Replayed::default();
    let mut before = None;
    let settings = state.in_force.now();
    loop {
        let page = quarantine::page(&state.store, before, CHUNK).await?;
        for kept in page.records {
            match wire::parse_json_form(kept.body.as_bytes(), kept.external) {
                Ok(record) => {
                    let record = privacy::apply(record, &settings.scrubber, state.machine_key.as_ref());
                    state.writer.record(record, kept.received_at, Some(kept.id)).await?;
                    replayed.stored += 1;
                }
                Err(_) => replayed.kept += 1,
            }
        }
        before = page.next_before;
        if before.is_none() {
            return Ok(replayed);
        }
    }
}
