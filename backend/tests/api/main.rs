//! The server as its clients see it, on both databases.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it fails")]
#![expect(clippy::print_stdout, reason = "a test that is skipped says so")]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod accounts;
mod audit;
mod bench;
mod captured;
mod charts;
mod checkpoint;
mod collector;
mod counters;
mod crashes;
mod document;
mod erase;
mod exports;
mod extensions;
mod facets;
mod failover;
mod faults;
mod guide;
mod guilties;
mod headers;
mod in_force;
mod journal;
mod legacy;
mod live;
mod memory;
mod older;
mod payloads;
mod quarantine;
mod records;
mod retention;
mod saved_views;
mod schema;
mod secure;
mod server;
mod sign_on;
mod watching;
