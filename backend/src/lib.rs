//! The Telemetrics server as a library: the collector, the store, the API, and the views that a
//! program puts together with [`App`].
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use telemetrics_backend::{App, cli, views};
//!
//! fn main() -> ExitCode {
//!     cli::run(|| App::new().with_views(views::builtin()))
//! }
//! ```
//!
//! A view of one's own is a [`View`]: its calls are made by [`api`], what it counts is kept by an [`extension`], what
//! the core knows is read by [`reading`], and [`testing`] has a server for its tests.
//!
//! Data goes one way: parse (`ingest::wire`) → decide (pure) → store (`store`) → answer ([`views`]).

pub mod access;
pub mod api;
pub mod app;
pub mod cli;
pub mod config;
pub mod error;
pub mod extension;
pub mod reading;
pub mod server;
#[expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that cannot begin fails")]
pub mod testing;
pub mod views;

// Public for this workspace's own tests, fuzz targets and programs; nothing that others may build on.
#[doc(hidden)]
pub mod backtrace;
#[doc(hidden)]
pub mod bench;
#[doc(hidden)]
pub mod buckets;
#[doc(hidden)]
pub mod demo;
#[doc(hidden)]
pub mod entity;
#[doc(hidden)]
pub mod export;
#[doc(hidden)]
pub mod in_force;
#[doc(hidden)]
pub mod ingest;
#[doc(hidden)]
pub mod jobs;
mod key;
#[doc(hidden)]
pub mod live;
#[doc(hidden)]
pub mod metrics;
#[doc(hidden)]
pub mod older;
#[doc(hidden)]
pub mod retention;
#[doc(hidden)]
pub mod small_cells;
#[doc(hidden)]
pub mod store;
#[doc(hidden)]
pub mod watch;

use std::time::{SystemTime, UNIX_EPOCH};

use telemetrics_common::Timestamp;

pub use app::{App, AppState};
pub use error::{Error, Result};
pub use store::Store;
pub use views::View;

/// The server's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
