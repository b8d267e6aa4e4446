//! Builds: records per build of one system.

use telemetrics_common::builds::{Builds as Answer, GetBuilds};
use telemetrics_common::{ViewInfo, views};

use super::View;
use crate::api::{Routes, endpoint};
use crate::app::AppState;
use crate::error::Result;
use crate::store;

/// The view.
pub struct Builds;

impl View for Builds {
    fn info(&self) -> ViewInfo {
        views::BUILDS
    }

    fn routes(&self) -> Routes {
        Routes::new().routes(endpoint::<GetBuilds, _, _>(show))
    }
}

async fn show(state: AppState, call: GetBuilds, (): ()) -> Result<Answer> {
    store::builds::builds(&state.store.aside(), call).await
}
