//! Payloads packed by zstd, beside those that stay text; ids of machines and events as bytes.

crate::step::step!("m20261128_000017_compact_records", in_one_table: "ALTER TABLE records ADD COLUMN packed BYTEA");
