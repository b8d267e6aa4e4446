//! The audit log.

// Not every database that speaks PostgreSQL's language has triggers for whole statements: there only this program keeps the
// log as it is.
crate::step::step!("m20261125_000007_audit", in_one_table: include_str!("m20261125_000007_audit/in_one_table.sql"));
