//! Population: machines per build of one system.

use telemetrics_common::population::{GetMachineDays, GetPopulation, MachineDays, Population as Answer};
use telemetrics_common::{ViewInfo, views};

use super::View;
use crate::access::Caller;
use crate::api::{Routes, endpoint_as};
use crate::app::AppState;
use crate::error::Result;
use crate::small_cells::SmallCells;
use crate::store;

/// The view.
pub struct Population;

impl View for Population {
    fn info(&self) -> ViewInfo {
        views::POPULATION
    }

    fn routes(&self) -> Routes {
        Routes::new()
            .routes(endpoint_as::<GetPopulation, _, _, _>(show))
            .routes(endpoint_as::<GetMachineDays, _, _, _>(days))
    }
}

async fn show(state: AppState, caller: Caller, call: GetPopulation, (): ()) -> Result<Answer> {
    let all = store::population::population(&state.store.aside(), call, state.now()).await?;
    Ok(all.told(state.config.privacy.min_cell, caller.sees_all()))
}

async fn days(state: AppState, caller: Caller, call: GetMachineDays, (): ()) -> Result<MachineDays> {
    let all = store::population::days(&state.store.aside(), call, state.now()).await?;
    Ok(all.told(state.config.privacy.min_cell, caller.sees_all()))
}
