//! Boot times, on the server: the view with its call, the hook that counts, and the table that it counts in.

mod hook;
mod store;

use std::sync::Arc;

use boot_time_common::{BOOT_TIME, BootTimes, GetBootTimes};
use telemetrics_backend::api::{Routes, endpoint};
use telemetrics_backend::extension::{IngestHook, Step};
use telemetrics_backend::{App, AppState, Result, View, views};
use telemetrics_common::ViewInfo;

/// The core's views, and boot times before the updates.
pub fn app() -> App {
    App::new().with_views(views::builtin()).with_view_before("updates", BootTime)
}

/// The view.
pub struct BootTime;

impl View for BootTime {
    fn info(&self) -> ViewInfo {
        BOOT_TIME
    }

    fn routes(&self) -> Routes {
        Routes::new().routes(endpoint::<GetBootTimes, _, _>(show))
    }

    fn schema(&self) -> Vec<Step> {
        vec![Step::new(
            "m20261128_000001_boot_time",
            include_str!("schema/sqlite.sql"),
            include_str!("schema/postgres.sql"),
        )]
    }

    fn hook(&self) -> Option<Arc<dyn IngestHook>> {
        Some(Arc::new(hook::CountBoots))
    }
}

async fn show(state: AppState, call: GetBootTimes, (): ()) -> Result<BootTimes> {
    store::boot_times(&state.store, call).await
}
