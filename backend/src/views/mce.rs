//! MCE: machine checks of a year.

use telemetrics_common::mce::{GetMce, Mce as Answer};
use telemetrics_common::{Access, ViewInfo, views};

use super::View;
use crate::access::Caller;
use crate::api::{Routes, endpoint_as};
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
        Routes::new().routes(endpoint_as::<GetMce, _, _, _>(show))
    }
}

async fn show(state: AppState, caller: Caller, call: GetMce, (): ()) -> Result<Answer> {
    let mut found = store::mce::mce(&state.store.aside(), call, state.now()).await?;
    // Charts may be for everyone, machines are not.
    if !caller.may(Access::Account) {
        found.machines.clear();
    }
    Ok(found)
}
