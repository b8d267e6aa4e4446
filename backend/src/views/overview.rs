//! Overview: the fleet at a glance.

use telemetrics_common::overview::{GetOverview, Overview as Answer};
use telemetrics_common::{ViewInfo, views};

use super::View;
use crate::access::Caller;
use crate::api::{Routes, endpoint_as};
use crate::app::AppState;
use crate::error::Result;
use crate::small_cells::SmallCells;
use crate::store;

/// The view.
pub struct Overview;

impl View for Overview {
    fn info(&self) -> ViewInfo {
        views::OVERVIEW
    }

    fn routes(&self) -> Routes {
        Routes::new().routes(endpoint_as::<GetOverview, _, _, _>(show))
    }
}

async fn show(state: AppState, caller: Caller, call: GetOverview, (): ()) -> Result<Answer> {
    let all = store::overview::overview(&state.store.aside(), call, state.now()).await?;
    Ok(all.told(state.config.privacy.min_cell, caller.sees_all()))
}
