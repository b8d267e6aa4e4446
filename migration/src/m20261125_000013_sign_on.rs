//! Accounts of people who log in elsewhere.

crate::step::step!("m20261125_000013_sign_on");
