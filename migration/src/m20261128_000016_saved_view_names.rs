//! A name is given once by each owner, also when two browsers save at the same time.

crate::step::step!("m20261128_000016_saved_view_names");
