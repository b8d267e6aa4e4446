//! The Telemetrics server as a library: the collector, the store, the API, and the views that a
//! program puts together with [`App`].
//!
//! Data goes one way: parse ([`ingest::wire`]) → decide (pure) → store ([`store`]) → answer ([`views`]).

pub mod access;
pub mod api;
pub mod app;
pub mod backtrace;
pub mod bench;
pub mod buckets;
pub mod cli;
pub mod config;
pub mod demo;
pub mod entity;
pub mod error;
pub mod export;
pub mod extension;
pub mod in_force;
pub mod ingest;
pub mod jobs;
pub mod live;
pub mod metrics;
pub mod older;
pub mod retention;
pub mod server;
pub mod small_cells;
pub mod store;
#[expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that cannot begin fails")]
pub mod testing;
pub mod views;
pub mod watch;

use std::time::{SystemTime, UNIX_EPOCH};

use telemetrics_common::Timestamp;

pub use app::{App, AppState};
pub use error::{Error, Result};
pub use views::View;

/// The server's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
