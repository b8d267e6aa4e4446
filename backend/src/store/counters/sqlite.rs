//! Applies sums to the counters in SQLite. There is one writer, so that what it has read cannot change under it.
//!
//! `OR FAIL`: a statement that fails need not undo its part, since the whole batch is undone. Where no column that is
//! changed must have a value either, SQLite then keeps no copies of the pages that it changes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use sea_orm::sqlx::{self, SqliteConnection};

use super::packed::{Packed, Rows};
use super::{Count, Sums, TallyDay, machine_key};
use crate::error::Result;

/// The one writer's shard.
const SHARD: &str = "0";
/// In place of an hour of the day.
const NO_HOUR: usize = 24;

const ADD: &str = "ON CONFLICT DO UPDATE SET records = records + excluded.records, purged = purged + excluded.purged";

/// What adds to `tally_day` in one hour of the day, or in none: the columns of other hours are not touched.
static DAYS: LazyLock<[String; NO_HOUR + 1]> = LazyLock::new(|| {
    let rows = Rows(0);
    std::array::from_fn(|hour| {
        let (mut names, mut values) =
            ("dimension, day, scope, key, shard, records, purged".to_owned(), in_shard(rows, 4));
        let mut add = ADD.to_owned();
        if hour != NO_HOUR {
            names += &format!(", h{hour}");
            values.push(rows.number(4));
            add += &format!(", h{hour} = h{hour} + excluded.h{hour}");
        }
        insert("tally_day", &names, rows, &values, &add)
    })
});

/// The same and all that follows, as one text: for most batches one way to SQLite's thread and back is enough.
static ALL: LazyLock<[String; NO_HOUR + 1]> =
    LazyLock::new(|| std::array::from_fn(|hour| format!("{}; {}", DAYS[hour], *OTHERS)));

/// What adds to the other tables. New rows of `machine_day`, `population` and `crash_machine` are counted by triggers.
static OTHERS: LazyLock<String> = LazyLock::new(|| {
    let [totals, cell_days, cells, machines, hearts, crash_days, crashes, mce, mce_totals] =
        [1, 2, 3, 4, 5, 6, 7, 8, 9].map(Rows);
    let statements = [
        insert("tally_total", "dimension, scope, key, shard, records, purged", totals, &in_shard(totals, 3), ADD),
        insert(
            "record_day",
            "day, classification_id, build_id, severity, external, shard, records, purged",
            cell_days,
            &in_shard(cell_days, 5),
            ADD,
        ),
        insert(
            "record_total",
            "classification_id, build_id, severity, external, shard, records, purged",
            cells,
            &in_shard(cells, 4),
            ADD,
        ),
        insert(
            "machine_day",
            "day, dimension, scope, key, machine_id",
            machines,
            &[numbers(machines, 0..4), vec![machines.text(4)]].concat(),
            "ON CONFLICT DO NOTHING",
        ),
        insert(
            "population",
            "system_id, build_id, external, machine_id, last_hour",
            hearts,
            &[numbers(hearts, 0..3), vec![hearts.text(3), hearts.maybe(5)]].concat(),
            "ON CONFLICT DO UPDATE SET last_hour = excluded.last_hour \
             WHERE excluded.last_hour > COALESCE(last_hour, excluded.last_hour - 1)",
        ),
        insert(
            "crash_day",
            "stack_id, system_id, day, shard, records, purged",
            crash_days,
            &in_shard(crash_days, 3),
            ADD,
        ),
        insert(
            "crash_machine",
            "stack_id, build_id, machine_id, machine_key, records, purged",
            crashes,
            &[numbers(crashes, 0..2), vec![crashes.text(2)], numbers(crashes, 4..7)].concat(),
            ADD,
        ),
        insert(
            "mce_machine",
            "year, machine_id, build_id, records, purged",
            mce,
            &[numbers(mce, 0..1), vec![mce.text(1)], numbers(mce, 3..6)].concat(),
            ADD,
        ),
        insert(
            "mce_machine_total",
            "year, system_id, machine_id, records",
            mce_totals,
            &[numbers(mce_totals, 0..2), vec![mce_totals.text(2), mce_totals.number(4)]].concat(),
            "ON CONFLICT DO UPDATE SET records = records + excluded.records",
        ),
    ];
    statements.join("; ")
});

fn insert(table: &str, columns: &str, rows: Rows, values: &[String], tail: &str) -> String {
    format!("INSERT OR FAIL INTO {table} ({columns}) {} {tail}", rows.select(values))
}

fn numbers(rows: Rows, places: Range<usize>) -> Vec<String> {
    places.map(|place| rows.number(place)).collect()
}

/// The numbers of a key, the shard, and the two of a count.
fn in_shard(rows: Rows, key: usize) -> Vec<String> {
    [numbers(rows, 0..key), vec![SHARD.to_owned()], numbers(rows, key..key + 2)].concat()
}

/// Adds sums, within a transaction.
pub(in crate::store) async fn apply(connection: &mut SqliteConnection, sums: &Sums) -> Result<()> {
    // Each record counts on its day; of some dimensions there may be sums of all time alone.
    if sums.days.is_empty() && sums.totals.is_empty() {
        return Ok(());
    }
    let mut hours = BTreeMap::<usize, Packed>::new();
    for (&TallyDay { dimension, day, scope, key, hour }, &Count { records, purged }) in &sums.days {
        let rows = hours.entry(hour.map_or(NO_HOUR, usize::from)).or_default();
        rows.row().number(dimension.number()).number(day).number(scope).number(key).number(records).number(purged);
    }
    let (last_hour, last_days) = hours.pop_last().unwrap_or((NO_HOUR, Packed::default()));
    for (hour, days) in hours {
        days.bind(sqlx::query(DAYS[hour].as_str())).execute(&mut *connection).await?;
    }
    let query = last_days.bind(sqlx::query(ALL[last_hour].as_str()));
    others(sums).into_iter().fold(query, |query, rows| rows.bind(query)).execute(connection).await?;
    Ok(())
}

/// The rows of all tables but `tally_day`, in the order of [`OTHERS`].
fn others(sums: &Sums) -> [Packed; 9] {
    let mut packed: [Packed; 9] = <_>::default();
    let [totals, cell_days, cells, machines, hearts, crash_days, crashes, mce, mce_totals] = &mut packed;
    for (tally, count) in &sums.totals {
        let row = totals.row().number(tally.dimension.number()).number(tally.scope).number(tally.key);
        row.number(count.records).number(count.purged);
    }
    for ((day, cell), count) in &sums.cell_days {
        let row = cell_days.row().number(*day).number(cell.classification_id).number(cell.build_id);
        row.number(cell.severity).number(cell.external).number(count.records).number(count.purged);
    }
    for (cell, count) in &sums.cells {
        let row = cells.row().number(cell.classification_id).number(cell.build_id);
        row.number(cell.severity).number(cell.external).number(count.records).number(count.purged);
    }
    for machine in &sums.machines {
        let row = machines.row().number(machine.day).number(machine.tally.dimension.number());
        row.number(machine.tally.scope).number(machine.tally.key).text(&machine.machine_id);
    }
    for (heart, hour) in &sums.hearts {
        let row = hearts.row().number(heart.system_id).number(heart.build_id).number(heart.external);
        row.text(&heart.machine_id).maybe(*hour);
    }
    for ((stack, system, day), count) in &sums.crash_days {
        let row = crash_days.row().number(*stack).number(*system).number(*day);
        row.number(count.records).number(count.purged);
    }
    for ((stack, build, machine), count) in &sums.crash_machines {
        let row = crashes.row().number(*stack).number(*build).text(machine).number(machine_key(machine));
        row.number(count.records).number(count.purged);
    }
    for ((year, machine, build), count) in &sums.mce_machines {
        mce.row().number(*year).text(machine).number(*build).number(count.records).number(count.purged);
    }
    for ((year, system, machine), records) in &sums.mce_totals {
        mce_totals.row().number(*year).number(*system).text(machine).number(*records);
    }
    packed
}
