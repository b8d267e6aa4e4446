//! What the core's views read, for those of others: a [`Store`](crate::Store) and a call of `telemetrics-common` go in,
//! the call's answer comes out. The tables behind them may change; tables of one's own are read by
//! [`Store::query`](crate::Store::query).
//!
//! A handler is given the store by its state. What may be some moments old is read [`aside`](crate::Store::aside), so
//! that a replica can answer:
//!
//! ```
//! use telemetrics_backend::{AppState, Result, reading};
//! use telemetrics_common::systems::Systems;
//!
//! async fn systems(state: AppState) -> Result<Systems> {
//!     reading::systems(&state.store.aside()).await
//! }
//! ```

pub use crate::store::Kind;
pub use crate::store::builds::builds;
pub use crate::store::crashes::{charts as crash_charts, crashes};
pub use crate::store::facets::facets;
pub use crate::store::mce::mce;
pub use crate::store::overview::overview;
pub use crate::store::population::{days as machine_days, population};
pub use crate::store::records::page as records;
pub use crate::store::stats::stats;
pub use crate::store::systems::list as systems;
pub use crate::store::thermal::thermal;
pub use crate::store::updates::updates;
