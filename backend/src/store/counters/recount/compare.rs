//! What the counters hold beside what they should hold.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{ConnectionTrait, QueryResult};

use super::rows;
use crate::error::{Error, Result};
use crate::store::counters::sums::{Heart, HeartHours, move_heart};
use crate::store::counters::{ALL_SYSTEMS, Cell, Count, Dimension, Sums, Tally, machine_key, read_cell};
use crate::store::crash_pages::entries;

/// A counter that is not what the records say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which counter.
    pub counter: String,
    /// What it holds.
    pub counted: i64,
    /// What the records say.
    pub expected: i64,
}

/// Reports what differs between two sets of counts, either of which may lack some.
fn differences<K: Ord + Clone + std::fmt::Debug>(
    table: &str,
    counted: &BTreeMap<K, i64>,
    expected: &BTreeMap<K, i64>,
) -> Vec<Difference> {
    let keys: BTreeSet<&K> = counted.keys().chain(expected.keys()).collect();
    let difference = |key: &K| Difference {
        counter: format!("{table} {key:?}"),
        counted: counted.get(key).copied().unwrap_or(0),
        expected: expected.get(key).copied().unwrap_or(0),
    };
    keys.into_iter().map(difference).filter(|found| found.counted != found.expected).collect()
}

/// Compares every counter.
pub(super) async fn all(db: &impl ConnectionTrait, sums: &Sums) -> Result<Vec<Difference>> {
    let mut differences = tallies(db, sums).await?;
    differences.extend(cells(db, sums).await?);
    differences.extend(machines(db, sums).await?);
    differences.extend(hearts(db, sums).await?);
    differences.extend(crash_days(db, sums).await?);
    differences.extend(crash_machines(db, sums).await?);
    differences.extend(mce(db, sums).await?);
    Ok(differences)
}

async fn tallies(db: &impl ConnectionTrait, sums: &Sums) -> Result<Vec<Difference>> {
    let hours: Vec<String> = (0..24).map(|hour| format!("CAST(COALESCE(SUM(h{hour}), 0) AS BIGINT)")).collect();
    let sql = format!(
        "SELECT dimension, day, scope, key, CAST(SUM(records) AS BIGINT), CAST(SUM(purged) AS BIGINT), {} \
         FROM tally_day GROUP BY dimension, day, scope, key",
        hours.join(", ")
    );
    let (mut kept, mut in_hours) = (BTreeMap::new(), BTreeMap::new());
    let mut purged_days = BTreeSet::new();
    for row in rows(db, &sql).await? {
        let (tally, count) = read_tally(&row, 1)?;
        let day: i32 = row.try_get_by_index(1)?;
        if tally.dimension.counts_machines() {
            continue;
        }
        kept.insert((day, tally), count.kept());
        if count.purged != 0 {
            purged_days.insert((day, tally));
        }
        for hour in 0_u8..24 {
            let records: i64 = row.try_get_by_index(6 + usize::from(hour))?;
            in_hours.insert((day, tally, hour), records);
        }
    }
    let (mut expected, mut expected_in_hours) = (BTreeMap::new(), BTreeMap::new());
    for (of_day, count) in &sums.days {
        *expected.entry((of_day.day, of_day.tally())).or_default() += count.records;
        if let Some(hour) = of_day.hour {
            expected_in_hours.insert((of_day.day, of_day.tally(), hour), count.records);
        }
    }
    // Which hours the purged ones belonged to is not known.
    in_hours.retain(|(day, tally, _), _| !purged_days.contains(&(*day, *tally)));
    expected_in_hours.retain(|(day, tally, _), _| !purged_days.contains(&(*day, *tally)));
    let mut found = differences("tally_day", &kept, &expected);
    found.extend(differences("tally_day hours", &in_hours, &expected_in_hours));
    let sql = "SELECT dimension, scope, key, CAST(SUM(records) AS BIGINT), CAST(SUM(purged) AS BIGINT) \
               FROM tally_total GROUP BY dimension, scope, key";
    let mut totals = BTreeMap::new();
    for row in rows(db, sql).await? {
        let (tally, count) = read_tally(&row, 0)?;
        if !tally.dimension.counts_machines() {
            totals.insert(tally, count.kept());
        }
    }
    let expected = sums.totals.iter().map(|(tally, count)| (*tally, count.records)).collect();
    found.extend(differences("tally_total", &totals, &expected));
    Ok(found)
}

async fn cells(db: &impl ConnectionTrait, sums: &Sums) -> Result<Vec<Difference>> {
    let columns = "classification_id, build_id, severity, external";
    let kept = "CAST(SUM(records - purged) AS BIGINT)";
    let sql = format!("SELECT day, {columns}, {kept} FROM record_day GROUP BY day, {columns}");
    let mut days = BTreeMap::new();
    for row in rows(db, &sql).await? {
        days.insert((row.try_get_by_index(0)?, read_cell(&row, 1)?), row.try_get_by_index(5)?);
    }
    let sql = format!("SELECT {columns}, {kept} FROM record_total GROUP BY {columns}");
    let mut totals = BTreeMap::new();
    for row in rows(db, &sql).await? {
        totals.insert(read_cell(&row, 0)?, row.try_get_by_index(4)?);
    }
    let expected_days: BTreeMap<(i32, Cell), i64> =
        sums.cell_days.iter().map(|(key, count)| (*key, count.records)).collect();
    let expected = sums.cells.iter().map(|(cell, count)| (*cell, count.records)).collect();
    let mut found = differences("record_day", &days, &expected_days);
    found.extend(differences("record_total", &totals, &expected));
    Ok(found)
}

/// Machines of days of which nothing was purged, and the counts of all of them.
async fn machines(db: &impl ConnectionTrait, sums: &Sums) -> Result<Vec<Difference>> {
    let mut purged = BTreeSet::new();
    for row in rows(db, "SELECT DISTINCT day FROM tally_day WHERE purged <> 0").await? {
        purged.insert(row.try_get_by_index::<i32>(0)?);
    }
    let sql = "SELECT day, dimension, scope, key, CAST(COUNT(*) AS BIGINT) FROM machine_day \
               GROUP BY day, dimension, scope, key";
    let mut known = BTreeMap::new();
    for row in rows(db, sql).await? {
        let dimension = dimension(row.try_get_by_index(1)?)?;
        let tally = Tally { dimension, scope: row.try_get_by_index(2)?, key: row.try_get_by_index(3)? };
        known.insert((row.try_get_by_index::<i32>(0)?, tally), row.try_get_by_index::<i64>(4)?);
    }
    let sql = "SELECT dimension, day, scope, key, CAST(SUM(records) AS BIGINT), CAST(SUM(purged) AS BIGINT) \
               FROM tally_day GROUP BY dimension, day, scope, key";
    let mut counted = BTreeMap::new();
    for row in rows(db, sql).await? {
        let (tally, count) = read_tally(&row, 1)?;
        if tally.dimension.counts_machines() {
            counted.insert((row.try_get_by_index::<i32>(1)?, tally), count.records);
        }
    }
    let mut expected = BTreeMap::<(i32, Tally), i64>::new();
    for machine in &sums.machines {
        *expected.entry((machine.day, machine.tally)).or_default() += 1;
    }
    let mut found = differences("tally_day of machines", &counted, &known);
    known.retain(|(day, _), _| !purged.contains(day));
    expected.retain(|(day, _), _| !purged.contains(day));
    found.extend(differences("machine_day", &known, &expected));
    Ok(found)
}

async fn hearts(db: &impl ConnectionTrait, sums: &Sums) -> Result<Vec<Difference>> {
    let mut known = HashMap::<Heart, Option<i32>>::new();
    let mut hours = HeartHours::new();
    let mut totals = BTreeMap::<Tally, i64>::new();
    let sql = "SELECT system_id, build_id, external, machine_id, last_hour FROM population";
    for row in rows(db, sql).await? {
        let heart = Heart {
            system_id: row.try_get_by_index(0)?,
            build_id: row.try_get_by_index(1)?,
            external: row.try_get_by_index(2)?,
            machine_id: row.try_get_by_index(3)?,
        };
        let last: Option<i32> = row.try_get_by_index(4)?;
        move_heart(&mut hours, &heart, None, last);
        *totals.entry(heart.tally()).or_default() += 1;
        known.insert(heart, last);
    }
    let sql = "SELECT hour, system_id, build_id, external, CAST(SUM(machines) AS BIGINT) FROM population_hour \
               GROUP BY hour, system_id, build_id, external";
    let mut counted = HeartHours::new();
    for row in rows(db, sql).await? {
        let (hour, system, build) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        counted.insert((hour, system, build, row.try_get_by_index(3)?), row.try_get_by_index(4)?);
    }
    let mut found = differences("population_hour", &counted, &hours);
    let sql = format!(
        "SELECT dimension, scope, key, CAST(SUM(records) AS BIGINT), CAST(SUM(purged) AS BIGINT) FROM tally_total \
         WHERE dimension IN ({}, {}) GROUP BY dimension, scope, key",
        Dimension::InternalMachines.number(),
        Dimension::ExternalMachines.number()
    );
    let mut counted = BTreeMap::new();
    for row in rows(db, &sql).await? {
        let (tally, count) = read_tally(&row, 0)?;
        counted.insert(tally, count.records);
    }
    found.extend(differences("tally_total of machines", &counted, &totals));
    // Heartbeats that were purged may have been later ones.
    let missing = sums.hearts.iter().filter(|(heart, hour)| known.get(*heart).is_none_or(|last| last < *hour));
    found.extend(missing.map(|(heart, hour)| Difference {
        counter: format!("population {heart:?}"),
        counted: i64::from(known.get(heart).copied().flatten().unwrap_or(0)),
        expected: i64::from(hour.unwrap_or(0)),
    }));
    Ok(found)
}

async fn crash_days(db: &impl ConnectionTrait, sums: &Sums) -> Result<Vec<Difference>> {
    let sql = "SELECT stack_id, system_id, day, CAST(SUM(records - purged) AS BIGINT) FROM crash_day \
               GROUP BY stack_id, system_id, day";
    let mut kept = BTreeMap::<(i32, i32, i32), i64>::new();
    for row in rows(db, sql).await? {
        let key = (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        kept.insert(key, row.try_get_by_index(3)?);
    }
    let expected = sums.crash_days.iter().map(|(key, count)| (*key, count.records)).collect();
    Ok(differences("crash_day", &kept, &expected))
}

async fn crash_machines(db: &impl ConnectionTrait, sums: &Sums) -> Result<Vec<Difference>> {
    let mut kept = BTreeMap::new();
    let mut packed = BTreeMap::<(i32, i32, u64), i64>::new();
    for row in rows(db, "SELECT stack_id, build_id, machine_id, records - purged FROM crash_machine").await? {
        let key: (i32, i32, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        *packed.entry((key.0, key.1, machine_key(&key.2).cast_unsigned())).or_default() += 1;
        kept.insert(key, row.try_get_by_index(3)?);
    }
    let expected = sums.crash_machines.iter().map(|(key, count)| (key.clone(), count.records)).collect();
    let mut found = differences("crash_machine", &kept, &expected);
    let mut pages = BTreeMap::<(i32, i32, u64), i64>::new();
    for row in rows(db, "SELECT stack_id, machines FROM crash_page").await? {
        let (stack, page): (i32, Vec<u8>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        entries(&page).for_each(|(build, machine)| *pages.entry((stack, build, machine)).or_default() += 1);
    }
    found.extend(differences("crash_page", &pages, &packed));
    Ok(found)
}

async fn mce(db: &impl ConnectionTrait, sums: &Sums) -> Result<Vec<Difference>> {
    let mut kept = BTreeMap::new();
    let mut all = BTreeMap::<(i32, String), i64>::new();
    for row in rows(db, "SELECT year, machine_id, build_id, records, purged FROM mce_machine").await? {
        let (year, machine): (i32, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let count = Count { records: row.try_get_by_index(3)?, purged: row.try_get_by_index(4)? };
        *all.entry((year, machine.clone())).or_default() += count.records;
        kept.insert((year, machine, row.try_get_by_index::<i32>(2)?), count.kept());
    }
    let expected = sums.mce_machines.iter().map(|(key, count)| (key.clone(), count.records)).collect();
    let mut found = differences("mce_machine", &kept, &expected);
    for (comparison, name) in [("=", "mce_machine_total"), ("<>", "mce_machine_total of systems")] {
        let sql = format!(
            "SELECT year, machine_id, CAST(SUM(records) AS BIGINT) FROM mce_machine_total \
             WHERE system_id {comparison} {ALL_SYSTEMS} GROUP BY year, machine_id"
        );
        let mut totals = BTreeMap::new();
        for row in rows(db, &sql).await? {
            totals.insert((row.try_get_by_index(0)?, row.try_get_by_index(1)?), row.try_get_by_index(2)?);
        }
        found.extend(differences(name, &totals, &all));
    }
    Ok(found)
}

fn dimension(number: i16) -> Result<Dimension> {
    Dimension::from_number(number).ok_or_else(|| Error::internal("a tally has an unknown dimension"))
}

/// A tally whose dimension is the first column and whose scope follows `between` others.
fn read_tally(row: &QueryResult, between: usize) -> Result<(Tally, Count)> {
    let tally = Tally {
        dimension: dimension(row.try_get_by_index(0)?)?,
        scope: row.try_get_by_index(between + 1)?,
        key: row.try_get_by_index(between + 2)?,
    };
    let count = Count { records: row.try_get_by_index(between + 3)?, purged: row.try_get_by_index(between + 4)? };
    Ok((tally, count))
}
