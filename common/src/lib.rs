//! What the Telemetrics server and its clients agree on: the calls of the typed API with their
//! parameters, bodies and answers, the record filter, and the names of classifications.
//!
//! One file per feature. Nothing here reads, writes or draws: the crate is serde types only, so that
//! it builds for the server and for WebAssembly alike.

pub mod access;
pub mod accounts;
pub mod audit;
pub mod builds;
pub mod classification;
pub mod collector;
pub mod crashes;
pub mod csv;
pub mod document;
pub mod endpoint;
pub mod error;
pub mod facets;
pub mod filter;
pub mod guilties;
pub mod ingest;
pub mod jobs;
pub mod legacy;
pub mod mce;
pub mod never_guilty;
pub mod overview;
pub mod paging;
pub mod population;
pub mod privacy;
pub mod quarantine;
pub mod query;
pub mod records;
pub mod retention;
pub mod saved_views;
pub mod stats;
pub mod storage;
pub mod systems;
pub mod telemetry_ids;
pub mod text;
pub mod thermal;
pub mod time;
pub mod tokens;
pub mod updates;
pub mod views;

pub use access::{Access, Role};
pub use endpoint::{Endpoint, Method, ViewInfo};
pub use error::ErrorBody;
pub use filter::RecordFilter;
pub use time::Timestamp;
