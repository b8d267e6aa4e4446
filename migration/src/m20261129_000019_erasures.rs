//! Counts erasures.

crate::step::step!("m20261129_000019_erasures");
