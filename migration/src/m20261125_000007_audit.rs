//! The audit log.

crate::step::step!("m20261125_000007_audit");
