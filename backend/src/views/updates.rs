//! Updates: from version to version, and how well it went.

use telemetrics_common::updates::{GetUpdates, Updates as Answer};
use telemetrics_common::{ViewInfo, views};

use super::View;
use crate::api::{Routes, endpoint};
use crate::app::AppState;
use crate::error::Result;
use crate::store;

/// The view.
pub struct Updates;

impl View for Updates {
    fn info(&self) -> ViewInfo {
        views::UPDATES
    }

    fn routes(&self) -> Routes {
        Routes::new().routes(endpoint::<GetUpdates, _, _>(show))
    }
}

async fn show(state: AppState, call: GetUpdates, (): ()) -> Result<Answer> {
    store::updates::updates(&state.store.aside(), call, state.now()).await
}
