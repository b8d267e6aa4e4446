//! Boot times, on the server: the view with its call, the hook that counts, and the tables that it counts in.

mod hook;
mod store;

use std::sync::Arc;

use boot_time_common::{BOOT_TIME, BootTime as Answer, GetBootTime};
use telemetrics_backend::api::{Routes, endpoint};
use telemetrics_backend::extension::{IngestHook, Step};
use telemetrics_backend::{App, AppState, Result, View, views};
use telemetrics_common::ViewInfo;

/// The core's views, and boot times before the updates.
pub fn app() -> App {
    App::new().with_views(views::builtin()).with_view_before("updates", BootTime::default())
}

/// The view.
pub struct BootTime {
    /// The most builds that are counted apart; the boots of later ones count together.
    pub max_builds: u32,
}

impl Default for BootTime {
    fn default() -> Self {
        Self { max_builds: 1000 }
    }
}

impl View for BootTime {
    fn info(&self) -> ViewInfo {
        BOOT_TIME
    }

    fn routes(&self) -> Routes {
        Routes::new().routes(endpoint::<GetBootTime, _, _>(show))
    }

    fn schema(&self) -> Vec<Step> {
        vec![Step::new(
            "m20261128_000001_boot_time",
            include_str!("schema/sqlite.sql"),
            include_str!("schema/postgres.sql"),
        )]
    }

    fn hook(&self) -> Option<Arc<dyn IngestHook>> {
        Some(Arc::new(hook::CountBoots { max_builds: self.max_builds }))
    }
}

async fn show(state: AppState, call: GetBootTime, (): ()) -> Result<Answer> {
    store::boot_time(&state.store, call).await
}
