//! Stats: records by classification, platform and more.

use telemetrics_common::stats::{GetStats, Stats as Answer};
use telemetrics_common::{ViewInfo, views};

use super::View;
use crate::access::Caller;
use crate::api::{Routes, endpoint_as};
use crate::app::AppState;
use crate::error::Result;
use crate::small_cells::SmallCells;
use crate::store;

/// The view.
pub struct Stats;

impl View for Stats {
    fn info(&self) -> ViewInfo {
        views::STATS
    }

    fn routes(&self) -> Routes {
        Routes::new().routes(endpoint_as::<GetStats, _, _, _>(show))
    }
}

async fn show(state: AppState, caller: Caller, call: GetStats, (): ()) -> Result<Answer> {
    let all = store::stats::stats(&state.store.aside(), call).await?;
    Ok(all.told(state.config.privacy.min_cell, caller.sees_all()))
}
