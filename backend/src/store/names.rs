//! From counts by id to counts by name, in the order in which views show them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use telemetrics_common::builds::sort_by_build;
use telemetrics_common::facets::{BuildCount, NameCount};

use super::Store;
use super::counters::{Count, Dimension, Tally};
use super::dictionary::Dictionary;
use crate::error::Result;

/// Counts are never below zero once they are summed over all shards.
pub(super) fn count(records: i64) -> u64 {
    u64::try_from(records).unwrap_or(0)
}

/// Adds up counts of a dimension under what their keys mean.
pub(super) fn summed<K: Ord>(
    tallies: &BTreeMap<Tally, Count>,
    dimension: Dimension,
    meaning: impl Fn(&Tally) -> Result<K>,
) -> Result<BTreeMap<K, Count>> {
    let mut sums = BTreeMap::<K, Count>::new();
    for (tally, counted) in tallies.iter().filter(|(tally, _)| tally.dimension == dimension) {
        sums.entry(meaning(tally)?).or_default().merge(*counted);
    }
    Ok(sums)
}

/// Counts by a text of a dictionary: its column number `column`.
pub(super) async fn by_text(
    store: &Store,
    tallies: &BTreeMap<Tally, Count>,
    dimension: Dimension,
    (dictionary, column): (&Dictionary, usize),
) -> Result<BTreeMap<String, Count>> {
    load(store, tallies.keys(), dimension, dictionary).await?;
    summed(tallies, dimension, |tally| Ok(dictionary.texts(tally.key)?.get(column).cloned().unwrap_or_default()))
}

/// Makes the texts of a dimension's keys known.
pub(super) async fn load(
    store: &Store,
    tallies: impl Iterator<Item = &Tally>,
    dimension: Dimension,
    dictionary: &Dictionary,
) -> Result<()> {
    let keys = tallies.filter(|tally| tally.dimension == dimension).map(|tally| tally.key);
    dictionary.load(store.reader(), keys).await
}

/// Largest first, names ascending among equals.
pub(super) fn by_size(counts: BTreeMap<String, Count>) -> Vec<NameCount> {
    let named = |(name, counted): (String, Count)| NameCount {
        name,
        records: count(counted.records),
        purged: count(counted.purged),
    };
    let mut counts: Vec<NameCount> = counts.into_iter().map(named).collect();
    counts.sort_by_key(|count| Reverse(count.records));
    counts
}

/// Builds ascending.
pub(super) fn by_build(counts: BTreeMap<String, Count>) -> Vec<BuildCount> {
    let of_build = |(build, counted): (String, Count)| BuildCount {
        build,
        records: count(counted.records),
        purged: count(counted.purged),
    };
    let mut counts: Vec<BuildCount> = counts.into_iter().map(of_build).collect();
    sort_by_build(&mut counts, |count| &count.build);
    counts
}

/// How many of the records that a dimension counts are no longer kept.
pub(super) fn purged(tallies: &BTreeMap<Tally, Count>, dimension: Dimension) -> u64 {
    let of_dimension = tallies.iter().filter(|(tally, _)| tally.dimension == dimension);
    of_dimension.map(|(_, counted)| count(counted.purged)).sum()
}

/// All that a dimension counts.
pub(super) fn total(tallies: &BTreeMap<Tally, Count>, dimension: Dimension) -> u64 {
    let of_dimension = tallies.iter().filter(|(tally, _)| tally.dimension == dimension);
    of_dimension.map(|(_, counted)| count(counted.records)).sum()
}
