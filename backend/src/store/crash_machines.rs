//! Distinct machines of guilties. What they are is in pages to which only crashes add, so a count holds until there is another
//! crash, or somebody has been erased.

use std::collections::HashMap;

use super::Store;
use super::counters::{Dimension, Rewritten};
use super::crash_pages::{self, Numbers};
use super::kept::Kept;
use super::sql::{joined, numbers, rows, together};
use super::stacks::Guilties;
use crate::error::Result;
use crate::key::{self, Key};

/// The most counts that are kept.
const MOST_COUNTS: usize = 20_000;

/// A guilty and a hash of the builds in which its machines are counted.
type Of = (i32, Key);

/// What a count was made from. The stacks are those that a version of the rules gives to the guilty, which only become more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Origin {
    rules: i32,
    rewritten: Rewritten,
    crashes: i64,
}

/// What has been counted.
pub(super) struct Cache(Kept<Of, Origin, u64>);

impl Default for Cache {
    fn default() -> Self {
        Self(Kept::new(MOST_COUNTS))
    }
}

/// Distinct machines by guilty in some builds, of all guilties that some stacks have by a version of the rules.
pub(super) async fn of_guilties(
    store: &Store,
    rules: i32,
    stacks: &Guilties,
    builds: &[i32],
) -> Result<HashMap<i32, u64>> {
    // Of a replica it is not known whether the next answer is older than the one before.
    if store.has_replica().is_some() {
        return count(store, stacks, builds).await;
    }
    let Cache(cache) = &store.inner.crash_machines;
    let hash = hash(builds);
    let (mut found, mut stale) = (HashMap::new(), HashMap::new());
    // Read before the pages, which so are never older.
    for (guilty, (rewritten, crashes)) in crashes(store, stacks).await? {
        let (of, origin) = ((guilty, hash), Origin { rules, rewritten, crashes });
        match cache.get(&of, &origin) {
            Some(machines) => drop(found.insert(guilty, machines)),
            None => drop(stale.insert(guilty, (of, origin))),
        }
    }
    let of_stale = stacks.iter().filter(|(_, guilty)| stale.contains_key(guilty));
    let mut counted = count(store, &of_stale.map(|(stack, guilty)| (*stack, *guilty)).collect(), builds).await?;
    for (guilty, (of, origin)) in stale {
        let machines = counted.remove(&guilty).unwrap_or(0);
        cache.keep(of, origin, machines, 1);
        found.insert(guilty, machines);
    }
    Ok(found)
}

fn hash(builds: &[i32]) -> Key {
    let mut sorted = builds.to_vec();
    sorted.sort_unstable();
    let bytes: Vec<u8> = sorted.into_iter().flat_map(i32::to_be_bytes).collect();
    key::of(&bytes)
}

/// How many crashes each guilty has had: with each, but with no other change, machines may be added to its pages.
async fn crashes(store: &Store, stacks: &Guilties) -> Result<HashMap<i32, (Rewritten, i64)>> {
    let mut crashes = HashMap::<i32, (Rewritten, i64)>::new();
    if stacks.is_empty() {
        return Ok(crashes);
    }
    let sql = format!(
        "SELECT {}, {} FROM tally_total WHERE dimension = {} AND scope IN ({})",
        together(store, &["scope", "records"]),
        Rewritten::columns(store),
        Dimension::CrashProgram.number(),
        joined(stacks.keys())
    );
    for row in rows(store.reader(), &sql).await? {
        let (text, rewritten): (Option<String>, _) = (row.try_get_by_index(0)?, Rewritten::read(&row, 1)?);
        for [stack, records] in numbers(text.as_deref()) {
            let guilty = i32::try_from(stack).ok().and_then(|stack| stacks.get(&stack));
            guilty.into_iter().for_each(|guilty| crashes.entry(*guilty).or_insert((rewritten, 0)).1 += records);
        }
    }
    Ok(crashes)
}

/// Counts by a look at the pages.
async fn count(store: &Store, stacks: &Guilties, builds: &[i32]) -> Result<HashMap<i32, u64>> {
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
