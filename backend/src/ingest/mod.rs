//! The way of a record from the wire into the store: parse and check ([`wire`]), queue and commit ([`writer`]).

mod answer;
pub mod body;
pub mod collector;
pub mod facts;
pub mod limits;
pub mod privacy;
pub mod record;
pub mod replay;
pub mod rules;
pub mod telemetry_ids;
pub mod wire;
pub mod writer;
