//! Payloads packed by zstd, beside those that stay text.

crate::step::step!("m20261128_000017_packed_payloads");
