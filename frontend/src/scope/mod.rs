//! The one language in which all views say which records they are about: a system and a stretch of time.
//!
//! Both are in the address (`system=`, `days=`, `from=`, `to=`) and go along from view to view. [`ViewScope`] reads them,
//! [`SystemPicker`] and [`RangePicker`] change them, [`Selection`] is what calls take, and [`records_link`] leads from a
//! number to the records behind it. Nothing here knows what a view counts.

mod address;
mod pickers;
mod range;
mod state;
mod systems;

pub use address::{SYSTEM, Scope, Selection, join, records_link, with_parameters};
pub use pickers::{PurgedNote, RangePicker, RangePresets, RefreshButton, ScopeError, SystemPicker};
pub use range::{Bounds, DAYS, FROM, PRESETS, Range, TO, carried};
pub use state::{Dropped, Place, ViewScope, use_go};
pub use systems::{NO_NAME, Systems, system_name};
