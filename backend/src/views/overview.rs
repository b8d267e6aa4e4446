//! Overview: the fleet at a glance.

use telemetrics_common::overview::{GetOverview, Overview as Answer};
use telemetrics_common::{ViewInfo, views};

use super::View;
use crate::api::{Routes, endpoint};
use crate::app::AppState;
use crate::error::Result;
use crate::store;

/// The view.
pub struct Overview;

impl View for Overview {
    fn info(&self) -> ViewInfo {
        views::OVERVIEW
    }

    fn routes(&self) -> Routes {
        Routes::new().routes(endpoint::<GetOverview, _, _>(show))
    }
}

async fn show(state: AppState, call: GetOverview, (): ()) -> Result<Answer> {
    store::overview::overview(&state.store, call, state.now()).await
}
