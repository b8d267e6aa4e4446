//! The older server's database (telemetrics-backend: Flask, PostgreSQL), read and never written: its tables `records`,
//! `guilty` and `guilty_blacklisted`.

mod record;
mod source;

pub use record::{OlderRecord, Read};
pub use source::{Most, OlderGuilty, Source};
