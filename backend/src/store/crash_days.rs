//! Crashes of whole days by build and stack, kept in memory: most days do not change any more, and only those are read again
//! to which records have come, or from which some have gone.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::future::try_join_all;

use super::Store;
use super::counters::{Count, Dimension, Rewritten, rewritten};
use super::crash_counts::{packed, summed, unpacked};
use super::dictionary::OTHER;
use super::sql::{joined, rows};
use super::tally;
use crate::error::Result;

/// The most days that are asked for one by one.
pub(super) const MOST_DAYS: i32 = 100;
/// The most counts that are kept, of 24 bytes each.
const MOST_COUNTS: usize = 1 << 19;
/// A place takes as much room as so many counts: most have none.
const OF_A_PLACE: usize = 5;
/// How many parts of the builds are read at the same time.
const AT_ONCE: usize = 4;

/// A day, and a build.
type Place = (i32, i32);

/// Crashes of one day and build by stack.
pub(super) type OfStacks = Arc<[(i32, Count)]>;

/// What changes whenever one of a day's counts of a build does: records are added to it, or become purged, or else it is
/// written anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    rewritten: Rewritten,
    all_records: Count,
}

/// What has been read.
#[derive(Default)]
pub(super) struct Cache(RwLock<Kept>);

#[derive(Default)]
struct Kept {
    places: HashMap<Place, (Version, OfStacks)>,
    /// Of all of them, in counts.
    room: usize,
}

impl Cache {
    // A panic while the lock is held leaves what is kept whole.
    fn get(&self, place: Place, version: Version) -> Option<OfStacks> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.places.get(&place).filter(|(known, _)| *known == version).map(|(_, counts)| Arc::clone(counts))
    }

    fn keep(&self, place: Place, version: Version, counts: &OfStacks) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let room = |counts: &OfStacks| counts.len() + OF_A_PLACE;
        if kept.room + room(counts) > MOST_COUNTS {
            *kept = Kept::default();
        }
        let before = kept.places.insert(place, (version, Arc::clone(counts)));
        kept.room = kept.room + room(counts) - before.map_or(0, |(_, counts)| room(&counts));
    }
}

/// Crashes of a system's builds on the days from the first to before the end: builds, each as often as there are days, with their
/// stacks.
pub(super) async fn of_builds(
    store: &Store,
    (system, builds): (i32, &[i32]),
    days: (i32, i32),
) -> Result<Vec<(i32, OfStacks)>> {
    let cache = &store.inner.crash_days;
    // Read before the counts, which so are never older than their version.
    let versions = versions(store, system, days).await?;
    let builds: HashSet<i32> = builds.iter().copied().collect();
    let (mut found, mut stale) = (Vec::new(), HashMap::new());
    for (place, version) in versions.into_iter().filter(|((_, build), _)| builds.contains(build)) {
        match cache.get(place, version) {
            Some(counts) => found.push((place.1, counts)),
            None => drop(stale.insert(place, version)),
        }
    }
    let mut read = read(store, stale.keys()).await?;
    for (place, version) in stale {
        let counts: OfStacks = read.remove(&place).unwrap_or_default().into();
        cache.keep(place, version, &counts);
        found.push((place.1, counts));
    }
    Ok(found)
}

/// The versions of all days and builds of a system that have any records.
async fn versions(store: &Store, system: i32, days: (i32, i32)) -> Result<HashMap<Place, Version>> {
    let rewritten = rewritten(store).await?;
    // As one text, since each row of an answer costs more than many numbers.
    let sql = format!(
        "SELECT {}(day || ' ' || key || ' ' || records || ' ' || purged, ' ') FROM tally_day \
         WHERE dimension = {} AND {} AND scope IN ({system}, {OTHER})",
        store.joining_texts(),
        Dimension::Build.number(),
        tally::days(days)
    );
    let mut versions = HashMap::<Place, Version>::new();
    for row in rows(store.reader(), &sql).await? {
        let counted: Option<String> = row.try_get_by_index(0)?;
        let numbers = counted.iter().flat_map(|text| text.split(' ')).filter_map(|number| number.parse().ok());
        for &[day, build, records, purged] in numbers.collect::<Vec<i64>>().as_chunks::<4>().0 {
            // Both are columns of 32 bits.
            let of_place = versions.entry((day as i32, build as i32));
            let version = of_place.or_insert(Version { rewritten, all_records: Count::default() });
            version.all_records.merge(Count { records, purged });
        }
    }
    Ok(versions)
}

/// The counts of some days and builds.
async fn read(
    store: &Store,
    places: impl Iterator<Item = &Place> + Clone,
) -> Result<HashMap<Place, Vec<(i32, Count)>>> {
    // Mostly all builds of one day, or one of all; what is read beyond that does no harm.
    let days: BTreeSet<i32> = places.clone().map(|(day, _)| *day).collect();
    let builds: Vec<i32> = places.map(|(_, build)| *build).collect::<BTreeSet<i32>>().into_iter().collect();
    let statement = |builds: &[i32]| {
        format!(
            "SELECT day, scope, {} FROM tally_day WHERE dimension = {} AND day IN ({}) AND scope IN ({}) GROUP BY day, scope",
            packed(store, "records"),
            Dimension::Crash.number(),
            joined(&days),
            joined(builds)
        )
    };
    let statements: Vec<String> = builds.chunks(builds.len().div_ceil(AT_ONCE).max(1)).map(statement).collect();
    let answers = try_join_all(statements.iter().map(|sql| rows(store.reader(), sql))).await?;
    let mut found = HashMap::new();
    for row in answers.into_iter().flatten() {
        let (records, purged): (Option<String>, Option<String>) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        let counts = summed(unpacked(records.as_deref()), unpacked(purged.as_deref()));
        found.insert((row.try_get_by_index(0)?, row.try_get_by_index(1)?), counts.into_iter().collect());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_known_by_their_version_as_long_as_there_is_room() {
        let cache = Cache::default();
        let version = |records| Version { rewritten: Rewritten::default(), all_records: Count { records, purged: 0 } };
        let counts = |number| vec![(7, Count::default()); number].into();
        cache.keep((1, 1), version(5), &counts(2));
        cache.keep((1, 2), version(5), &counts(3));
        assert_eq!(cache.get((1, 1), version(5)).map(|counts| counts.len()), Some(2));
        assert_eq!(cache.get((1, 1), version(6)), None);
        cache.keep((1, 1), version(6), &counts(MOST_COUNTS - 14));
        assert_eq!(cache.get((1, 2), version(5)).map(|counts| counts.len()), None);
        cache.keep((1, 1), version(7), &counts(1));
        assert_eq!(cache.get((1, 1), version(7)).map(|counts| counts.len()), Some(1));
        assert_eq!(cache.0.read().unwrap().room, 6);
    }
}
