//! The views that come with the dashboard.

use std::sync::Arc;

use crate::app::View;

pub mod quarantine;
pub mod records;

/// All of them, in the order of their tabs.
pub fn builtin() -> Vec<Arc<dyn View>> {
    vec![Arc::new(records::Records)]
}
