//! The table of boots: the only place that names its columns.

use std::collections::BTreeMap;

use boot_time_common::{BootTimes, BuildBoots, GetBootTimes, SecondBoots};
use telemetrics_backend::Result;
use telemetrics_backend::extension::{HookTransaction, Value};
use telemetrics_backend::store::Store;
use telemetrics_common::builds::sort_by_build;

const SECONDS_OF_DAY: i64 = 86_400;

/// What tells the table's rows apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key<'a> {
    pub(crate) system: &'a str,
    /// Since 1970, UTC.
    pub(crate) day: i64,
    pub(crate) build: &'a str,
    pub(crate) seconds: u32,
}

/// Adds boots to a row.
pub(crate) async fn add(
    transaction: &mut HookTransaction<'_>,
    Key { system, day, build, seconds }: Key<'_>,
    boots: i64,
    millis: i64,
) -> Result<()> {
    let sql = "INSERT INTO boot_time_day (system_name, day, build, seconds, boots, millis) VALUES (?, ?, ?, ?, ?, ?) \
               ON CONFLICT (system_name, day, build, seconds) DO UPDATE SET \
               boots = boot_time_day.boots + excluded.boots, millis = boot_time_day.millis + excluded.millis";
    let key = [system.into(), day.into(), build.into(), i64::from(seconds).into()];
    transaction.execute(sql, key.into_iter().chain([boots.into(), millis.into()])).await?;
    Ok(())
}

/// What the view shows.
pub(crate) async fn boot_times(store: &Store, call: GetBootTimes) -> Result<BootTimes> {
    let day = |seconds: i64| seconds.div_euclid(SECONDS_OF_DAY);
    let values: [Value; 5] = [
        call.system.clone().into(),
        call.system.into(),
        call.from.map_or(i64::MIN, |from| day(from.seconds())).into(),
        call.to.map_or(i64::MAX, |to| day(to.seconds() - 1)).into(),
        i64::from(call.at_least.unwrap_or(0)).into(),
    ];
    let sql = "SELECT build, seconds, CAST(SUM(boots) AS BIGINT), CAST(SUM(millis) AS BIGINT) FROM boot_time_day \
               WHERE (CAST(? AS TEXT) IS NULL OR system_name = ?) AND day >= ? AND day <= ? AND seconds >= ? GROUP BY build, seconds";
    let (mut builds, mut seconds) = (BTreeMap::<String, (u64, u64)>::new(), BTreeMap::<u32, u64>::new());
    for row in store.query(sql, values).await? {
        let (build, second): (String, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let (boots, millis): (i64, i64) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        let (boots, millis) = (boots.unsigned_abs(), millis.unsigned_abs());
        let of_build = builds.entry(build).or_default();
        *of_build = (of_build.0 + boots, of_build.1 + millis);
        *seconds.entry(u32::try_from(second).unwrap_or(u32::MAX)).or_default() += boots;
    }
    let of_build = |(build, (boots, millis))| BuildBoots { build, boots, mean_ms: millis / boots.max(1) };
    let mut builds: Vec<BuildBoots> = builds.into_iter().map(of_build).collect();
    sort_by_build(&mut builds, |build| &build.build);
    let seconds = seconds.into_iter().map(|(seconds, boots)| SecondBoots { seconds, boots }).collect();
    Ok(BootTimes { builds, seconds })
}
