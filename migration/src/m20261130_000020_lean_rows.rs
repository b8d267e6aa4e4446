//! PostgreSQL: counters in fewer bytes.

crate::step::step!(
    "m20261130_000020_lean_rows",
    in_one_table: include_str!("m20261130_000020_lean_rows/in_one_table.sql")
);
