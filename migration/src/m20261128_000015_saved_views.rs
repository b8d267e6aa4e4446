//! Addresses of the dashboard that people have given a name.

crate::step::step!("m20261128_000015_saved_views");
