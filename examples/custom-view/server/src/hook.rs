//! Counts boots as their records come in.

use std::collections::BTreeMap;

use boot_time_common::{CLASSIFICATION, userspace_ms};
use telemetrics_backend::Result;
use telemetrics_backend::extension::{Arrival, HookTransaction, IngestHook, async_trait};
use telemetrics_common::classification::Pattern;

use crate::store::{self, Key};

/// Longer boots than these count as this long: the number of rows must not depend on what machines make up.
const MAX_SECONDS: u32 = 600;
const SECONDS_OF_DAY: i64 = 86_400;

pub(crate) struct CountBoots;

#[async_trait]
impl IngestHook for CountBoots {
    fn classifications(&self) -> Pattern {
        Pattern::Exact(CLASSIFICATION.to_owned())
    }

    async fn stored(&self, transaction: &mut HookTransaction<'_>, arrivals: &[Arrival<'_>]) -> Result<()> {
        // In the order of their keys: several servers on one database then wait for each other's rows, and not in a ring.
        for (key, (boots, millis)) in sums(arrivals) {
            store::add(transaction, key, boots, millis).await?;
        }
        Ok(())
    }
}

/// The rows of a batch with the boots and the milliseconds that they grow by. A payload that says nothing is passed over.
fn sums<'a>(arrivals: &[Arrival<'a>]) -> BTreeMap<Key<'a>, (i64, i64)> {
    let mut sums = BTreeMap::new();
    for Arrival { record, .. } in arrivals {
        let Some(millis) = userspace_ms(&record.payload) else { continue };
        let key = Key {
            system: &record.system_name,
            day: record.captured_at.seconds().div_euclid(SECONDS_OF_DAY),
            build: &record.build,
            seconds: (millis / 1000).min(MAX_SECONDS),
        };
        let (boots, sum) = sums.entry(key).or_insert((0, 0));
        *boots += 1;
        *sum += i64::from(millis.min(MAX_SECONDS * 1000));
    }
    sums
}
