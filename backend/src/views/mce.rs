//! MCE: machine checks of a year.

use telemetrics_common::mce::{GetMce, Mce as Answer};
use telemetrics_common::{ViewInfo, views};

use super::View;
use crate::api::{Routes, endpoint};
use crate::app::AppState;
use crate::error::Result;
use crate::store;

/// The view.
pub struct Mce;

impl View for Mce {
    fn info(&self) -> ViewInfo {
        views::MCE
    }

    fn routes(&self) -> Routes {
        Routes::new().routes(endpoint::<GetMce, _, _>(show))
    }
}

async fn show(state: AppState, call: GetMce, (): ()) -> Result<Answer> {
    store::mce::mce(&state.store, call, state.now()).await
}
