//! Records, the texts they share, their counters, and the quarantine.

crate::step::step!("m20261123_000001_records");
