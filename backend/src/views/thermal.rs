//! Thermal: processors that became too hot.

use telemetrics_common::thermal::{GetThermal, Thermal as Answer};
use telemetrics_common::{ViewInfo, views};

use super::View;
use crate::api::{Routes, endpoint};
use crate::app::AppState;
use crate::error::Result;
use crate::store;

/// The view.
pub struct Thermal;

impl View for Thermal {
    fn info(&self) -> ViewInfo {
        views::THERMAL
    }

    fn routes(&self) -> Routes {
        Routes::new().routes(endpoint::<GetThermal, _, _>(show))
    }
}

async fn show(state: AppState, call: GetThermal, (): ()) -> Result<Answer> {
    store::thermal::thermal(&state.store.aside(), call, state.now()).await
}
