//! Guilties, one by one: what people say about them, and where they were hit.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::json;
use telemetrics_common::builds::sort_by_build;
use telemetrics_common::guilties::{
    Guilty, GuiltyBuild, GuiltyEntry, GuiltyList, GuiltyMachine, GuiltyPatch, MAX_COMMENT_CHARS, MAX_MACHINES,
};

use super::audit::{self, Author};
use super::counters::{Count, Dimension, catch_up};
use super::crash_pages;
use super::crashes::day_counts;
use super::names::{by_size, count};
use super::sql::{joined, rows, statement};
use super::stacks::Guilties;
use super::{Store, never_guilty, rules};
use crate::error::{Error, Result};

/// What people say about guilties.
pub(super) async fn entries(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = i32>,
) -> Result<HashMap<i32, GuiltyEntry>> {
    let mut entries = HashMap::new();
    let ids: Vec<i32> = ids.into_iter().collect::<BTreeSet<i32>>().into_iter().collect();
    for ids in ids.chunks(1000) {
        let sql = format!("SELECT id, function, module, comment, hidden FROM guilty WHERE id IN ({})", joined(ids));
        for row in rows(db, &sql).await? {
            entries.insert(row.try_get_by_index(0)?, read_entry(&row)?);
        }
    }
    Ok(entries)
}

fn read_entry(row: &QueryResult) -> Result<GuiltyEntry> {
    Ok(GuiltyEntry {
        id: i64::from(row.try_get_by_index::<i32>(0)?),
        function: row.try_get_by_index(1)?,
        module: row.try_get_by_index(2)?,
        comment: row.try_get_by_index(3)?,
        hidden: row.try_get_by_index(4)?,
    })
}

/// All guilties that some stack has, or only hidden or shown ones.
///
/// # Errors
/// The database's.
pub async fn list(store: &Store, hidden: Option<bool>) -> Result<GuiltyList> {
    catch_up(store).await?;
    let sql = "SELECT id, function, module, comment, hidden FROM guilty ORDER BY id";
    let mut guilties: Vec<GuiltyEntry> =
        rows(store.reader(), sql).await?.iter().map(read_entry).collect::<Result<_>>()?;
    let active = rules::versions(store.reader()).await?.active;
    // Stack 0 has its judgement before it has a crash.
    let sql = format!(
        "SELECT DISTINCT guilty_id FROM judgement WHERE rules = {active} \
         AND (stack_id <> 0 OR EXISTS (SELECT 1 FROM tally_total WHERE dimension = {} AND key = 0))",
        Dimension::Crash.number()
    );
    let used: BTreeSet<i64> = rows(store.reader(), &sql)
        .await?
        .iter()
        .map(|row| Ok(i64::from(row.try_get_by_index::<i32>(0)?)))
        .collect::<Result<_>>()?;
    // What somebody has hidden stays in that list, whatever the rules.
    guilties.retain(|entry| {
        hidden.is_none_or(|hidden| hidden == entry.hidden) && (entry.hidden || used.contains(&entry.id))
    });
    guilties.sort_by(|a, b| (&a.function, &a.module).cmp(&(&b.function, &b.module)));
    Ok(GuiltyList { guilties })
}

/// The ids of hidden guilties.
pub(super) async fn hidden(store: &Store) -> Result<BTreeSet<i32>> {
    let found = rows(store.reader(), "SELECT id FROM guilty WHERE hidden").await?;
    found.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Changes the comment or the hidden mark.
///
/// # Errors
/// `BadRequest` for a comment that is too long, `NotFound`, and the database's.
pub async fn patch(store: &Store, id: i64, patch: GuiltyPatch, author: &Author) -> Result<GuiltyEntry> {
    let comment = patch.comment.as_deref().map(str::trim);
    if comment.is_some_and(|comment| comment.chars().count() > MAX_COMMENT_CHARS || comment.contains(char::is_control))
    {
        return Err(Error::BadRequest(format!("comment: must be at most {MAX_COMMENT_CHARS} characters in one line")));
    }
    let transaction = store.write_transaction().await?;
    let known = entry(&transaction, id).await?;
    let target = format!("{} [{}]", known.function, known.module);
    if let Some(comment) = comment {
        let (before, after) = (Some(json!(known.comment)), Some(json!(comment)));
        let told = audit::Change { action: "guilty.comment", target: &target, before, after };
        audit::tell(&transaction, author, told).await?;
        let update = statement(&transaction, "UPDATE guilty SET comment = ? WHERE id = ?", [comment.into(), id.into()]);
        transaction.execute_raw(update).await?;
    }
    if let Some(hidden) = patch.hidden {
        let (before, after) = (Some(json!(known.hidden)), Some(json!(hidden)));
        let told = audit::Change { action: "guilty.hide", target: &target, before, after };
        audit::tell(&transaction, author, told).await?;
        let update = statement(&transaction, "UPDATE guilty SET hidden = ? WHERE id = ?", [hidden.into(), id.into()]);
        transaction.execute_raw(update).await?;
    }
    let patched = entry(&transaction, id).await?;
    transaction.commit().await?;
    Ok(patched)
}

pub(super) async fn entry(db: &impl ConnectionTrait, id: i64) -> Result<GuiltyEntry> {
    let not_found = || Error::NotFound(format!("there is no guilty {id}"));
    let id = i32::try_from(id).map_err(|_| not_found())?;
    entries(db, [id]).await?.remove(&id).ok_or_else(not_found)
}

/// Takes back all comments, hidden marks and changes of the never-guilty list.
///
/// # Errors
/// The database's.
pub async fn reset(store: &Store, author: &Author) -> Result<()> {
    let transaction = store.write_transaction().await?;
    let said = "SELECT id, function, module, comment, hidden FROM guilty WHERE comment <> '' OR hidden";
    let said = rows(&transaction, said).await?;
    let said = said.iter().map(|row| read_entry(row).map(|entry| json!(entry))).collect::<Result<Vec<_>>>()?;
    let told = audit::Change {
        action: "guilty.reset",
        target: "all comments, hidden marks and changes of the never-guilty list",
        before: Some(json!(said)),
        after: None,
    };
    audit::tell(&transaction, author, told).await?;
    transaction.execute_unprepared("UPDATE guilty SET comment = '', hidden = FALSE").await?;
    never_guilty::reset(&transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// Of some guilties those whose function or module, or a program that hit them, contains a text in any case.
pub(super) async fn search(
    store: &Store,
    rules: i32,
    text: &str,
    entries: &HashMap<i32, GuiltyEntry>,
) -> Result<BTreeSet<i32>> {
    let text = text.to_lowercase();
    let contains = |name: &str| name.to_lowercase().contains(&text);
    let mut found: BTreeSet<i32> = entries
        .iter()
        .filter(|(_, entry)| contains(&entry.function) || contains(&entry.module))
        .map(|(id, _)| *id)
        .collect();
    let mut programs = Vec::new();
    for row in rows(store.reader(), "SELECT id, program FROM program WHERE id <> 0").await? {
        let program: String = row.try_get_by_index(1)?;
        programs.extend(contains(&program).then_some(row.try_get_by_index::<i32>(0)?));
    }
    for ids in programs.chunks(1000) {
        let sql = format!(
            "SELECT DISTINCT j.guilty_id FROM tally_total t JOIN judgement j ON j.rules = {rules} AND j.stack_id = t.scope \
             WHERE t.dimension = {} AND t.key IN ({})",
            Dimension::CrashProgram.number(),
            joined(ids)
        );
        for row in rows(store.reader(), &sql).await? {
            found.insert(row.try_get_by_index(0)?);
        }
    }
    Ok(found)
}

/// The guilties of stacks, of those that have one of some guilties.
pub(super) async fn stacks_of(store: &Store, rules: i32, ids: &[i32]) -> Result<Guilties> {
    if ids.is_empty() {
        return Ok(Guilties::default());
    }
    let sql =
        format!("SELECT stack_id, guilty_id FROM judgement WHERE rules = {rules} AND guilty_id IN ({})", joined(ids));
    let read = |row: &QueryResult| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
    rows(store.reader(), &sql).await?.iter().map(read).collect()
}

/// A guilty with its history of all time.
///
/// # Errors
/// `NotFound`, and the database's.
pub async fn guilty(store: &Store, id: i64) -> Result<Guilty> {
    catch_up(store).await?;
    let entry = entry(store.reader(), id).await?;
    let key = i32::try_from(id).unwrap_or_default();
    let rules = rules::versions(store.reader()).await?.active;
    let stacks: Vec<i32> = stacks_of(store, rules, &[key]).await?.into_keys().collect();
    // No stack has this id: a list must not be empty.
    let ids = if stacks.is_empty() { "-1".to_owned() } else { joined(&stacks) };
    let (counts, machines, (programs, signals), days) = tokio::try_join!(
        by_build(store, &ids),
        crash_pages::by_build(store, &stacks),
        programs(store, &ids),
        by_day(store, &ids),
    )?;
    store.dictionaries().build.load(store.reader(), counts.keys().copied()).await?;
    let builds = named_builds(store, &counts, &machines)?;
    Ok(Guilty {
        id,
        function: entry.function,
        module: entry.module,
        comment: entry.comment,
        hidden: entry.hidden,
        records: builds.iter().map(|(_, build)| build.records).sum(),
        purged: builds.iter().map(|(_, build)| build.purged).sum(),
        days: day_counts(days),
        programs: by_size(programs),
        signals: by_size(signals),
        machines: machines_of(store, &ids, &builds).await?,
        builds: builds.into_iter().map(|(_, build)| build).collect(),
    })
}

/// The stacks of a guilty by the rules in use.
pub(super) async fn stack_ids(store: &Store, guilty_id: i32) -> Result<Vec<i32>> {
    let sql = format!(
        "SELECT stack_id FROM judgement WHERE rules = (SELECT active FROM rules_in_use) AND guilty_id = {guilty_id} \
         ORDER BY stack_id"
    );
    rows(store.reader(), &sql).await?.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Builds with their ids, by system, ascending.
fn named_builds(
    store: &Store,
    counts: &BTreeMap<i32, Count>,
    machines: &BTreeMap<i32, u64>,
) -> Result<Vec<(i32, GuiltyBuild)>> {
    let mut systems = BTreeMap::<String, Vec<(i32, GuiltyBuild)>>::new();
    for (&id, counted) in counts {
        let texts = store.dictionaries().build.texts(id)?;
        let text = |column: usize| texts.get(column).cloned().unwrap_or_default();
        let build = GuiltyBuild {
            system: text(0),
            build: text(1),
            records: count(counted.records),
            purged: count(counted.purged),
            machines: machines.get(&id).copied().unwrap_or(0),
        };
        systems.entry(text(0)).or_default().push((id, build));
    }
    systems.values_mut().for_each(|builds| sort_by_build(builds, |(_, build)| &build.build));
    Ok(systems.into_values().flatten().collect())
}

/// The machines of the newest builds: of each system the newest one, then the one before it, until there are enough.
async fn machines_of(store: &Store, stacks: &str, builds: &[(i32, GuiltyBuild)]) -> Result<Vec<GuiltyMachine>> {
    let mut ages = BTreeMap::<&str, usize>::new();
    let mut newest: Vec<(usize, usize)> = Vec::with_capacity(builds.len());
    for (place, (_, build)) in builds.iter().enumerate().rev() {
        let age = ages.entry(&build.system).or_default();
        newest.push((*age, place));
        *age += 1;
    }
    newest.sort_unstable();
    let mut named = BTreeMap::new();
    let mut room = MAX_MACHINES;
    for (_, place) in newest {
        let Some((id, build)) = builds.get(place).filter(|_| room > 0) else { break };
        let machines = machines_in(store, stacks, (*id, build), room).await?;
        room -= machines.len();
        named.insert(place, machines);
    }
    Ok(named.into_values().flatten().collect())
}

/// Crashes of some stacks by day, of all systems.
async fn by_day(store: &Store, stacks: &str) -> Result<BTreeMap<i32, Count>> {
    let sql = format!(
        "SELECT day, CAST(SUM(records) AS BIGINT), CAST(SUM(purged) AS BIGINT) FROM crash_day \
         WHERE stack_id IN ({stacks}) GROUP BY day"
    );
    counted(store, &sql).await
}

/// Crashes of some stacks by build.
async fn by_build(store: &Store, stacks: &str) -> Result<BTreeMap<i32, Count>> {
    let sql = format!(
        "SELECT scope, CAST(SUM(records) AS BIGINT), CAST(SUM(purged) AS BIGINT) FROM tally_total{} \
         WHERE dimension = {} AND key IN ({stacks}) GROUP BY scope",
        store.by_index("tally_total_stack"),
        Dimension::Crash.number()
    );
    counted(store, &sql).await
}

async fn counted(store: &Store, sql: &str) -> Result<BTreeMap<i32, Count>> {
    let read = |row: &QueryResult| Ok((row.try_get_by_index(0)?, read_count(row, 1)?));
    rows(store.reader(), sql).await?.iter().map(read).collect()
}

type Names = BTreeMap<String, Count>;

/// Crashes of some stacks by program, and by signal.
async fn programs(store: &Store, stacks: &str) -> Result<(Names, Names)> {
    let sql = format!(
        "SELECT p.program, p.signal, CAST(SUM(t.records) AS BIGINT), CAST(SUM(t.purged) AS BIGINT) FROM tally_total t \
         JOIN program p ON p.id = t.key WHERE t.dimension = {} AND t.scope IN ({stacks}) GROUP BY p.program, p.signal",
        Dimension::CrashProgram.number()
    );
    let (mut programs, mut signals) = (Names::new(), Names::new());
    for row in rows(store.reader(), &sql).await? {
        let (program, signal): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        for (names, name) in [(&mut programs, program), (&mut signals, signal)] {
            if !name.is_empty() {
                names.entry(name).or_default().merge(read_count(&row, 2)?);
            }
        }
    }
    Ok((programs, signals))
}

/// The machines with some stacks in one build, the one with the most crashes first.
async fn machines_in(
    store: &Store,
    stacks: &str,
    (build_id, build): (i32, &GuiltyBuild),
    most: usize,
) -> Result<Vec<GuiltyMachine>> {
    let sql = format!(
        "SELECT machine_id, CAST(SUM(records) AS BIGINT), CAST(SUM(purged) AS BIGINT) FROM crash_machine \
         WHERE stack_id IN ({stacks}) AND build_id = {build_id} \
         GROUP BY machine_id ORDER BY 2 DESC, machine_id{} LIMIT {most}",
        store.by_bytes()
    );
    let read = |row: &QueryResult| {
        let counted = read_count(row, 1)?;
        Ok(GuiltyMachine {
            system: build.system.clone(),
            build: build.build.clone(),
            machine_id: row.try_get_by_index(0)?,
            records: count(counted.records),
            purged: count(counted.purged),
        })
    };
    rows(store.reader(), &sql).await?.iter().map(read).collect()
}

/// A count in two columns of a row.
fn read_count(row: &QueryResult, first: usize) -> Result<Count> {
    Ok(Count { records: row.try_get_by_index(first)?, purged: row.try_get_by_index(first + 1)? })
}
