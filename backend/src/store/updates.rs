//! Updates from version to version.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use telemetrics_common::Timestamp;
use telemetrics_common::builds::compare_versions;
use telemetrics_common::updates::{DEFAULT_DAYS, GetUpdates, Transition, Updates};

use super::counters::{Dimension, catch_up};
use super::names::{count, load, purged};
use super::range::Range;
use super::tally::{self, Wanted};
use super::{Store, systems};
use crate::error::{Error, Result};

/// Succeeded and failed updates, and how long they took.
///
/// # Errors
/// `BadRequest` for days beside a range, and the database's.
pub async fn updates(store: &Store, call: GetUpdates, now: Timestamp) -> Result<Updates> {
    catch_up(store).await?;
    let range = match (call.days, call.from.or(call.to)) {
        (Some(_), Some(_)) => return Err(Error::BadRequest("days: not beside from or to".to_owned())),
        (None, Some(_)) => Range::new(call.from, call.to),
        (days, None) => Range::last_days(now, days.unwrap_or(DEFAULT_DAYS)),
    };
    let Some(scope) = systems::scope(store, call.system.as_deref()).await? else { return Ok(Updates::default()) };
    let dimensions =
        &[Dimension::UpdateSucceeded, Dimension::UpdateFailed, Dimension::UpdateTimed, Dimension::UpdateMillis];
    let sums = tally::sums(store, Wanted { dimensions, scope, range }).await?;
    let dictionary = &store.dictionaries().transition;
    for dimension in dimensions {
        load(store, sums.keys(), *dimension, dictionary).await?;
    }
    let mut found = BTreeMap::<i32, Found>::new();
    for (tally, counted) in &sums {
        let found = found.entry(tally.key).or_default();
        let sum = match tally.dimension {
            Dimension::UpdateSucceeded => &mut found.succeeded,
            Dimension::UpdateFailed => &mut found.failed,
            Dimension::UpdateTimed => &mut found.timed,
            _ => &mut found.millis,
        };
        *sum += count(counted.records);
        if matches!(tally.dimension, Dimension::UpdateSucceeded | Dimension::UpdateFailed) {
            found.purged += count(counted.purged);
        }
    }
    let mut transitions = Vec::with_capacity(found.len());
    for (id, found) in found {
        let versions = dictionary.texts(id)?;
        let version = |column: usize| versions.get(column).cloned().unwrap_or_default();
        transitions.push(Transition {
            from: version(0),
            to: version(1),
            succeeded: found.succeeded,
            failed: found.failed,
            purged: found.purged,
            mean_seconds: found.mean_seconds(),
        });
    }
    transitions.sort_by(|a, b| {
        let order = |transition: &Transition| Reverse(transition.succeeded + transition.failed);
        let by_size = order(a).cmp(&order(b));
        by_size.then_with(|| compare_versions(&a.from, &b.from)).then_with(|| compare_versions(&a.to, &b.to))
    });
    let purged = purged(&sums, Dimension::UpdateSucceeded) + purged(&sums, Dimension::UpdateFailed);
    Ok(Updates { purged, transitions })
}

#[derive(Default)]
struct Found {
    succeeded: u64,
    failed: u64,
    purged: u64,
    timed: u64,
    millis: u64,
}

impl Found {
    fn mean_seconds(&self) -> Option<f64> {
        (self.timed > 0).then(|| self.millis as f64 / self.timed as f64 / 1000.0)
    }
}
