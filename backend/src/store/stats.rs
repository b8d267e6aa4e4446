//! Records by each of their properties.

use telemetrics_common::facets::SeverityCount;
use telemetrics_common::stats::{GetStats, Stats};

use super::counters::{Count, Dimension, catch_up};
use super::names::{by_size, by_text, count, purged, summed, total};
use super::range::Range;
use super::tally::{self, Wanted};
use super::{Store, systems};
use crate::error::Result;

/// Records of a range by classification, platform and more.
///
/// # Errors
/// The database's.
pub async fn stats(store: &Store, call: GetStats) -> Result<Stats> {
    catch_up(store).await?;
    let Some(scope) = systems::scope(store, call.system.as_deref()).await? else { return Ok(Stats::default()) };
    let dimensions = &[Dimension::Classification, Dimension::Platform, Dimension::Severity, Dimension::Kernel];
    let sums = tally::sums(store, Wanted { dimensions, scope, range: Range::new(call.from, call.to) }).await?;
    let dictionaries = store.dictionaries();
    let severities = summed(&sums, Dimension::Severity, |tally| Ok(u8::try_from(tally.key).unwrap_or_default()))?;
    dictionaries.system.load(store.reader(), sums.keys().map(|tally| tally.scope)).await?;
    let by_system = summed(&sums, Dimension::Severity, |tally| dictionaries.system.name(tally.scope))?;
    let by_text = async |dimension, texts| by_text(store, &sums, dimension, texts).await.map(by_size);
    Ok(Stats {
        records: total(&sums, Dimension::Severity),
        purged: purged(&sums, Dimension::Severity),
        classifications: by_text(Dimension::Classification, (&dictionaries.classification, 0)).await?,
        platforms: by_text(Dimension::Platform, (&dictionaries.platform, 0)).await?,
        severities: severities.into_iter().map(severity_count).collect(),
        arches: by_text(Dimension::Kernel, (&dictionaries.kernel, 1)).await?,
        kernels: by_text(Dimension::Kernel, (&dictionaries.kernel, 0)).await?,
        systems: by_size(by_system),
    })
}

fn severity_count((severity, counted): (u8, Count)) -> SeverityCount {
    SeverityCount { severity, records: count(counted.records), purged: count(counted.purged) }
}
