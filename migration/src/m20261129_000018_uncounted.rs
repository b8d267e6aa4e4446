//! SQLite: changes of counters that are written down before they are added.

crate::step::step!("m20261129_000018_uncounted");
