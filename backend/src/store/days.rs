//! Counts of days, kept in memory: most days do not change any more, and only those are read again to which records have
//! come, or from which some have gone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::future::try_join_all;

use super::Store;
use super::counters::{Count, Dimension, Rewritten};
use super::dictionary::OTHER;
use super::kept::Kept;
use super::range::{ALL_DAY, Covered, DayHours};
use super::sql::{joined, numbers, rows, together};
use super::tally;
use crate::error::{Error, Result};

/// Of the days of a longer range none are kept, nor the crashes of each build on the days of one that is longer than this.
const MOST_DAYS: usize = 400;
const MOST_DAYS_OF_BUILDS: i32 = 100;
/// The most counts that are kept of all days, by build and by all builds together, of 24 bytes each.
const MOST_COUNTS: usize = 1 << 19;
/// What is kept takes as much room as so many counts more: of most builds and days there are none.
const OF_AN_ANSWER: usize = 5;
/// How many parts of the builds are read at the same time.
const AT_ONCE: usize = 4;

/// Counts by scope and key.
pub(super) type OfDay = Arc<[((i32, i32), Count)]>;
/// Crashes of a build by stack.
pub(super) type OfStacks = Arc<[(i32, Count)]>;
/// A day or some of its hours: from the first to before the end.
type Place = (i32, DayHours);
/// A dimension in one scope, or in all.
type Kind = (Dimension, Option<i32>);

/// What changes whenever one of the counts does that belong together: records are added to it, or become purged, or else it
/// is written anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) rewritten: Rewritten,
    pub(super) all_records: Count,
}

/// What has been read.
pub(super) struct Cache {
    counts: Kept<(Kind, Place), Version, OfDay>,
    /// By build.
    crashes: Kept<(i32, Place), Version, OfStacks>,
    /// Crashes of a build on several days together, by their versions.
    sums: Kept<(i32, Covered), Vec<(Place, Version)>, OfStacks>,
    /// Of how many days there was no room for the counts.
    too_many: RwLock<HashMap<Kind, usize>>,
}

impl Default for Cache {
    fn default() -> Self {
        let [counts, crashes, sums] = [MOST_COUNTS; 3];
        Self {
            counts: Kept::new(counts),
            crashes: Kept::new(crashes),
            sums: Kept::new(sums),
            too_many: RwLock::default(),
        }
    }
}

impl Cache {
    fn are_too_many(&self, kinds: &[Kind], days: usize) -> bool {
        let too_many = self.too_many.read().unwrap_or_else(PoisonError::into_inner);
        days > MOST_DAYS || kinds.iter().any(|kind| too_many.get(kind).is_some_and(|most| days >= *most))
    }

    fn were_too_many<'a>(&self, kinds: impl Iterator<Item = &'a Kind>, days: usize) {
        for kind in kinds {
            self.too_many.write().unwrap_or_else(PoisonError::into_inner).insert(*kind, days);
        }
    }
}

/// The counts of some dimensions in one scope or all, on each of the days, or in those hours of them that a range covers; but of
/// crashes by build. Nothing where those are not kept: there are too many, or a replica is read, of which it is not known
/// whether the next answer is older than the one before.
pub(super) async fn counts(
    store: &Store,
    (dimensions, scope): (&[Dimension], Option<i32>),
    covered: &Covered,
) -> Result<Option<Vec<(Dimension, i32, OfDay)>>> {
    if store.has_replica().is_some() {
        return Ok(None);
    }
    let cache = &store.inner.days;
    let kinds: Vec<Kind> = dimensions.iter().map(|dimension| (*dimension, scope)).collect();
    // Read before the counts, which so are never older than their version.
    let versions = versions(store, covered.span()).await?;
    let days = versions.len();
    if cache.are_too_many(&kinds, days) {
        return Ok(None);
    }
    let (mut found, mut stale) = (Vec::new(), Vec::new());
    for (day, version) in versions {
        let Some(of_day) = covered.on(day) else { continue };
        for kind in &kinds {
            match cache.counts.get(&(*kind, (day, of_day)), &version) {
                Some(counts) => found.push((kind.0, day, counts)),
                None => stale.push((*kind, (day, of_day), version)),
            }
        }
    }
    let mut read = read(store, scope, &stale).await?;
    for (kind, place, version) in stale {
        let counts: OfDay = taken(&mut read, &(kind.0, place), place.1);
        cache.counts.keep((kind, place), version, Arc::clone(&counts), counts.len() + OF_AN_ANSWER);
        found.push((kind.0, place.0, counts));
    }
    // Those that take more than an even part of the room.
    let room = |kind: &Kind| -> usize {
        let of_kind = found.iter().filter(|(dimension, ..)| *dimension == kind.0);
        of_kind.map(|(.., counts)| counts.len() + OF_AN_ANSWER).sum()
    };
    cache.were_too_many(kinds.iter().filter(|kind| !cache.counts.has_room_for(room(kind) * kinds.len())), days);
    Ok(Some(found))
}

/// The versions of all days that have any records, or of one more than are kept.
async fn versions(store: &Store, days: (i32, i32)) -> Result<BTreeMap<i32, Version>> {
    // Of severities there are the fewest, and each record has one.
    let sql = format!(
        "SELECT day, CAST(SUM(records) AS BIGINT), CAST(SUM(purged) AS BIGINT), {} FROM tally_day \
         WHERE dimension = {} AND {} GROUP BY day ORDER BY day LIMIT {}",
        Rewritten::columns(store),
        Dimension::Severity.number(),
        tally::condition(days),
        MOST_DAYS + 1
    );
    let mut versions = BTreeMap::new();
    for row in rows(store.reader(), &sql).await? {
        let all_records = Count { records: row.try_get_by_index(1)?, purged: row.try_get_by_index(2)? };
        versions.insert(row.try_get_by_index(0)?, Version { rewritten: Rewritten::read(&row, 3)?, all_records });
    }
    Ok(versions)
}

/// Days by their hours: what is read of one is the same column, or the same sum of some.
fn by_hours(places: impl Iterator<Item = Place>) -> BTreeMap<DayHours, BTreeSet<i32>> {
    let mut days = BTreeMap::<_, BTreeSet<i32>>::new();
    for (day, hours) in places {
        days.entry(hours).or_default().insert(day);
    }
    days
}

type Read<K, C> = HashMap<K, BTreeMap<C, Count>>;

/// What has been read of a place.
fn taken<K: Eq + Hash, C: Ord, A: FromIterator<(C, Count)>>(read: &mut Read<K, C>, asked: &K, hours: DayHours) -> A {
    let known = |count: Count| if hours == ALL_DAY { count } else { count.of_hours() };
    read.remove(asked).into_iter().flatten().map(|(of, count)| (of, known(count))).collect()
}

async fn read(
    store: &Store,
    scope: Option<i32>,
    places: &[(Kind, Place, Version)],
) -> Result<Read<(Dimension, Place), (i32, i32)>> {
    // What is read beyond the places does no harm.
    let dimensions: BTreeSet<i16> = places.iter().map(|((dimension, _), ..)| dimension.number()).collect();
    let scope = scope.map(|scope| format!(" AND scope = {scope}")).unwrap_or_default();
    let mut found = Read::new();
    for (hours, days) in by_hours(places.iter().map(|(_, place, _)| *place)) {
        let sql = format!(
            "SELECT dimension, day, {} FROM tally_day WHERE dimension IN ({}) AND day IN ({}){scope} GROUP BY dimension, day",
            together(store, &["scope", "key", &tally::records_in(hours), "purged"]),
            joined(&dimensions),
            joined(&days)
        );
        for row in rows(store.reader(), &sql).await? {
            let Some(dimension) = Dimension::from_number(row.try_get_by_index(0)?) else { continue };
            let counts = found.entry((dimension, (row.try_get_by_index(1)?, hours))).or_default();
            let text: Option<String> = row.try_get_by_index(2)?;
            for [scope, key, records, purged] in numbers(text.as_deref()) {
                // The first two are columns of 32 bits.
                let of_shards = counts.entry((scope as i32, key as i32)).or_default();
                of_shards.merge(Count { records, purged });
            }
        }
    }
    Ok(found)
}

/// Crashes of a system's builds in the days and hours of a range together, builds with their stacks; nothing where those are
/// not kept, as for [`counts`].
pub(super) async fn crashes(
    store: &Store,
    (system, builds): (i32, &[i32]),
    covered: &Covered,
) -> Result<Option<Vec<(i32, OfStacks)>>> {
    let (first, end) = covered.days;
    if store.has_replica().is_some() || end.saturating_sub(first) > MOST_DAYS_OF_BUILDS {
        return Ok(None);
    }
    let cache = &store.inner.days;
    // Read before the counts, which so are never older than their version.
    let versions = versions_of_builds(store, system, covered).await?;
    let builds: HashSet<i32> = builds.iter().copied().collect();
    let (mut found, mut stale) = (Vec::new(), Vec::new());
    for (build, versions) in versions.into_iter().filter(|(build, _)| builds.contains(build)) {
        match cache.sums.get(&(build, covered.clone()), &versions) {
            Some(counts) => found.push((build, counts)),
            None => stale.push((build, versions)),
        }
    }
    let mut sums = add_up(store, &stale).await?;
    for (build, versions) in stale {
        let counts: OfStacks = sums.remove(&build).into_iter().flatten().collect();
        let room = counts.len() + OF_AN_ANSWER + versions.len();
        cache.sums.keep((build, covered.clone()), versions, Arc::clone(&counts), room);
        found.push((build, counts));
    }
    Ok(Some(found))
}

/// Crashes of some builds on all of the days of each.
async fn add_up(store: &Store, builds: &[(i32, Vec<(Place, Version)>)]) -> Result<HashMap<i32, HashMap<i32, Count>>> {
    let cache = &store.inner.days.crashes;
    let (mut found, mut stale) = (Vec::new(), Vec::new());
    for (build, versions) in builds {
        for (place, version) in versions {
            match cache.get(&(*build, *place), version) {
                Some(counts) => found.push((*build, counts)),
                None => stale.push((*build, *place, *version)),
            }
        }
    }
    let mut read = read_crashes(store, &stale).await?;
    for (build, place, version) in stale {
        let counts: OfStacks = taken(&mut read, &(build, place), place.1);
        cache.keep((build, place), version, Arc::clone(&counts), counts.len() + OF_AN_ANSWER);
        found.push((build, counts));
    }
    let mut sums = HashMap::<i32, HashMap<i32, Count>>::new();
    for (build, counts) in found {
        let of_build = sums.entry(build).or_default();
        counts.iter().for_each(|(stack, counted)| of_build.entry(*stack).or_default().merge(*counted));
    }
    Ok(sums)
}

/// The versions of the days of a system's builds that have any records, by build, days ascending.
async fn versions_of_builds(
    store: &Store,
    system: i32,
    covered: &Covered,
) -> Result<HashMap<i32, Vec<(Place, Version)>>> {
    let sql = format!(
        "SELECT {}, {} FROM tally_day WHERE dimension = {} AND {} AND scope IN ({system}, {OTHER})",
        together(store, &["day", "key", "records", "purged"]),
        Rewritten::columns(store),
        Dimension::Build.number(),
        tally::condition(covered.span())
    );
    let mut versions = HashMap::<i32, BTreeMap<Place, Version>>::new();
    for row in rows(store.reader(), &sql).await? {
        let (text, rewritten): (Option<String>, _) = (row.try_get_by_index(0)?, Rewritten::read(&row, 1)?);
        for [day, build, records, purged] in numbers(text.as_deref()) {
            // The first two are columns of 32 bits.
            let Some(of_day) = covered.on(day as i32) else { continue };
            let of_place = versions.entry(build as i32).or_default().entry((day as i32, of_day));
            let version = of_place.or_insert(Version { rewritten, all_records: Count::default() });
            version.all_records.merge(Count { records, purged });
        }
    }
    Ok(versions.into_iter().map(|(build, versions)| (build, versions.into_iter().collect())).collect())
}

async fn read_crashes(store: &Store, places: &[(i32, Place, Version)]) -> Result<Read<(i32, Place), i32>> {
    // Mostly all builds of one day, or one of all; what is read beyond that does no harm.
    let builds: BTreeSet<i32> = places.iter().map(|(build, ..)| *build).collect();
    let builds: Vec<i32> = builds.into_iter().collect();
    let mut statements = Vec::new();
    for (hours, days) in by_hours(places.iter().map(|(_, place, _)| *place)) {
        let counts = together(store, &["key", &tally::records_in(hours), "purged"]);
        for builds in builds.chunks(builds.len().div_ceil(AT_ONCE)) {
            let sql = format!(
                "SELECT day, scope, {counts} FROM tally_day WHERE dimension = {} AND day IN ({}) AND scope IN ({}) \
                 GROUP BY day, scope",
                Dimension::Crash.number(),
                joined(&days),
                joined(builds)
            );
            statements.push((hours, sql));
        }
    }
    let read = statements.iter().map(async |(hours, sql)| Ok::<_, Error>((*hours, rows(store.reader(), sql).await?)));
    let mut found = Read::new();
    for (hours, rows) in try_join_all(read).await? {
        for row in rows {
            let place = (row.try_get_by_index(0)?, hours);
            let counts: &mut BTreeMap<i32, Count> = found.entry((row.try_get_by_index(1)?, place)).or_default();
            let text: Option<String> = row.try_get_by_index(2)?;
            for [stack, records, purged] in numbers(text.as_deref()) {
                // A column of 32 bits.
                counts.entry(stack as i32).or_default().merge(Count { records, purged });
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_had_no_room_is_not_tried_again() {
        let cache = Cache::default();
        let kinds = [(Dimension::Kernel, None), (Dimension::Severity, None)];
        assert!(!cache.are_too_many(&kinds, 30) && cache.are_too_many(&kinds, MOST_DAYS + 1));
        cache.were_too_many(kinds[..1].iter(), 30);
        assert!(cache.are_too_many(&kinds, 30) && !cache.are_too_many(&kinds, 29));
        assert!(!cache.are_too_many(&kinds[1..], 30) && !cache.are_too_many(&[(Dimension::Kernel, Some(1))], 30));
    }
}
