//! Applies sums to the counters in SQLite. There is one writer, so that what it has read cannot change under it.

use std::sync::LazyLock;

use sea_orm::sqlx::{self, SqliteConnection};

use super::{Cell, Count, Sums, Tally, TallyDay, machine_key};
use crate::error::Result;
use crate::store::ladder::{Ladder, filled};

/// The one writer's shard.
const SHARD: i16 = 0;

const ADD: &str = "ON CONFLICT DO UPDATE SET records = records + excluded.records, purged = purged + excluded.purged";

static RECORD_DAY: LazyLock<Ladder> = LazyLock::new(|| {
    let head =
        "INSERT INTO record_day (day, classification_id, build_id, severity, external, shard, records, purged) VALUES";
    Ladder::new(head, 8, ADD)
});
static RECORD_TOTAL: LazyLock<Ladder> = LazyLock::new(|| {
    let head =
        "INSERT INTO record_total (classification_id, build_id, severity, external, shard, records, purged) VALUES";
    Ladder::new(head, 7, ADD)
});
static TALLY_DAY: LazyLock<Ladder> = LazyLock::new(|| {
    let hours = |of_hour: &dyn Fn(usize) -> String| (0..24).map(of_hour).collect::<Vec<_>>().join(", ");
    let columns = hours(&|hour| format!("h{hour}"));
    let in_hours = hours(&|hour| format!("(column8 = {hour}) * column6"));
    let add = hours(&|hour| format!("h{hour} = h{hour} + excluded.h{hour}"));
    Ladder::new(
        &format!(
            "INSERT INTO tally_day (dimension, day, scope, key, shard, records, purged, {columns}) \
             SELECT column1, column2, column3, column4, column5, column6, column7, {in_hours} FROM (VALUES"
        ),
        8,
        // Without a condition, ON would be read as part of a join.
        &format!(") WHERE true {ADD}, {add}"),
    )
});
static TALLY_TOTAL: LazyLock<Ladder> = LazyLock::new(|| {
    Ladder::new("INSERT INTO tally_total (dimension, scope, key, shard, records, purged) VALUES", 6, ADD)
});
// What is new here, and in `population` and `crash_machine`, is counted by triggers.
static MACHINE_DAY: LazyLock<Ladder> = LazyLock::new(|| {
    Ladder::new("INSERT INTO machine_day (day, dimension, scope, key, machine_id) VALUES", 5, "ON CONFLICT DO NOTHING")
});
static POPULATION: LazyLock<Ladder> = LazyLock::new(|| {
    Ladder::new(
        "INSERT INTO population (system_id, build_id, external, machine_id, last_hour) VALUES",
        5,
        "ON CONFLICT DO UPDATE SET last_hour = excluded.last_hour \
         WHERE excluded.last_hour > COALESCE(last_hour, excluded.last_hour - 1)",
    )
});
static MCE_MACHINE: LazyLock<Ladder> = LazyLock::new(|| {
    Ladder::new("INSERT INTO mce_machine (year, machine_id, build_id, records, purged) VALUES", 5, ADD)
});
static CRASH_MACHINE: LazyLock<Ladder> = LazyLock::new(|| {
    Ladder::new(
        "INSERT INTO crash_machine (stack_id, build_id, machine_id, machine_key, records, purged) VALUES",
        6,
        ADD,
    )
});
static MCE_MACHINE_TOTAL: LazyLock<Ladder> = LazyLock::new(|| {
    Ladder::new(
        "INSERT INTO mce_machine_total (year, system_id, machine_id, records) VALUES",
        4,
        "ON CONFLICT DO UPDATE SET records = records + excluded.records",
    )
});

/// Adds sums, within a transaction.
pub(in crate::store) async fn apply(connection: &mut SqliteConnection, sums: &Sums) -> Result<()> {
    add_machines(connection, sums).await?;
    add_tallies(connection, sums).await?;
    add_cells(connection, sums).await?;
    add_crash_machines(connection, sums).await?;
    add_mce_machines(connection, sums).await
}

async fn add_machines(connection: &mut SqliteConnection, sums: &Sums) -> Result<()> {
    let machines = filled(sums.machines.iter().collect(), |machine| machine);
    for (statement, chunk) in MACHINE_DAY.cut(&machines) {
        let query = chunk.iter().fold(sqlx::query(statement), |query, machine| {
            let Tally { dimension, scope, key } = machine.tally;
            query.bind(machine.day).bind(dimension.number()).bind(scope).bind(key).bind(machine.machine_id.clone())
        });
        query.execute(&mut *connection).await?;
    }
    let hearts = filled(sums.hearts.iter().collect(), |&heart| heart);
    for (statement, chunk) in POPULATION.cut(&hearts) {
        let query = chunk.iter().fold(sqlx::query(statement), |query, (heart, hour)| {
            let query = query.bind(heart.system_id).bind(heart.build_id).bind(heart.external);
            query.bind(heart.machine_id.clone()).bind(**hour)
        });
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn add_tallies(connection: &mut SqliteConnection, sums: &Sums) -> Result<()> {
    let days: Vec<(TallyDay, Count)> = sums.days.iter().map(|(tally, count)| (*tally, *count)).collect();
    for (statement, chunk) in TALLY_DAY.cut(&filled(days, |&(tally, _)| (tally, Count::default()))) {
        let query = chunk.iter().fold(sqlx::query(statement), |query, (tally, count)| {
            let query = query.bind(tally.dimension.number()).bind(tally.day).bind(tally.scope).bind(tally.key);
            query.bind(SHARD).bind(count.records).bind(count.purged).bind(tally.hour.map_or(-1, i16::from))
        });
        query.execute(&mut *connection).await?;
    }
    let totals: Vec<(Tally, Count)> = sums.totals.iter().map(|(tally, count)| (*tally, *count)).collect();
    for (statement, chunk) in TALLY_TOTAL.cut(&filled(totals, |&(tally, _)| (tally, Count::default()))) {
        let query = chunk.iter().fold(sqlx::query(statement), |query, (tally, count)| {
            let query = query.bind(tally.dimension.number()).bind(tally.scope).bind(tally.key).bind(SHARD);
            query.bind(count.records).bind(count.purged)
        });
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn add_cells(connection: &mut SqliteConnection, sums: &Sums) -> Result<()> {
    let days: Vec<(i32, Cell, Count)> =
        sums.cell_days.iter().map(|(&(day, cell), &count)| (day, cell, count)).collect();
    for (statement, chunk) in RECORD_DAY.cut(&filled(days, |&(day, cell, _)| (day, cell, Count::default()))) {
        let query = chunk.iter().fold(sqlx::query(statement), |query, (day, cell, count)| {
            let query = query.bind(*day).bind(cell.classification_id).bind(cell.build_id).bind(cell.severity);
            query.bind(cell.external).bind(SHARD).bind(count.records).bind(count.purged)
        });
        query.execute(&mut *connection).await?;
    }
    let totals: Vec<(Cell, Count)> = sums.cells.iter().map(|(&cell, &count)| (cell, count)).collect();
    for (statement, chunk) in RECORD_TOTAL.cut(&filled(totals, |&(cell, _)| (cell, Count::default()))) {
        let query = chunk.iter().fold(sqlx::query(statement), |query, (cell, count)| {
            let query = query.bind(cell.classification_id).bind(cell.build_id).bind(cell.severity);
            query.bind(cell.external).bind(SHARD).bind(count.records).bind(count.purged)
        });
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn add_crash_machines(connection: &mut SqliteConnection, sums: &Sums) -> Result<()> {
    let machines: Vec<_> = sums.crash_machines.iter().map(|(key, count)| (key.clone(), *count)).collect();
    for (statement, chunk) in CRASH_MACHINE.cut(&filled(machines, |(key, _)| (key.clone(), Count::default()))) {
        let query = chunk.iter().fold(sqlx::query(statement), |query, ((stack, build, machine), count)| {
            let query = query.bind(*stack).bind(*build).bind(machine.clone()).bind(machine_key(machine));
            query.bind(count.records).bind(count.purged)
        });
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn add_mce_machines(connection: &mut SqliteConnection, sums: &Sums) -> Result<()> {
    let machines: Vec<_> = sums.mce_machines.iter().map(|(key, count)| (key.clone(), *count)).collect();
    for (statement, chunk) in MCE_MACHINE.cut(&filled(machines, |(key, _)| (key.clone(), Count::default()))) {
        let query = chunk.iter().fold(sqlx::query(statement), |query, ((year, machine, build), count)| {
            query.bind(*year).bind(machine.clone()).bind(*build).bind(count.records).bind(count.purged)
        });
        query.execute(&mut *connection).await?;
    }
    let totals: Vec<_> = sums.mce_totals.iter().map(|(key, records)| (key.clone(), *records)).collect();
    for (statement, chunk) in MCE_MACHINE_TOTAL.cut(&filled(totals, |(key, _)| (key.clone(), 0))) {
        let query = chunk.iter().fold(sqlx::query(statement), |query, ((year, system, machine), records)| {
            query.bind(*year).bind(*system).bind(machine.clone()).bind(*records)
        });
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
