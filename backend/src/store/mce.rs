//! Machine checks of a year.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, Value};
use telemetrics_common::Timestamp;
use telemetrics_common::mce::{DEFAULT_TOP, GetMce, MAX_TOP, MachineCount, Mce, StatusCount, WeekCount};
use telemetrics_common::time::IsoWeek;

use super::counters::{ALL_SYSTEMS, Count, Dimension, Tally, TallyDay, catch_up, day_start};
use super::names::{by_build, by_size, by_text, count, purged};
use super::range::Range;
use super::sql::{rows, with_values};
use super::tally::{self, Wanted};
use super::{Store, systems};
use crate::error::{Error, Result};

/// Years that a calendar with ISO weeks has here.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9998;

/// Machine checks by week, classification, build, status and machine.
///
/// # Errors
/// `BadRequest` for a year or a number of machines out of bounds, and the database's.
pub async fn mce(store: &Store, call: GetMce, now: Timestamp) -> Result<Mce> {
    catch_up(store).await?;
    let year = call.year.unwrap_or_else(|| IsoWeek::of(now).year());
    if !YEARS.contains(&year) {
        return Err(Error::BadRequest(format!("year: must be {} to {}", YEARS.start(), YEARS.end())));
    }
    let top = call.top.unwrap_or(DEFAULT_TOP);
    if !(1..=MAX_TOP).contains(&top) {
        return Err(Error::BadRequest(format!("top: must be 1 to {MAX_TOP}")));
    }
    let Some(scope) = systems::scope(store, call.system.as_deref()).await? else {
        return Ok(Mce { year, ..Mce::default() });
    };
    let Found { years, weeks, sums } = found(store, scope, year).await?;
    let dictionaries = store.dictionaries();
    let by_text = async |dimension, texts| by_text(store, &sums, dimension, texts).await;
    let statuses = by_size(by_text(Dimension::MceStatus, (&dictionaries.mce_status, 0)).await?);
    Ok(Mce {
        year,
        years: years.into_iter().collect(),
        purged: purged(&sums, Dimension::MceBuild),
        weeks: named_weeks(store, weeks).await?,
        classifications: by_size(by_text(Dimension::MceClassification, (&dictionaries.classification, 0)).await?),
        builds: by_build(by_text(Dimension::MceBuild, (&dictionaries.build, 1)).await?),
        statuses: statuses
            .into_iter()
            .map(|found| StatusCount { status: found.name, records: found.records, purged: found.purged })
            .collect(),
        machines: machines(store, scope, year, top).await?,
    })
}

/// The years that have any, and what one of them has.
#[derive(Default)]
struct Found {
    years: BTreeSet<i32>,
    /// By classification.
    weeks: BTreeMap<(IsoWeek, i32), Count>,
    sums: BTreeMap<Tally, Count>,
}

async fn found(store: &Store, scope: Option<i32>, year: i32) -> Result<Found> {
    let mut found = Found::default();
    let of_all_time = Wanted { dimensions: &[Dimension::MceClassification], scope, range: Range::ALL };
    for of_day in tally::daily(store, of_all_time).await?.keys() {
        found.years.insert(IsoWeek::of(day_start(of_day.day)).year());
    }
    let dimensions = &[Dimension::MceClassification, Dimension::MceBuild, Dimension::MceStatus];
    let range = Range::new(Some(IsoWeek::first_of(year).start()), Some(IsoWeek::first_of(year + 1).start()));
    let add = |of_day: TallyDay, counted: Count| {
        found.sums.entry(of_day.tally()).or_default().merge(counted);
        if of_day.dimension == Dimension::MceClassification {
            let week = IsoWeek::of(day_start(of_day.day));
            found.weeks.entry((week, of_day.key)).or_default().merge(counted);
        }
    };
    tally::each(store, Wanted { dimensions, scope, range }, None, add).await?;
    found.sums.retain(|_, counted| counted.records != 0);
    found.weeks.retain(|_, counted| counted.records != 0);
    Ok(found)
}

async fn named_weeks(store: &Store, weeks: BTreeMap<(IsoWeek, i32), Count>) -> Result<Vec<WeekCount>> {
    let names = &store.dictionaries().classification;
    names.load(store.reader(), weeks.keys().map(|(_, classification)| *classification)).await?;
    // Classifications in the order of their names.
    let mut named = BTreeMap::<(IsoWeek, String), Count>::new();
    for ((week, classification), counted) in weeks {
        named.entry((week, names.name(classification)?)).or_default().merge(counted);
    }
    let week = |((week, classification), counted): ((IsoWeek, String), Count)| WeekCount {
        week: week.to_string(),
        classification,
        records: count(counted.records),
        purged: count(counted.purged),
    };
    Ok(named.into_iter().map(week).collect())
}

async fn machines(store: &Store, scope: Option<i32>, year: i32, top: u32) -> Result<Vec<MachineCount>> {
    let mut machines = top_machines(store, scope, year, top).await?;
    let mut builds = builds_of(store, scope, year, &machines).await?;
    for machine in &mut machines {
        machine.builds = by_build(builds.remove(&machine.machine_id).unwrap_or_default());
        machine.purged = machine.builds.iter().map(|build| build.purged).sum();
    }
    Ok(machines)
}

/// Those with the most machine checks, without their builds.
async fn top_machines(store: &Store, scope: Option<i32>, year: i32, top: u32) -> Result<Vec<MachineCount>> {
    let sql = format!(
        "SELECT machine_id, records FROM mce_machine_total WHERE year = {year} AND system_id = {} AND records > 0 \
         ORDER BY records DESC, machine_id{} LIMIT {top}",
        scope.unwrap_or(ALL_SYSTEMS),
        store.by_bytes()
    );
    let mut machines = Vec::new();
    for row in rows(store.reader(), &sql).await? {
        let records: i64 = row.try_get_by_index(1)?;
        machines.push(MachineCount {
            machine_id: row.try_get_by_index(0)?,
            records: count(records),
            ..MachineCount::default()
        });
    }
    Ok(machines)
}

/// Machine checks by machine, and those by the build's name.
type ByMachine = BTreeMap<String, BTreeMap<String, Count>>;

/// Machine checks of some machines.
async fn builds_of(store: &Store, scope: Option<i32>, year: i32, machines: &[MachineCount]) -> Result<ByMachine> {
    if machines.is_empty() {
        return Ok(ByMachine::new());
    }
    let reader = store.reader();
    let sql = format!(
        "SELECT machine_id, build_id, records, purged FROM mce_machine WHERE year = {year} AND machine_id IN ({})",
        vec!["?"; machines.len()].join(", ")
    );
    let ids = machines.iter().map(|machine| Value::from(machine.machine_id.as_str())).collect();
    let rows = reader.query_all_raw(with_values(reader, &sql, ids)).await?;
    let dictionary = &store.dictionaries().build;
    let build_ids: Vec<i32> = rows.iter().map(|row| row.try_get_by_index(1)).collect::<Result<_, _>>()?;
    dictionary.load(reader, build_ids.into_iter()).await?;
    let system = system_name(store, scope).await?;
    let mut builds = ByMachine::new();
    for row in rows {
        let (machine_id, build_id): (String, i32) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let counted = Count { records: row.try_get_by_index(2)?, purged: row.try_get_by_index(3)? };
        let texts = dictionary.texts(build_id)?;
        if system.is_none() || texts.first() == system.as_ref() {
            let of_machine = builds.entry(machine_id).or_default();
            of_machine.entry(texts.get(1).cloned().unwrap_or_default()).or_default().merge(counted);
        }
    }
    Ok(builds)
}

async fn system_name(store: &Store, scope: Option<i32>) -> Result<Option<String>> {
    let Some(id) = scope else { return Ok(None) };
    let systems = &store.dictionaries().system;
    systems.load(store.reader(), std::iter::once(id)).await?;
    systems.name(id).map(Some)
}
