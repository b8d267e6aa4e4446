//! Which extensions have counted the records that were there before them.

crate::step::step!("m20261128_000014_extensions");
