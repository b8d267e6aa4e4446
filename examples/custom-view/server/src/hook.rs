//! Counts boots as their records come in. The number of its rows must not depend on what machines make up.

use std::collections::{BTreeMap, BTreeSet};

use boot_time_common::{CLASSIFICATION, OTHER, boot_ms};
use telemetrics_backend::Result;
use telemetrics_backend::extension::{Arrival, HookTransaction, IngestHook, async_trait};
use telemetrics_common::classification::Pattern;

use crate::store::{self, Key, Sum};

/// Longer boots than these count as this long.
const MAX_SECONDS: u32 = 600;
const SECONDS_OF_DAY: i64 = 86_400;
/// A record may have waited so long on its machine; a clock that shows an earlier day is wrong.
const MAX_WAIT: i64 = 365 * SECONDS_OF_DAY;

pub(crate) struct CountBoots {
    pub(crate) max_builds: u32,
}

#[async_trait]
impl IngestHook for CountBoots {
    fn classifications(&self) -> Pattern {
        Pattern::Exact(CLASSIFICATION.to_owned())
    }

    async fn stored(&self, transaction: &mut HookTransaction<'_>, arrivals: &[Arrival<'_>]) -> Result<()> {
        let sums = sums(arrivals);
        let builds: BTreeSet<(&str, &str)> = sums.keys().map(|key| (key.system, key.build)).collect();
        for (system, build) in builds {
            store::make_room(transaction, system, build, self.max_builds).await?;
        }
        let mut others = BTreeMap::<Key<'_>, Sum>::new();
        // In the order of their keys, the others behind: several servers on one database then wait for each other's rows,
        // and not in a ring.
        for (key, sum) in sums {
            if !store::add(transaction, key, sum).await? {
                others.entry(key.of_others()).or_default().add(sum);
            }
        }
        if !others.is_empty() {
            store::make_room(transaction, OTHER, OTHER, u32::MAX).await?;
        }
        for (key, sum) in others {
            store::add(transaction, key, sum).await?;
        }
        Ok(())
    }
}

/// The rows of a batch with what they grow by. A payload that says nothing is passed over.
fn sums<'a>(arrivals: &[Arrival<'a>]) -> BTreeMap<Key<'a>, Sum> {
    let mut sums = BTreeMap::<Key<'a>, Sum>::new();
    for arrival in arrivals {
        let Some(millis) = boot_ms(&arrival.record.payload) else { continue };
        let key = Key {
            system: &arrival.record.system_name,
            day: day(arrival),
            build: &arrival.record.build,
            seconds: (millis / 1000).min(MAX_SECONDS),
        };
        sums.entry(key).or_default().add(Sum { boots: 1, millis: i64::from(millis.min(MAX_SECONDS * 1000)) });
    }
    sums
}

/// The day by the machine's clock; where that is wrong, the day on which the record came.
fn day(arrival: &Arrival<'_>) -> i64 {
    let (captured, received) = (arrival.record.captured_at.seconds(), arrival.received_at.seconds());
    let is_right = (received - MAX_WAIT..=received + SECONDS_OF_DAY).contains(&captured);
    let seconds = if is_right { captured } else { received };
    seconds.div_euclid(SECONDS_OF_DAY)
}
