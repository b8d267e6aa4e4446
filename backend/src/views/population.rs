//! Population: machines per build of one system.

use telemetrics_common::population::{GetMachineDays, GetPopulation, MachineDays, Population as Answer};
use telemetrics_common::{ViewInfo, views};

use super::View;
use crate::api::{Routes, endpoint};
use crate::app::AppState;
use crate::error::Result;
use crate::store;

/// The view.
pub struct Population;

impl View for Population {
    fn info(&self) -> ViewInfo {
        views::POPULATION
    }

    fn routes(&self) -> Routes {
        Routes::new().routes(endpoint::<GetPopulation, _, _>(show)).routes(endpoint::<GetMachineDays, _, _>(days))
    }
}

async fn show(state: AppState, call: GetPopulation, (): ()) -> Result<Answer> {
    store::population::population(&state.store, call, state.now()).await
}

async fn days(state: AppState, call: GetMachineDays, (): ()) -> Result<MachineDays> {
    store::population::days(&state.store, call, state.now()).await
}
