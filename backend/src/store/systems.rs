//! Systems, and which one a view of one system shows.

use std::collections::BTreeMap;

use telemetrics_common::systems::Systems;

use super::Store;
use super::counters::{Count, Dimension};
use super::names::{by_size, summed};
use super::range::Range;
use super::tally::{self, Wanted};
use crate::error::Result;

/// A system by its name. Without an id no record is of it.
pub(super) struct Chosen {
    pub(super) name: String,
    pub(super) id: Option<i32>,
}

/// All systems, the one with the most records first.
///
/// # Errors
/// The database's.
pub async fn list(store: &Store) -> Result<Systems> {
    Ok(Systems { systems: by_size(counts(store).await?) })
}

async fn counts(store: &Store) -> Result<BTreeMap<String, Count>> {
    let wanted = Wanted { dimensions: &[Dimension::Severity], scope: None, range: Range::ALL };
    let sums = tally::sums(store, wanted).await?;
    let systems = &store.dictionaries().system;
    systems.load(store.reader(), sums.keys().map(|tally| tally.scope)).await?;
    summed(&sums, Dimension::Severity, |tally| systems.name(tally.scope))
}

/// The system of a name; none for a name that no record has.
pub(super) async fn find(store: &Store, name: &str) -> Result<Option<i32>> {
    store.dictionaries().system.known(store.reader(), &[name]).await
}

/// The system that was asked for, else the one with the most records.
pub(super) async fn chosen(store: &Store, name: Option<String>) -> Result<Chosen> {
    let name = match name {
        Some(name) => name,
        None => by_size(counts(store).await?).into_iter().next().map(|system| system.name).unwrap_or_default(),
    };
    let id = find(store, &name).await?;
    Ok(Chosen { name, id })
}

/// The scope of counters for a system that may be chosen; none when no record is of it.
pub(super) async fn scope(store: &Store, name: Option<&str>) -> Result<Option<Option<i32>>> {
    match name {
        Some(name) => Ok(find(store, name).await?.map(Some)),
        None => Ok(Some(None)),
    }
}
