//! What admins change while servers run.

crate::step::step!("m20261125_000012_settings");
