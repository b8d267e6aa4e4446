//! How far imports have come.

crate::step::step!("m20261125_000011_imports");
