//! Counters that nothing is drawn from go, and SQLite keeps the others at less cost.

crate::step::step!("m20261125_000004_lean_counters");
