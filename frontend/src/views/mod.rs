//! The views that come with the dashboard.

use std::sync::Arc;

use crate::app::View;

pub(crate) mod access;
pub(crate) mod audit;
pub mod builds;
pub mod crashes;
pub mod mce;
pub mod overview;
pub mod parts;
pub(crate) mod payload;
pub mod population;
pub(crate) mod quarantine;
pub mod records;
pub(crate) mod reference;
pub(crate) mod server;
pub mod stats;
pub mod thermal;
pub mod updates;

/// All of them, in the order of their tabs.
pub fn builtin() -> Vec<Arc<dyn View>> {
    vec![
        Arc::new(overview::Overview),
        Arc::new(records::Records),
        Arc::new(builds::Builds),
        Arc::new(stats::Stats),
        Arc::new(crashes::Crashes),
        Arc::new(mce::Mce),
        Arc::new(thermal::Thermal),
        Arc::new(population::Population),
        Arc::new(updates::Updates),
    ]
}
