//! The tables of boots: the only place that names their columns.

use std::collections::BTreeMap;

use boot_time_common::{BootTime, BuildBoots, GetBootTime, OTHER, SecondBoots};
use telemetrics_backend::extension::{HookTransaction, Value};
use telemetrics_backend::{Result, Store};
use telemetrics_common::builds::sort_by_build;

const SECONDS_OF_DAY: i64 = 86_400;

/// What tells the counters apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key<'a> {
    pub(crate) system: &'a str,
    /// Since 1970, UTC.
    pub(crate) day: i64,
    pub(crate) build: &'a str,
    pub(crate) seconds: u32,
}

impl Key<'_> {
    /// The counter for builds that there is no room for.
    pub(crate) fn of_others(self) -> Self {
        Self { system: OTHER, build: OTHER, ..self }
    }
}

/// What a counter grows by.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sum {
    pub(crate) boots: i64,
    pub(crate) millis: i64,
}

impl Sum {
    pub(crate) fn add(&mut self, more: Self) {
        self.boots += more.boots;
        self.millis += more.millis;
    }
}

/// Lets a build be counted apart, while there are fewer than the most.
pub(crate) async fn make_room(
    transaction: &mut HookTransaction<'_>,
    system: &str,
    build: &str,
    max_builds: u32,
) -> Result<()> {
    let sql = "INSERT INTO boot_time_build (system_name, build) SELECT ?, ? \
               WHERE (SELECT COUNT(*) FROM boot_time_build) < ? ON CONFLICT (system_name, build) DO NOTHING";
    let values: [Value; 3] = [system.into(), build.into(), i64::from(max_builds).into()];
    transaction.execute(sql, values).await?;
    Ok(())
}

/// Adds to a counter, and says whether its build is counted apart at all.
pub(crate) async fn add(
    transaction: &mut HookTransaction<'_>,
    Key { system, day, build, seconds }: Key<'_>,
    Sum { boots, millis }: Sum,
) -> Result<bool> {
    let sql = "INSERT INTO boot_time_day (system_name, day, build, seconds, boots, millis) \
               SELECT system_name, ?, build, ?, ?, ? FROM boot_time_build WHERE system_name = ? AND build = ? \
               ON CONFLICT (system_name, day, build, seconds) DO UPDATE SET \
               boots = boot_time_day.boots + excluded.boots, millis = boot_time_day.millis + excluded.millis";
    let values: [Value; 6] =
        [day.into(), i64::from(seconds).into(), boots.into(), millis.into(), system.into(), build.into()];
    Ok(transaction.execute(sql, values).await? > 0)
}

/// What the view shows.
pub(crate) async fn boot_time(store: &Store, call: GetBootTime) -> Result<BootTime> {
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
    Ok(BootTime { builds, seconds })
}
