//! Applies sums to the counters in PostgreSQL: a fixed number of statements, rows as arrays in the order of their keys.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use sea_orm::sqlx::postgres::PgRow;
use sea_orm::sqlx::{self, AssertSqlSafe, PgConnection, Row as _};

use super::sums::{Heart, HeartHours, move_heart};
use super::{Cell, Count, Dimension, Sums, Tally, machine_key};
use crate::error::{Error, Result};
use crate::store::{crash_pages, ids};

static ADD_TALLY_DAYS: LazyLock<String> = LazyLock::new(|| {
    let hours = |of_hour: &dyn Fn(usize) -> String| (0..24).map(of_hour).collect::<Vec<_>>().join(", ");
    let columns = hours(&|hour| format!("h{hour}"));
    // An hour without records is NULL.
    let sums = hours(&|hour| format!("SUM(r) FILTER (WHERE h = {hour})"));
    let add = hours(&|hour| {
        let (old, new) = (format!("tally_day.h{hour}"), format!("excluded.h{hour}"));
        format!("h{hour} = COALESCE({old} + {new}, {old}, {new})")
    });
    format!(
        "INSERT INTO tally_day (dimension, day, scope, key, shard, records, purged, {columns}) \
         SELECT n, d, s, k, $1, SUM(r), SUM(p), {sums} \
         FROM UNNEST($2::smallint[], $3::int[], $4::int[], $5::int[], $6::smallint[], $7::bigint[], $8::bigint[]) \
         AS t (n, d, s, k, h, r, p) GROUP BY n, d, s, k ORDER BY n, d, s, k \
         ON CONFLICT (dimension, day, scope, key, shard) DO UPDATE SET \
         records = tally_day.records + excluded.records, purged = tally_day.purged + excluded.purged, {add}"
    )
});

/// Adds sums, within a transaction.
pub(in crate::store) async fn apply(connection: &mut PgConnection, shard: i16, sums: &mut Sums) -> Result<()> {
    add_machines(connection, sums).await?;
    add_hearts(connection, shard, sums).await?;
    add_tallies(connection, shard, sums).await?;
    add_cells(connection, shard, sums).await?;
    add_crash_days(connection, shard, sums).await?;
    add_crash_machines(connection, shard, sums).await?;
    add_mce_machines(connection, sums).await
}

async fn add_machines(connection: &mut PgConnection, sums: &mut Sums) -> Result<()> {
    let machines = || sums.machines.iter();
    if sums.machines.is_empty() {
        return Ok(());
    }
    let new = sqlx::query(
        "INSERT INTO machine_day (day, dimension, scope, key, machine_id) \
         SELECT * FROM UNNEST($1::int[], $2::smallint[], $3::int[], $4::int[], $5::bytea[]) \
         ON CONFLICT DO NOTHING RETURNING day, dimension, scope, key",
    )
    .bind(machines().map(|machine| machine.day).collect::<Vec<_>>())
    .bind(machines().map(|machine| machine.tally.dimension.number()).collect::<Vec<_>>())
    .bind(machines().map(|machine| machine.tally.scope).collect::<Vec<_>>())
    .bind(machines().map(|machine| machine.tally.key).collect::<Vec<_>>())
    .bind(machines().map(|machine| ids::bytes(&machine.machine_id)).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    for row in new {
        let dimension = Dimension::from_number(row.try_get(1)?);
        let dimension = dimension.ok_or_else(|| Error::internal("machine_day has an unknown dimension"))?;
        sums.add_new_machine(row.try_get(0)?, Tally { dimension, scope: row.try_get(2)?, key: row.try_get(3)? });
    }
    Ok(())
}

/// New machines are claimed first, so that instances that see the same one wait for each other; the others are
/// locked before they move from hour to hour.
async fn add_hearts(connection: &mut PgConnection, shard: i16, sums: &mut Sums) -> Result<()> {
    let hearts: Vec<(Heart, Option<i32>)> = std::mem::take(&mut sums.hearts).into_iter().collect();
    if hearts.is_empty() {
        return Ok(());
    }
    let mut hours = HeartHours::new();
    let claimed = bind_hearts(
        "INSERT INTO population (system_id, build_id, external, machine_id, last_hour) \
         SELECT * FROM UNNEST($1::int[], $2::int[], $3::bool[], $4::text[], $5::int[]) \
         ON CONFLICT DO NOTHING RETURNING system_id, build_id, external, machine_id, last_hour",
        &hearts,
    );
    let new: HashMap<Heart, Option<i32>> =
        claimed.fetch_all(&mut *connection).await?.iter().map(read_heart).collect::<Result<_>>()?;
    let (new, old): (Vec<_>, Vec<_>) = hearts.into_iter().partition(|(heart, _)| new.contains_key(heart));
    for (heart, hour) in &new {
        sums.add_new_heart(heart);
        move_heart(&mut hours, heart, None, *hour);
    }
    let later = later_hearts(connection, old, &mut hours).await?;
    if !later.is_empty() {
        bind_hearts(
            "UPDATE population p SET last_hour = t.h \
             FROM UNNEST($1::int[], $2::int[], $3::bool[], $4::text[], $5::int[]) AS t (s, b, e, m, h) \
             WHERE p.system_id = t.s AND p.build_id = t.b AND p.external = t.e AND p.machine_id = t.m",
            &later,
        )
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query(
        "INSERT INTO population_hour (hour, system_id, build_id, external, shard, machines) \
         SELECT h, s, b, e, $1, n \
         FROM UNNEST($2::int[], $3::int[], $4::int[], $5::bool[], $6::bigint[]) AS t (h, s, b, e, n) \
         ON CONFLICT (hour, system_id, build_id, external, shard) \
         DO UPDATE SET machines = population_hour.machines + excluded.machines",
    )
    .bind(shard)
    .bind(hours.keys().map(|(hour, ..)| *hour).collect::<Vec<_>>())
    .bind(hours.keys().map(|(_, system, ..)| *system).collect::<Vec<_>>())
    .bind(hours.keys().map(|(_, _, build, _)| *build).collect::<Vec<_>>())
    .bind(hours.keys().map(|(.., external)| *external).collect::<Vec<_>>())
    .bind(hours.values().copied().collect::<Vec<i64>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Of machines that are known, those that were seen in a later hour than before.
async fn later_hearts(
    connection: &mut PgConnection,
    old: Vec<(Heart, Option<i32>)>,
    hours: &mut HeartHours,
) -> Result<Vec<(Heart, Option<i32>)>> {
    if old.is_empty() {
        return Ok(old);
    }
    let locked = bind_hearts(
        "SELECT p.system_id, p.build_id, p.external, p.machine_id, p.last_hour FROM population p \
         JOIN UNNEST($1::int[], $2::int[], $3::bool[], $4::text[], $5::int[]) AS t (s, b, e, m, h) \
         ON p.system_id = t.s AND p.build_id = t.b AND p.external = t.e AND p.machine_id = t.m \
         ORDER BY p.system_id, p.build_id, p.external, p.machine_id FOR UPDATE OF p",
        &old,
    );
    let known: HashMap<Heart, Option<i32>> =
        locked.fetch_all(connection).await?.iter().map(read_heart).collect::<Result<_>>()?;
    let mut later = Vec::new();
    for (heart, hour) in old {
        let before = known.get(&heart).copied().flatten();
        // None is before any hour.
        if before < hour {
            move_heart(hours, &heart, before, hour);
            later.push((heart, hour));
        }
    }
    Ok(later)
}

fn read_heart(row: &PgRow) -> Result<(Heart, Option<i32>)> {
    let heart = Heart {
        system_id: row.try_get(0)?,
        build_id: row.try_get(1)?,
        external: row.try_get(2)?,
        machine_id: row.try_get(3)?,
    };
    Ok((heart, row.try_get(4)?))
}

fn bind_hearts<'q>(
    sql: &'static str,
    hearts: &'q [(Heart, Option<i32>)],
) -> sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments> {
    sqlx::query(sql)
        .bind(hearts.iter().map(|(heart, _)| heart.system_id).collect::<Vec<_>>())
        .bind(hearts.iter().map(|(heart, _)| heart.build_id).collect::<Vec<_>>())
        .bind(hearts.iter().map(|(heart, _)| heart.external).collect::<Vec<_>>())
        .bind(hearts.iter().map(|(heart, _)| heart.machine_id.as_str()).collect::<Vec<_>>())
        .bind(hearts.iter().map(|(_, hour)| *hour).collect::<Vec<_>>())
}

async fn add_tallies(connection: &mut PgConnection, shard: i16, sums: &Sums) -> Result<()> {
    if sums.days.is_empty() {
        return Ok(());
    }
    let (tallies, counts) =
        (|| sums.days.keys(), |of: fn(&Count) -> i64| sums.days.values().map(of).collect::<Vec<_>>());
    sqlx::query(AssertSqlSafe(ADD_TALLY_DAYS.as_str()))
        .bind(shard)
        .bind(tallies().map(|tally| tally.dimension.number()).collect::<Vec<_>>())
        .bind(tallies().map(|tally| tally.day).collect::<Vec<_>>())
        .bind(tallies().map(|tally| tally.scope).collect::<Vec<_>>())
        .bind(tallies().map(|tally| tally.key).collect::<Vec<_>>())
        .bind(tallies().map(|tally| tally.hour.map_or(-1, i16::from)).collect::<Vec<_>>())
        .bind(counts(|count| count.records))
        .bind(counts(|count| count.purged))
        .execute(&mut *connection)
        .await?;
    let (tallies, counts) =
        (|| sums.totals.keys(), |of: fn(&Count) -> i64| sums.totals.values().map(of).collect::<Vec<_>>());
    sqlx::query(
        "INSERT INTO tally_total (dimension, scope, key, shard, records, purged) \
         SELECT n, s, k, $1, r, p \
         FROM UNNEST($2::smallint[], $3::int[], $4::int[], $5::bigint[], $6::bigint[]) AS t (n, s, k, r, p) \
         ON CONFLICT (dimension, scope, key, shard) DO UPDATE SET \
         records = tally_total.records + excluded.records, purged = tally_total.purged + excluded.purged",
    )
    .bind(shard)
    .bind(tallies().map(|tally| tally.dimension.number()).collect::<Vec<_>>())
    .bind(tallies().map(|tally| tally.scope).collect::<Vec<_>>())
    .bind(tallies().map(|tally| tally.key).collect::<Vec<_>>())
    .bind(counts(|count| count.records))
    .bind(counts(|count| count.purged))
    .execute(connection)
    .await?;
    Ok(())
}

async fn add_cells(connection: &mut PgConnection, shard: i16, sums: &Sums) -> Result<()> {
    if sums.cells.is_empty() {
        return Ok(());
    }
    let days: Vec<(i32, Cell, Count)> =
        sums.cell_days.iter().map(|(&(day, cell), &count)| (day, cell, count)).collect();
    sqlx::query(
        "INSERT INTO record_day (day, classification_id, build_id, severity, external, shard, records, purged) \
         SELECT d, c, b, s, e, $6, n, p FROM UNNEST($1::int[], $2::int[], $3::int[], $4::smallint[], $5::bool[], \
         $7::bigint[], $8::bigint[]) AS t (d, c, b, s, e, n, p) \
         ON CONFLICT (day, classification_id, build_id, severity, external, shard) DO UPDATE SET \
         records = record_day.records + excluded.records, purged = record_day.purged + excluded.purged",
    )
    .bind(days.iter().map(|(day, ..)| *day).collect::<Vec<_>>())
    .bind(days.iter().map(|(_, cell, _)| cell.classification_id).collect::<Vec<_>>())
    .bind(days.iter().map(|(_, cell, _)| cell.build_id).collect::<Vec<_>>())
    .bind(days.iter().map(|(_, cell, _)| cell.severity).collect::<Vec<_>>())
    .bind(days.iter().map(|(_, cell, _)| cell.external).collect::<Vec<_>>())
    .bind(shard)
    .bind(days.iter().map(|(.., count)| count.records).collect::<Vec<_>>())
    .bind(days.iter().map(|(.., count)| count.purged).collect::<Vec<_>>())
    .execute(&mut *connection)
    .await?;
    let cells = || sums.cells.keys();
    sqlx::query(
        "INSERT INTO record_total (classification_id, build_id, severity, external, shard, records, purged) \
         SELECT c, b, s, e, $5, n, p \
         FROM UNNEST($1::int[], $2::int[], $3::smallint[], $4::bool[], $6::bigint[], $7::bigint[]) \
         AS t (c, b, s, e, n, p) \
         ON CONFLICT (classification_id, build_id, severity, external, shard) DO UPDATE SET \
         records = record_total.records + excluded.records, purged = record_total.purged + excluded.purged",
    )
    .bind(cells().map(|cell| cell.classification_id).collect::<Vec<_>>())
    .bind(cells().map(|cell| cell.build_id).collect::<Vec<_>>())
    .bind(cells().map(|cell| cell.severity).collect::<Vec<_>>())
    .bind(cells().map(|cell| cell.external).collect::<Vec<_>>())
    .bind(shard)
    .bind(sums.cells.values().map(|count| count.records).collect::<Vec<_>>())
    .bind(sums.cells.values().map(|count| count.purged).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn add_crash_days(connection: &mut PgConnection, shard: i16, sums: &Sums) -> Result<()> {
    if sums.crash_days.is_empty() {
        return Ok(());
    }
    let days = || sums.crash_days.iter();
    sqlx::query(
        "INSERT INTO crash_day (stack_id, system_id, day, shard, records, purged) \
         SELECT k, s, d, $1, r, p \
         FROM UNNEST($2::int[], $3::int[], $4::int[], $5::bigint[], $6::bigint[]) AS t (k, s, d, r, p) \
         ON CONFLICT (stack_id, system_id, day, shard) DO UPDATE SET \
         records = crash_day.records + excluded.records, purged = crash_day.purged + excluded.purged",
    )
    .bind(shard)
    .bind(days().map(|((stack, ..), _)| *stack).collect::<Vec<_>>())
    .bind(days().map(|((_, system, _), _)| *system).collect::<Vec<_>>())
    .bind(days().map(|((.., day), _)| *day).collect::<Vec<_>>())
    .bind(days().map(|(_, count)| count.records).collect::<Vec<_>>())
    .bind(days().map(|(_, count)| count.purged).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn add_crash_machines(connection: &mut PgConnection, shard: i16, sums: &Sums) -> Result<()> {
    if sums.crash_machines.is_empty() {
        return Ok(());
    }
    let machines = || sums.crash_machines.iter();
    let now = sqlx::query(
        "INSERT INTO crash_machine (stack_id, build_id, machine_id, machine_key, records, purged) \
         SELECT * FROM UNNEST($1::int[], $2::int[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[]) \
         ON CONFLICT (stack_id, build_id, machine_id) DO UPDATE SET \
         records = crash_machine.records + excluded.records, purged = crash_machine.purged + excluded.purged \
         RETURNING stack_id, build_id, machine_id, records",
    )
    .bind(machines().map(|((stack, ..), _)| *stack).collect::<Vec<_>>())
    .bind(machines().map(|((_, build, _), _)| *build).collect::<Vec<_>>())
    .bind(machines().map(|((.., machine), _)| machine.as_str()).collect::<Vec<_>>())
    .bind(machines().map(|((.., machine), _)| machine_key(machine)).collect::<Vec<_>>())
    .bind(machines().map(|(_, count)| count.records).collect::<Vec<_>>())
    .bind(machines().map(|(_, count)| count.purged).collect::<Vec<_>>())
    .fetch_all(&mut *connection)
    .await?;
    let mut new = BTreeMap::<i32, Vec<u8>>::new();
    for row in now {
        let key: (i32, i32, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        // A row that has no more than what was added now is new; purging adds nothing.
        let records: i64 = row.try_get(3)?;
        if sums.crash_machines.get(&key).is_some_and(|added| added.records > 0 && added.records == records) {
            new.entry(key.0).or_default().extend(crash_pages::entry(key.1, machine_key(&key.2)));
        }
    }
    append_to_pages(connection, shard, &new).await
}

/// Puts packed builds and machines into the stacks' last pages, or begins the next ones.
async fn append_to_pages(connection: &mut PgConnection, shard: i16, new: &BTreeMap<i32, Vec<u8>>) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO crash_page (stack_id, shard, page, machines) \
         SELECT t.s, $1, COALESCE((SELECT p.page + CASE WHEN length(p.machines) >= $2 THEN 1 ELSE 0 END \
             FROM crash_page p WHERE p.stack_id = t.s AND p.shard = $1 ORDER BY p.page DESC LIMIT 1), 0), t.m \
         FROM UNNEST($3::int[], $4::bytea[]) AS t (s, m) \
         ON CONFLICT (stack_id, shard, page) DO UPDATE SET machines = crash_page.machines || excluded.machines",
    )
    .bind(shard)
    .bind(crash_pages::FULL)
    .bind(new.keys().copied().collect::<Vec<i32>>())
    .bind(new.values().map(Vec::as_slice).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn add_mce_machines(connection: &mut PgConnection, sums: &Sums) -> Result<()> {
    if sums.mce_machines.is_empty() {
        return Ok(());
    }
    let machines = || sums.mce_machines.iter();
    sqlx::query(
        "INSERT INTO mce_machine (year, machine_id, build_id, records, purged) \
         SELECT * FROM UNNEST($1::int[], $2::text[], $3::int[], $4::bigint[], $5::bigint[]) \
         ON CONFLICT (year, machine_id, build_id) DO UPDATE SET \
         records = mce_machine.records + excluded.records, purged = mce_machine.purged + excluded.purged",
    )
    .bind(machines().map(|((year, ..), _)| *year).collect::<Vec<_>>())
    .bind(machines().map(|((_, machine, _), _)| machine.as_str()).collect::<Vec<_>>())
    .bind(machines().map(|((.., build), _)| *build).collect::<Vec<_>>())
    .bind(machines().map(|(_, count)| count.records).collect::<Vec<_>>())
    .bind(machines().map(|(_, count)| count.purged).collect::<Vec<_>>())
    .execute(&mut *connection)
    .await?;
    let totals = || sums.mce_totals.iter();
    sqlx::query(
        "INSERT INTO mce_machine_total (year, system_id, machine_id, records) \
         SELECT * FROM UNNEST($1::int[], $2::int[], $3::text[], $4::bigint[]) \
         ON CONFLICT (year, system_id, machine_id) DO UPDATE SET records = mce_machine_total.records + excluded.records",
    )
    .bind(totals().map(|((year, ..), _)| *year).collect::<Vec<_>>())
    .bind(totals().map(|((_, system, _), _)| *system).collect::<Vec<_>>())
    .bind(totals().map(|((.., machine), _)| machine.as_str()).collect::<Vec<_>>())
    .bind(totals().map(|(_, records)| *records).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
