//! Crashing stacks, their guilties, and the list of what is never guilty.

crate::step::step!("m20261123_000003_crashes");
