//! Stats: records by classification, platform and more.

use telemetrics_common::stats::{GetStats, Stats as Answer};
use telemetrics_common::{ViewInfo, views};

use super::View;
use crate::api::{Routes, endpoint};
use crate::app::AppState;
use crate::error::Result;
use crate::store;

/// The view.
pub struct Stats;

impl View for Stats {
    fn info(&self) -> ViewInfo {
        views::STATS
    }

    fn routes(&self) -> Routes {
        Routes::new().routes(endpoint::<GetStats, _, _>(show))
    }
}

async fn show(state: AppState, call: GetStats, (): ()) -> Result<Answer> {
    store::stats::stats(&state.store, call).await
}
