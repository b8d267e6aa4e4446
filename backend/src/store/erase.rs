//! Everything that there is of one machine, and how it goes for good: its records with their counts, and itself where
//! machines are counted.
//!
//! Records that were purged before are left in counts that know no machine.

use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};
use serde_json::Value as Json;
use telemetrics_common::privacy::MachineData;

use super::audit::{self, Author, Change};
use super::counters::{Dimension, ERASES, catch_up, machine_key};
use super::crash_pages::{self, entry};
use super::sql::{statement, with_values};
use super::{Kind, Store, extensions, ids, purge};
use crate::error::{Error, Result};
use crate::ingest::wire;

/// How often it is begun anew when the machine goes on sending meanwhile.
const TRIES: u32 = 20;
/// How many records in quarantine are looked at once.
const CHUNK: i64 = 200;

/// The rows of counters that name a machine.
#[derive(Debug, Default)]
struct Rows {
    /// (day, dimension, scope, key)
    days: Vec<[i32; 4]>,
    /// (system, build, external), and the hour in which it was seen last.
    hearts: Vec<(i32, i32, bool, Option<i32>)>,
    /// (stack, build)
    crashes: Vec<[i32; 2]>,
    /// (year, build)
    mce: Vec<[i32; 2]>,
    /// (year, system)
    mce_totals: Vec<[i32; 2]>,
}

impl Rows {
    fn count(&self) -> u64 {
        let Self { days, hearts, crashes, mce, mce_totals } = self;
        (days.len() + hearts.len() + crashes.len() + mce.len() + mce_totals.len()) as u64
    }
}

/// What there is of a machine, under any of its names.
///
/// # Errors
/// The database's.
pub async fn count(store: &Store, names: &[String]) -> Result<MachineData> {
    let mut data = MachineData::default();
    for name in names {
        let sql = "SELECT COUNT(*) FROM records WHERE machine_id = ?";
        let row = store.reader().query_one_raw(statement(store.reader(), sql, [ids::bytes(name).into()])).await?;
        let records: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
        data.records += u64::try_from(records).unwrap_or(0);
        data.counters += rows_of(store, name).await?.count();
        data.quarantined += quarantined(store, name).await?.len() as u64;
    }
    Ok(data)
}

/// Erases a machine under all of its names, and tells that in the audit log without naming it. Gives what there was.
///
/// # Errors
/// `Conflict` when the machine sends so much meanwhile that there is no end, and the database's; what is gone by then
/// stays gone.
pub async fn machine(
    store: &Store,
    names: &[String],
    author: &Author,
    told: impl FnOnce(&MachineData) -> Json,
) -> Result<MachineData> {
    let mut data = MachineData::default();
    for name in names {
        data.quarantined += erase_quarantined(store, name).await?;
        let (mut tries, mut is_gone) = (0, false);
        while !is_gone {
            if tries == TRIES {
                return Err(Error::Conflict("the machine goes on sending records; stop it first".to_owned()));
            }
            tries += 1;
            data.records += erase_records(store, name).await?;
            let rows = rows_of(store, name).await?;
            is_gone = erase_rows(store, name, &rows).await?;
            data.counters += if is_gone { rows.count() } else { 0 };
        }
    }
    // One may have come in meanwhile.
    for name in names {
        data.quarantined += erase_quarantined(store, name).await?;
    }
    // Its name is what is to be forgotten.
    let change = Change { action: "machine.erase", target: "(a machine)", before: Some(told(&data)), after: None };
    audit::tell_alone(store, author, change).await?;
    Ok(data)
}

async fn erase_records(store: &Store, name: &str) -> Result<u64> {
    let mut gone = 0;
    loop {
        let sql = format!("SELECT id FROM records WHERE machine_id = ? ORDER BY id LIMIT {}", purge::SLICE);
        let rows = store.writer().query_all_raw(statement(store.writer(), &sql, [ids::bytes(name).into()])).await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
        if ids.is_empty() {
            return Ok(gone);
        }
        gone += purge::erase(store, &ids).await?;
        tokio::task::yield_now().await;
    }
}

async fn rows_of(store: &Store, name: &str) -> Result<Rows> {
    catch_up(store).await?;
    let days = numbers(store, "day, dimension, scope, key FROM machine_day", name).await?;
    let mut hearts = Vec::new();
    let sql = "SELECT system_id, build_id, external, last_hour FROM population WHERE machine_id = ?";
    for row in store.reader().query_all_raw(statement(store.reader(), sql, [name.into()])).await? {
        hearts.push((
            row.try_get_by_index(0)?,
            row.try_get_by_index(1)?,
            row.try_get_by_index(2)?,
            row.try_get_by_index(3)?,
        ));
    }
    Ok(Rows {
        days,
        hearts,
        crashes: numbers(store, "stack_id, build_id FROM crash_machine", name).await?,
        mce: numbers(store, "year, build_id FROM mce_machine", name).await?,
        mce_totals: numbers(store, "year, system_id FROM mce_machine_total", name).await?,
    })
}

/// A machine's id as a table of counters has it.
fn named(kind: Kind, table: &str, name: &str) -> Value {
    match (kind, table) {
        (Kind::Postgres, "machine_day") => ids::bytes(name).into(),
        _ => name.into(),
    }
}

async fn numbers<const N: usize>(store: &Store, what: &str, name: &str) -> Result<Vec<[i32; N]>> {
    // PostgreSQL has smaller numbers for some.
    let (columns, table) = what.split_once(" FROM ").unwrap_or((what, ""));
    let columns: Vec<String> = columns.split(", ").map(|column| format!("CAST({column} AS INTEGER)")).collect();
    let sql = format!("SELECT {} FROM {table} WHERE machine_id = ?", columns.join(", "));
    let mut found = Vec::new();
    let named = named(store.kind(), table, name);
    for row in store.reader().query_all_raw(statement(store.reader(), &sql, [named])).await? {
        let mut numbers = [0; N];
        for (column, number) in numbers.iter_mut().enumerate() {
            *number = row.try_get_by_index(column)?;
        }
        found.push(numbers);
    }
    Ok(found)
}

/// Deletes the rows, and takes the machine out of the counts that they stand for. Says whether nothing is left: records
/// that have come in since bring rows of their own.
async fn erase_rows(store: &Store, name: &str, rows: &Rows) -> Result<bool> {
    let transaction = store.write_transaction().await?;
    if store.kind() == Kind::Postgres {
        let alone = match store.inner.distributed {
            // Fails where another transaction gets in between.
            true => "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            false => {
                "LOCK TABLE machine_day, population, crash_machine, mce_machine, mce_machine_total \
                 IN SHARE ROW EXCLUSIVE MODE"
            }
        };
        transaction.execute_unprepared(alone).await?;
    }
    let any = statement(&transaction, "SELECT 1 FROM records WHERE machine_id = ? LIMIT 1", [ids::bytes(name).into()]);
    if transaction.query_one_raw(any).await?.is_some() {
        transaction.rollback().await?;
        return Ok(false);
    }
    let erase = Erase { transaction: &transaction, kind: store.kind(), name, shard: store.inner.shard };
    erase.days(&rows.days).await?;
    erase.hearts(&rows.hearts).await?;
    erase.crashes(&rows.crashes).await?;
    for [year, build] in &rows.mce {
        erase.row("mce_machine", "year = ? AND build_id = ?", vec![(*year).into(), (*build).into()]).await?;
    }
    for [year, system] in &rows.mce_totals {
        erase.row("mce_machine_total", "year = ? AND system_id = ?", vec![(*year).into(), (*system).into()]).await?;
    }
    extensions::erase(store, &transaction, name).await?;
    transaction.execute_unprepared(ERASES).await?;
    transaction.commit().await?;
    Ok(true)
}

/// What erases a machine in one transaction.
struct Erase<'a> {
    transaction: &'a DatabaseTransaction,
    kind: Kind,
    name: &'a str,
    shard: i16,
}

impl Erase<'_> {
    /// Deletes a row of the machine. Says whether it was there.
    async fn row(&self, table: &str, key: &str, mut values: Vec<Value>) -> Result<bool> {
        values.push(named(self.kind, table, self.name));
        let sql = format!("DELETE FROM {table} WHERE {key} AND machine_id = ?");
        let deleted = self.transaction.execute_raw(with_values(self.transaction, &sql, values)).await?;
        Ok(deleted.rows_affected() > 0)
    }

    async fn run(&self, sql: &str, values: Vec<Value>) -> Result<()> {
        self.transaction.execute_raw(with_values(self.transaction, sql, values)).await?;
        Ok(())
    }

    async fn days(&self, days: &[[i32; 4]]) -> Result<()> {
        let fewer = "INSERT INTO tally_day (dimension, day, scope, key, shard, records, purged) \
                     VALUES (?, ?, ?, ?, ?, -1, 0) ON CONFLICT (dimension, day, scope, key, shard) \
                     DO UPDATE SET records = tally_day.records - 1";
        let key = "day = ? AND dimension = ? AND scope = ? AND key = ?";
        for [day, dimension, scope, of] in days.iter().copied() {
            let values = vec![day.into(), dimension.into(), scope.into(), of.into()];
            if self.row("machine_day", key, values).await? {
                let values = vec![dimension.into(), day.into(), scope.into(), of.into(), self.shard.into()];
                self.run(fewer, values).await?;
            }
        }
        Ok(())
    }

    async fn hearts(&self, hearts: &[(i32, i32, bool, Option<i32>)]) -> Result<()> {
        let fewer = "INSERT INTO tally_total (dimension, scope, key, shard, records, purged) \
                     VALUES (?, ?, ?, ?, -1, 0) ON CONFLICT (dimension, scope, key, shard) \
                     DO UPDATE SET records = tally_total.records - 1";
        let fewer_then = "INSERT INTO population_hour (hour, system_id, build_id, external, shard, machines) \
                          VALUES (?, ?, ?, ?, ?, -1) ON CONFLICT (hour, system_id, build_id, external, shard) \
                          DO UPDATE SET machines = population_hour.machines - 1";
        let key = "system_id = ? AND build_id = ? AND external = ?";
        for (system, build, external, last_hour) in hearts.iter().copied() {
            if !self.row("population", key, vec![system.into(), build.into(), external.into()]).await? {
                continue;
            }
            let dimension = Dimension::of_machines(external);
            self.run(fewer, vec![dimension.number().into(), system.into(), build.into(), self.shard.into()]).await?;
            if let Some(hour) = last_hour {
                let values = vec![hour.into(), system.into(), build.into(), external.into(), self.shard.into()];
                self.run(fewer_then, values).await?;
            }
        }
        Ok(())
    }

    async fn crashes(&self, crashes: &[[i32; 2]]) -> Result<()> {
        for [stack, build] in crashes.iter().copied() {
            let key = "stack_id = ? AND build_id = ?";
            self.row("crash_machine", key, vec![stack.into(), build.into()]).await?;
            let pages = "SELECT shard, page, machines FROM crash_page WHERE stack_id = ?";
            for row in self.transaction.query_all_raw(statement(self.transaction, pages, [stack.into()])).await? {
                let (shard, page): (i16, i32) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
                let machines: Vec<u8> = row.try_get_by_index(2)?;
                let gone = [entry(build, machine_key(self.name))];
                let Some(left) = crash_pages::without(&machines, &gone) else { continue };
                let update = "UPDATE crash_page SET machines = ? WHERE stack_id = ? AND shard = ? AND page = ?";
                self.run(update, vec![left.into(), stack.into(), shard.into(), page.into()]).await?;
            }
        }
        Ok(())
    }
}

/// The records in quarantine that name a machine.
async fn quarantined(store: &Store, name: &str) -> Result<Vec<i64>> {
    let (mut ids, mut after) = (Vec::new(), 0_i64);
    loop {
        let sql = format!("SELECT id, body FROM quarantine WHERE id > ? ORDER BY id LIMIT {CHUNK}");
        let rows = store.reader().query_all_raw(statement(store.reader(), &sql, [after.into()])).await?;
        let Some(last) = rows.last() else { return Ok(ids) };
        after = last.try_get_by_index(0)?;
        for row in &rows {
            let body: String = row.try_get_by_index(1)?;
            if names(&body, name) {
                ids.push(row.try_get_by_index(0)?);
            }
        }
    }
}

/// Whether a record in JSON form, valid or not, is of a machine.
fn names(body: &str, machine_id: &str) -> bool {
    match wire::json_value(body) {
        Some(record) => match record.get("machine_id") {
            Some(Json::String(id)) => id.trim() == machine_id,
            Some(Json::Number(id)) => machine_id == format!("{id}"),
            _ => false,
        },
        None => body.split("\"machine_id\"").skip(1).any(|rest| begins_with_id(rest, machine_id)),
    }
}

/// Whether what stands behind a key that cannot be read as JSON is a machine's id.
fn begins_with_id(rest: &str, machine_id: &str) -> bool {
    let value = rest.trim_start_matches(|char: char| char.is_whitespace() || char == ':' || char == '"');
    value.strip_prefix(machine_id).is_some_and(|rest| !rest.starts_with(|char: char| char.is_alphanumeric()))
}

async fn erase_quarantined(store: &Store, name: &str) -> Result<u64> {
    let ids = quarantined(store, name).await?;
    for id in &ids {
        let delete = statement(store.writer(), "DELETE FROM quarantine WHERE id = ?", [(*id).into()]);
        store.writer().execute_raw(delete).await?;
    }
    Ok(ids.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_in_quarantine_name_machines() {
        let check = |body: &str, expected: bool| assert_eq!(names(body, "42"), expected, "{body}");
        check(r#"{"machine_id": "42", "severity": "x"}"#, true);
        check(r#"{"machine_id": 42}"#, true);
        check(r#"{"machine_id": "421", "payload": "\"42\""}"#, false);
        check("{\"machine_id\": 42, \"payload\": \"raw \t tab\"}", true);
        check(r#"{"machine_id": "42", broken"#, true);
        check(r#"{"machine_id": 42, broken"#, true);
        check(r#"{"machine_id": "421", "severity": "42", broken"#, false);
        check("42", false);
    }
}
