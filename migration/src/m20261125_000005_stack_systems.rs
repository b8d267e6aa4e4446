//! Crashes by stack are counted for each system, too.

crate::step::step!("m20261125_000005_stack_systems");
