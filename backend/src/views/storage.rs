//! What takes the room. A page that is no tab.

use telemetrics_common::storage::{GetStorage, Storage};

use crate::api::{Routes, endpoint};
use crate::app::AppState;
use crate::error::Result;
use crate::store::storage::{Bounds, storage};

/// The routes.
pub(crate) fn routes() -> Routes {
    Routes::new().routes(endpoint::<GetStorage, _, _>(sizes))
}

async fn sizes(state: AppState, _: GetStorage, (): ()) -> Result<Storage> {
    let bounds = Bounds {
        disk_free: state.watch.disk_free(),
        disk_floor: state.watch.disk_floor(),
        ceiling: state.config.retention.max_database_size,
        days: state.in_force.now().retention.days,
    };
    storage(&state.store, bounds, state.now()).await
}
