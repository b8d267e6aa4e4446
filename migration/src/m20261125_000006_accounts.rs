//! Accounts, their sessions, and tokens.

crate::step::step!("m20261125_000006_accounts");
