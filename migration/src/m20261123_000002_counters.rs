//! The counters that charts are drawn from.

crate::step::step!("m20261123_000002_counters");
