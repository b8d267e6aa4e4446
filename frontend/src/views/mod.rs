//! The views that come with the dashboard.

use std::sync::Arc;

use crate::app::View;

pub mod access;
pub mod audit;
pub mod builds;
pub mod crashes;
pub mod mce;
pub mod overview;
pub mod parts;
pub mod payload;
pub mod population;
pub mod quarantine;
pub mod records;
pub mod reference;
pub mod server;
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
