//! Distinct machines of guilties. What they are is in pages that only grow, so a count holds until they have grown, or somebody
//! has been erased.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use super::Store;
use super::counters::{Rewritten, rewritten};
use super::crash_pages::{self, Numbers};
use super::sql::{joined, rows};
use crate::error::Result;

/// The most counts that are kept.
const MOST_COUNTS: usize = 10_000;

/// A guilty and a hash of the builds in which its machines are counted.
type Of = (i32, Builds);
type Builds = [u8; 16];

/// What a count was made from. The stacks are those that a version of the rules gives to the guilty, which only become more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Origin {
    rules: i32,
    rewritten: Rewritten,
    bytes: i64,
}

/// What has been counted.
#[derive(Default)]
pub(super) struct Cache(RwLock<HashMap<Of, (Origin, u64)>>);

impl Cache {
    // A panic while the lock is held leaves the map whole.
    fn get(&self, of: Of, origin: Origin) -> Option<u64> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(&of).filter(|(known, _)| *known == origin).map(|(_, machines)| *machines)
    }

    fn keep(&self, of: Of, origin: Origin, machines: u64) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_COUNTS {
            kept.clear();
        }
        kept.insert(of, (origin, machines));
    }
}

/// Distinct machines by guilty in some builds, of all guilties that some stacks have by a version of the rules.
pub(super) async fn of_guilties(
    store: &Store,
    rules: i32,
    stacks: &HashMap<i32, i32>,
    builds: &[i32],
) -> Result<HashMap<i32, u64>> {
    let cache = &store.inner.crash_machines;
    let hash = hash(builds);
    // Both are read before the pages, which so are never older.
    let rewritten = rewritten(store).await?;
    let sizes = sizes(store, stacks).await?;
    // Of a replica it is not known whether the next answer is older than the one before.
    let keeps = store.has_replica().is_none();
    let (mut found, mut stale) = (HashMap::new(), HashMap::new());
    for (guilty, bytes) in sizes {
        let (of, origin) = ((guilty, hash), Origin { rules, rewritten, bytes });
        match cache.get(of, origin).filter(|_| keeps) {
            Some(machines) => drop(found.insert(guilty, machines)),
            None => drop(stale.insert(guilty, (of, origin))),
        }
    }
    let of_stale = stacks.iter().filter(|(_, guilty)| stale.contains_key(guilty));
    let mut counted = count(store, &of_stale.map(|(stack, guilty)| (*stack, *guilty)).collect(), builds).await?;
    for (guilty, (of, origin)) in stale {
        let machines = counted.remove(&guilty).unwrap_or(0);
        if keeps {
            cache.keep(of, origin, machines);
        }
        found.insert(guilty, machines);
    }
    Ok(found)
}

fn hash(builds: &[i32]) -> Builds {
    let mut sorted = builds.to_vec();
    sorted.sort_unstable();
    let mut hash = Builds::default();
    let mut hasher = blake3::Hasher::new();
    for build in sorted {
        hasher.update(&build.to_be_bytes());
    }
    hasher.finalize_xof().fill(&mut hash);
    hash
}

/// How many bytes the pages of each guilty have.
async fn sizes(store: &Store, stacks: &HashMap<i32, i32>) -> Result<HashMap<i32, i64>> {
    let mut sizes = HashMap::<i32, i64>::new();
    if stacks.is_empty() {
        return Ok(sizes);
    }
    // As one text, since each row of an answer costs more than many numbers.
    let sql = format!(
        "SELECT {}(stack_id || ' ' || bytes, ' ') FROM (SELECT stack_id, SUM(length(machines)) AS bytes FROM crash_page \
         WHERE stack_id IN ({}) GROUP BY stack_id) AS pages",
        store.joining_texts(),
        joined(stacks.keys())
    );
    for row in rows(store.reader(), &sql).await? {
        let text: Option<String> = row.try_get_by_index(0)?;
        let numbers = text.iter().flat_map(|text| text.split(' ')).filter_map(|number| number.parse().ok());
        for [stack, bytes] in numbers.collect::<Vec<i64>>().as_chunks::<2>().0 {
            let guilty = i32::try_from(*stack).ok().and_then(|stack| stacks.get(&stack));
            guilty.into_iter().for_each(|guilty| *sizes.entry(*guilty).or_default() += bytes);
        }
    }
    Ok(sizes)
}

/// Counts by a look at the pages.
async fn count(store: &Store, stacks: &HashMap<i32, i32>, builds: &[i32]) -> Result<HashMap<i32, u64>> {
    let ids: Vec<i32> = stacks.keys().copied().collect();
    let number = |build: i32| u64::from(build.cast_unsigned());
    let builds: Numbers = builds.iter().map(|build| number(*build)).collect();
    let mut machines = HashMap::<i32, Vec<u64>>::new();
    for (stack, page) in crash_pages::pages(store, &ids).await? {
        let Some(guilty) = stacks.get(&stack) else { continue };
        let in_builds = crash_pages::entries(&page).filter(|(build, _)| builds.contains(&number(*build)));
        machines.entry(*guilty).or_default().extend(in_builds.map(|(_, machine)| machine));
    }
    Ok(machines.into_iter().map(|(guilty, machines)| (guilty, crash_pages::distinct(&machines))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_known_by_what_it_was_made_from() {
        let cache = Cache::default();
        let origin = |bytes| Origin { rules: 1, rewritten: Rewritten::default(), bytes };
        let both = hash(&[1, 2]);
        cache.keep((7, both), origin(24), 2);
        assert_eq!(cache.get((7, hash(&[2, 1])), origin(24)), Some(2));
        for (of, origin) in [
            ((7, hash(&[1])), origin(24)),
            ((8, both), origin(24)),
            ((7, both), origin(36)),
            ((7, both), Origin { rules: 2, ..origin(24) }),
        ] {
            assert_eq!(cache.get(of, origin), None, "{of:?}");
        }
    }
}
