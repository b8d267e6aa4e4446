//! The never-guilty list as people change it, and what a change would do. Changing it judges nothing anew.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::json;
use telemetrics_common::Timestamp;
use telemetrics_common::never_guilty::{
    Accused, FramePattern, ImportedFrame, ListChange, Move, NeverGuilty, NeverGuiltyFrame, Preview, Switch,
};

use super::audit::{self, Author};
use super::counters::{Dimension, catch_up};
use super::names::count;
use super::rules::{self, Pattern};
use super::sql::{rows, statement};
use super::stacks::{self, read_frames};
use super::{Store, jobs, recompute, records};
use crate::backtrace::judge::{Pair, guilty};
use crate::backtrace::{Frame, MAX_NAME, crashing_thread, normalised};
use crate::error::{Error, Result};

/// The longest reason.
const MAX_REASON_CHARS: usize = 500;
/// How many stacks are judged at once.
const CHUNK: u32 = 500;
/// The longest list: every stack is held against all of it.
const MAX_ENTRIES: usize = 20_000;

/// A change that somebody has made.
struct Change {
    pattern: Pattern,
    in_force: bool,
    by: Option<String>,
    at: i64,
    reason: String,
}

/// The list with all that is known about its entries.
///
/// # Errors
/// The database's.
pub async fn list(store: &Store) -> Result<NeverGuilty> {
    let changes = changes(store.reader()).await?;
    let shipped: BTreeSet<Pattern> = rules::shipped().collect();
    let entry = |change: &Change| NeverGuiltyFrame {
        function: change.pattern.function.clone(),
        module: change.pattern.module.clone(),
        shipped: shipped.contains(&change.pattern),
        by: change.by.clone(),
        at: Some(Timestamp::from_millis(change.at)),
        reason: change.reason.clone(),
    };
    let untouched = shipped.iter().filter(|pattern| !changes.iter().any(|change| change.pattern == **pattern));
    let mut frames: Vec<NeverGuiltyFrame> = untouched
        .map(|pattern| NeverGuiltyFrame {
            function: pattern.function.clone(),
            module: pattern.module.clone(),
            shipped: true,
            ..NeverGuiltyFrame::default()
        })
        .collect();
    frames.extend(changes.iter().filter(|change| change.in_force).map(entry));
    frames.sort_by(|a, b| (&a.function, &a.module).cmp(&(&b.function, &b.module)));
    let switched_off = changes.iter().filter(|change| !change.in_force).map(entry).collect();
    let active = rules::versions(store.reader()).await?.active;
    let changed = rules::list(store.reader(), active).await? != in_force(store.reader()).await?;
    let job = jobs::unfinished(store.reader(), recompute::KIND).await?.map(|(id, _)| id);
    Ok(NeverGuilty { frames, switched_off, changed, job })
}

/// What is in force now, in order.
pub(super) async fn in_force(db: &impl ConnectionTrait) -> Result<Vec<Pattern>> {
    let mut list: BTreeSet<Pattern> = rules::shipped().collect();
    for change in changes(db).await? {
        if change.in_force {
            list.insert(change.pattern);
        } else {
            list.remove(&change.pattern);
        }
    }
    Ok(list.into_iter().collect())
}

async fn changes(db: &impl ConnectionTrait) -> Result<Vec<Change>> {
    let sql = "SELECT function, module, in_force, changed_by, changed_at, reason FROM never_guilty \
               ORDER BY function, module";
    let rows = rows(db, sql).await?;
    let read = |row: &QueryResult| {
        Ok(Change {
            pattern: Pattern { function: row.try_get_by_index(0)?, module: row.try_get_by_index(1)? },
            in_force: row.try_get_by_index(2)?,
            by: row.try_get_by_index(3)?,
            at: row.try_get_by_index(4)?,
            reason: row.try_get_by_index(5)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Adds an entry, or switches a shipped one on again. One that is there stays as it is.
///
/// # Errors
/// `BadRequest` for an entry that cannot be one, and the database's.
pub async fn add(store: &Store, entry: FramePattern, author: &Author) -> Result<()> {
    import(store, vec![imported(entry)], author).await
}

fn imported(FramePattern { function, module, reason }: FramePattern) -> ImportedFrame {
    ImportedFrame { function, module, reason: reason.unwrap_or_default() }
}

/// Checks an entry of another list.
///
/// # Errors
/// `BadRequest` for one that cannot be an entry.
pub fn check(entry: &ImportedFrame) -> Result<()> {
    checked(entry.clone()).map(drop)
}

/// Adds many entries, all or none.
///
/// # Errors
/// `BadRequest` for an entry that cannot be one, and the database's.
pub async fn import(store: &Store, entries: Vec<ImportedFrame>, author: &Author) -> Result<()> {
    let entries: Vec<(Pattern, String)> = entries.into_iter().map(checked).collect::<Result<_>>()?;
    let shipped: BTreeSet<Pattern> = rules::shipped().collect();
    let transaction = store.write_transaction().await?;
    let there: BTreeSet<Pattern> = in_force(&transaction).await?.into_iter().collect();
    let new: BTreeMap<Pattern, String> = entries.into_iter().filter(|(pattern, _)| !there.contains(pattern)).collect();
    if there.len() + new.len() > MAX_ENTRIES {
        return Err(Error::BadRequest(format!("the list would be longer than {MAX_ENTRIES} entries")));
    }
    for (pattern, reason) in new {
        tell_switch(&transaction, author, &pattern, true, &reason).await?;
        if shipped.contains(&pattern) {
            forget(&transaction, &pattern).await?;
        } else {
            change(&transaction, &pattern, true, author, &reason).await?;
        }
    }
    transaction.commit().await?;
    Ok(())
}

/// Takes an entry out; a shipped one is switched off.
///
/// # Errors
/// `NotFound` for an entry that is not in the list, and the database's.
pub async fn remove(store: &Store, entry: FramePattern, author: &Author) -> Result<()> {
    let (pattern, reason) = checked(imported(entry))?;
    let transaction = store.write_transaction().await?;
    if !in_force(&transaction).await?.contains(&pattern) {
        let Pattern { function, module } = pattern;
        return Err(Error::NotFound(format!("{function} in {module} is not in the list")));
    }
    tell_switch(&transaction, author, &pattern, false, &reason).await?;
    if rules::shipped().any(|shipped| shipped == pattern) {
        change(&transaction, &pattern, false, author, &reason).await?;
    } else {
        forget(&transaction, &pattern).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Switches all shipped entries off, or on again. Those that are off stay as they are.
///
/// # Errors
/// `BadRequest` for a reason that cannot be one, and the database's.
pub async fn switch_shipped(store: &Store, switch: Switch, author: &Author) -> Result<()> {
    let reason = line("reason", switch.reason.as_deref().unwrap_or_default(), MAX_REASON_CHARS)?;
    let transaction = store.write_transaction().await?;
    let there: BTreeSet<Pattern> = in_force(&transaction).await?.into_iter().collect();
    let after = json!({"in_force": switch.in_force, "reason": reason});
    let told = audit::Change {
        action: "never-guilty.shipped",
        target: "all shipped entries",
        before: None,
        after: Some(after),
    };
    audit::tell(&transaction, author, told).await?;
    for pattern in rules::shipped() {
        if switch.in_force {
            forget(&transaction, &pattern).await?;
        } else if there.contains(&pattern) {
            change(&transaction, &pattern, false, author, &reason).await?;
        }
    }
    transaction.commit().await?;
    Ok(())
}

/// Takes back all changes.
pub(super) async fn reset(db: &impl ConnectionTrait) -> Result<()> {
    db.execute_unprepared("DELETE FROM never_guilty").await?;
    Ok(())
}

/// An entry as the audit log names it.
pub(super) fn target(function: &str, module: &str) -> String {
    format!("{function} [{module}]")
}

async fn tell_switch(
    db: &impl ConnectionTrait,
    author: &Author,
    Pattern { function, module }: &Pattern,
    in_force: bool,
    reason: &str,
) -> Result<()> {
    let action = if in_force { "never-guilty.add" } else { "never-guilty.remove" };
    let target = target(function, module);
    let (before, after) = (json!({"in_force": !in_force}), json!({"in_force": in_force, "reason": reason}));
    let told = audit::Change { action, target: &target, before: Some(before), after: Some(after) };
    audit::tell(db, author, told).await
}

async fn change(
    db: &impl ConnectionTrait,
    pattern: &Pattern,
    in_force: bool,
    author: &Author,
    reason: &str,
) -> Result<()> {
    let upsert = "INSERT INTO never_guilty (function, module, in_force, changed_by, changed_at, reason) \
                  VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (function, module) DO UPDATE SET in_force = excluded.in_force, \
                  changed_by = excluded.changed_by, changed_at = excluded.changed_at, reason = excluded.reason";
    let values = [
        pattern.function.as_str().into(),
        pattern.module.as_str().into(),
        in_force.into(),
        author.name.clone().into(),
        author.at.into(),
        reason.into(),
    ];
    db.execute_raw(statement(db, upsert, values)).await?;
    Ok(())
}

async fn forget(db: &impl ConnectionTrait, pattern: &Pattern) -> Result<()> {
    let delete = "DELETE FROM never_guilty WHERE function = ? AND module = ?";
    let values = [pattern.function.as_str().into(), pattern.module.as_str().into()];
    db.execute_raw(statement(db, delete, values)).await?;
    Ok(())
}

/// Checks the texts of an entry, without the white space around them.
fn checked(ImportedFrame { function, module, reason }: ImportedFrame) -> Result<(Pattern, String)> {
    let pattern = Pattern { function: name("function", &function)?, module: name("module", &module)? };
    // A module without a name there is, but no function.
    if pattern.function.is_empty() {
        return Err(Error::BadRequest("function: must not be empty; * stands for any".to_owned()));
    }
    Ok((pattern, line("reason", &reason, MAX_REASON_CHARS)?))
}

/// A name without the white space around it. Names in backtraces are cut by their bytes.
fn name(of: &str, text: &str) -> Result<String> {
    match text.trim().len() > MAX_NAME {
        true => Err(Error::BadRequest(format!("{of}: must be at most {MAX_NAME} bytes in one line"))),
        false => line(of, text, MAX_NAME),
    }
}

/// A text without the white space around it.
fn line(name: &str, text: &str, most: usize) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > most || text.contains(char::is_control) {
        return Err(Error::BadRequest(format!("{name}: must be at most {most} characters in one line")));
    }
    Ok(text.to_owned())
}

/// What a change would do. Nothing is changed.
///
/// # Errors
/// `BadRequest` for an entry that cannot be one, `NotFound` for the record, and the database's.
pub async fn preview(store: &Store, change: ListChange) -> Result<Preview> {
    catch_up(store).await?;
    let patterns = |entries: Vec<FramePattern>| {
        let pattern = |entry| checked(imported(entry)).map(|(pattern, _)| pattern);
        entries.into_iter().map(pattern).collect::<Result<BTreeSet<Pattern>>>()
    };
    let (add, remove) = (patterns(change.add)?, patterns(change.remove)?);
    let mut list: BTreeSet<Pattern> = in_force(store.reader()).await?.into_iter().collect();
    list.retain(|pattern| !remove.contains(pattern));
    list.extend(add);
    let never = rules::compiled(&list.into_iter().collect::<Vec<_>>());
    if let Some(id) = change.record_id {
        let stored = records::get(store, id).await?;
        let is_crash = store.has_backtraces(&stored.record.classification);
        let frames = normalised(&crashing_thread(&stored.record.payload));
        let judged = guilty(&frames, &never).filter(|_| is_crash);
        return Ok(Preview { guilty: judged.map(|judged| accused(judged.pair)), ..Preview::default() });
    }
    let crashes = crashes_by_stack(store).await?;
    let mut moves = BTreeMap::<(Accused, Accused), u64>::new();
    let mut after = 0;
    loop {
        let stacks = stacks_after(store, after).await?;
        let Some((last, _)) = stacks.last() else { break };
        after = *last;
        let mut guilties = stacks::guilties(store.reader(), stacks.iter().map(|(id, _)| *id)).await?;
        for (id, frames) in stacks {
            let (Some(judged), Some(records)) = (guilty(&frames, &never), crashes.get(&id)) else { continue };
            let now = guilties.remove(&id);
            let from = now.map(|now| Accused { function: now.function, module: now.module }).unwrap_or_default();
            let to = accused(judged.pair);
            if from != to {
                *moves.entry((from, to)).or_default() += records;
            }
        }
        // There may be many, and others wait for the same thread.
        tokio::task::yield_now().await;
    }
    let mut moves: Vec<Move> = moves.into_iter().map(|((from, to), records)| Move { from, to, records }).collect();
    moves.sort_by_key(|one| Reverse(one.records));
    Ok(Preview { guilty: None, records: moves.iter().map(|one| one.records).sum(), moves })
}

fn accused(Pair { function, module }: Pair) -> Accused {
    Accused { function, module }
}

/// How many crashes were ever counted with each stack.
async fn crashes_by_stack(store: &Store) -> Result<HashMap<i32, u64>> {
    let sql = format!(
        "SELECT key, CAST(SUM(records) AS BIGINT) FROM tally_total WHERE dimension = {} GROUP BY key",
        Dimension::Crash.number()
    );
    let read = |row: &QueryResult| Ok((row.try_get_by_index(0)?, count(row.try_get_by_index(1)?)));
    rows(store.reader(), &sql).await?.iter().map(read).collect()
}

/// The next stacks by id, with their frames.
async fn stacks_after(store: &Store, after: i32) -> Result<Vec<(i32, Vec<Frame>)>> {
    let sql = format!("SELECT id, frames FROM stack WHERE id > {after} ORDER BY id LIMIT {CHUNK}");
    let read = |row: &QueryResult| {
        let frames: String = row.try_get_by_index(1)?;
        Ok((row.try_get_by_index(0)?, read_frames(&frames)?))
    };
    rows(store.reader(), &sql).await?.iter().map(read).collect()
}
