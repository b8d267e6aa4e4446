//! Thermal events per week, and the platforms they come from.

use std::collections::BTreeMap;

use telemetrics_common::Timestamp;
use telemetrics_common::thermal::{GetThermal, Thermal, WEEKS, Week};
use telemetrics_common::time::IsoWeek;

use super::counters::{Count, Dimension, Tally, catch_up, day_start};
use super::names::{by_size, by_text, count, purged};
use super::range::Range;
use super::tally::{self, Wanted};
use super::{Store, systems};
use crate::error::Result;

/// This week and those before.
///
/// # Errors
/// The database's.
pub async fn thermal(store: &Store, call: GetThermal, now: Timestamp) -> Result<Thermal> {
    catch_up(store).await?;
    let Some(scope) = systems::scope(store, call.system.as_deref()).await? else { return Ok(Thermal::default()) };
    let this_week = IsoWeek::of(now);
    let first = this_week.plus(1 - i64::from(WEEKS));
    let range = Range::new(Some(first.start()), Some(this_week.plus(1).start()));
    let days = tally::daily(store, Wanted { dimensions: &[Dimension::ThermalPlatform], scope, range }).await?;
    let (mut weeks, mut sums) = (BTreeMap::<IsoWeek, Count>::new(), BTreeMap::<Tally, Count>::new());
    for (of_day, counted) in &days {
        weeks.entry(IsoWeek::of(day_start(of_day.day))).or_default().merge(*counted);
        sums.entry(of_day.tally()).or_default().merge(*counted);
    }
    let platforms = by_text(store, &sums, Dimension::ThermalPlatform, (&store.dictionaries().platform, 0)).await?;
    Ok(Thermal {
        purged: purged(&sums, Dimension::ThermalPlatform),
        weeks: weeks.into_iter().map(week).collect(),
        platforms: by_size(platforms),
    })
}

fn week((week, counted): (IsoWeek, Count)) -> Week {
    Week { week: week.to_string(), records: count(counted.records), purged: count(counted.purged) }
}
