//! Crashing stacks: each distinct one is stored once, and judged when it is stored.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Value};
use telemetrics_common::records::GuiltyRef;

use super::Store;
use super::crash_pages::Mixed;
use super::dictionary::OTHER;
use super::rules;
use super::sql::{joined, rows, statement, with_values};
use crate::backtrace::judge::{Pair, guilty};
use crate::backtrace::{Frame, RawFrame, normalised, stack_key};
use crate::error::{Error, Result};
use crate::key::{self, Key};

/// Ids of stacks by their keys.
#[derive(Default)]
pub(super) struct Cache {
    ids: RwLock<HashMap<Key, i32>>,
    /// Once there is no room for further stacks it stays so: they are never deleted.
    full: AtomicBool,
    judgements: RwLock<Judgements>,
}

/// Guilties by stacks.
pub(super) type Guilties = HashMap<i32, i32, BuildHasherDefault<Mixed>>;

/// The guilties of stacks by one version of the rules.
#[derive(Default)]
struct Judgements {
    rules: i32,
    guilties: Guilties,
}

impl Cache {
    // A panic while the lock is held leaves the map whole: each change is one insertion.
    fn get(&self, key: &Key) -> Option<i32> {
        self.ids.read().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }

    fn judgements(&self, rules: i32, stacks: &[i32]) -> Guilties {
        let known = self.judgements.read().unwrap_or_else(PoisonError::into_inner);
        let stacks = stacks.iter().filter(|_| known.rules == rules);
        stacks.filter_map(|stack| Some((*stack, *known.guilties.get(stack)?))).collect()
    }

    fn judged(&self, rules: i32, judged: &Guilties) {
        let mut known = self.judgements.write().unwrap_or_else(PoisonError::into_inner);
        if known.rules < rules {
            *known = Judgements { rules, guilties: Guilties::default() };
        }
        if known.rules == rules {
            known.guilties.extend(judged);
        }
    }

    fn insert(&self, key: Key, id: i32) {
        self.ids.write().unwrap_or_else(PoisonError::into_inner).insert(key, id);
    }
}

/// The id of a stack with frames, if this process has seen it.
pub(super) fn remembered(store: &Store, frames: &[RawFrame<'_>]) -> Option<i32> {
    store.inner.stacks.get(&stack_key(frames))
}

/// The ids of stacks; those without frames have none. New ones are stored and judged in one transaction, whatever
/// their number.
pub(super) async fn ids(store: &Store, stacks: &[Vec<RawFrame<'_>>]) -> Result<Vec<Option<i32>>> {
    let keys: Vec<Option<Key>> = stacks.iter().map(|frames| (!frames.is_empty()).then(|| stack_key(frames))).collect();
    let cache = &store.inner.stacks;
    let mut new = BTreeMap::new();
    for (key, frames) in keys.iter().zip(stacks) {
        let Some(key) = key.filter(|key| cache.get(key).is_none()) else { continue };
        match find(store.writer(), &key).await? {
            Some(id) => cache.insert(key, id),
            None => drop(new.insert(key, frames.as_slice())),
        }
    }
    let new = if new.is_empty() || is_full(store).await? { HashMap::new() } else { add(store, new).await? };
    let id = |key: &Key| cache.get(key).or_else(|| new.get(key).copied()).unwrap_or(OTHER);
    Ok(keys.iter().map(|key| key.as_ref().map(id)).collect())
}

async fn find(db: &impl ConnectionTrait, key: &Key) -> Result<Option<i32>> {
    let row = db.query_one_raw(statement(db, "SELECT id FROM stack WHERE key = ?", [key.to_vec().into()])).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

async fn is_full(store: &Store) -> Result<bool> {
    let (db, full) = (store.writer(), &store.inner.stacks.full);
    if full.load(Ordering::Relaxed) {
        return Ok(true);
    }
    let row = db.query_one_raw(statement(db, "SELECT COUNT(*) FROM stack", [])).await?;
    let rows: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
    let is_full = usize::try_from(rows).unwrap_or(usize::MAX) > store.inner.stack_bound;
    if is_full && !full.swap(true, Ordering::Relaxed) {
        tracing::warn!("there is no room for further stacks: their crashes count as (other)");
    }
    Ok(is_full)
}

/// In a transaction with their judgements, so that none is ever without. A batch may have hundreds: all of them are added
/// by few statements.
async fn add(store: &Store, stacks: BTreeMap<Key, &[RawFrame<'_>]>) -> Result<HashMap<Key, i32>> {
    // All that takes time comes before the transaction.
    let stacks: BTreeMap<Key, Vec<Frame>> = stacks.into_iter().map(|(key, frames)| (key, normalised(frames))).collect();
    let mut rows = Vec::with_capacity(stacks.len());
    for (key, frames) in &stacks {
        rows.push([key.to_vec().into(), write_frames(frames)?.into()]);
    }
    let transaction = store.write_transaction().await?;
    let versions = rules::held_versions(&transaction).await?;
    insert(&transaction, "stack (key, frames)", rows).await?;
    let ids = find_all(&transaction, "stack", stacks.keys()).await?;
    let mut judged = Vec::new();
    for (key, frames) in &stacks {
        let id = *ids.get(key).ok_or_else(|| Error::internal("a stack has vanished"))?;
        for version in [Some(versions.active), versions.next].into_iter().flatten() {
            let never = rules::never_guilty(store, &transaction, version).await?;
            judged.extend(guilty(frames, &never).map(|judged| (judged.pair, version, id)));
        }
    }
    judge(&transaction, judged).await?;
    transaction.commit().await?;
    ids.iter().for_each(|(key, id)| store.inner.stacks.insert(*key, *id));
    Ok(ids)
}

/// Puts stacks to their guilties: each the pair, the version of the rules, and the stack. Who does so at the same time
/// adds guilties in the same order, so that nobody waits in a circle.
pub(super) async fn judge(db: &DatabaseTransaction, mut judged: Vec<(Pair, i32, i32)>) -> Result<()> {
    judged.sort_unstable();
    let pairs: BTreeMap<&Pair, Key> = judged.iter().map(|(pair, ..)| (pair, guilty_key(pair))).collect();
    let ids = guilty_ids(db, &pairs).await?;
    let mut rows = Vec::with_capacity(judged.len());
    for (pair, version, stack_id) in &judged {
        let id =
            pairs.get(pair).and_then(|key| ids.get(key)).ok_or_else(|| Error::internal("a guilty has vanished"))?;
        rows.push([(*version).into(), (*stack_id).into(), (*id).into()]);
    }
    insert(db, "judgement (rules, stack_id, guilty_id)", rows).await
}

fn guilty_key(Pair { function, module }: &Pair) -> Key {
    key::of_texts([function.as_str(), module])
}

/// The ids of guilties, which are added where they are new.
async fn guilty_ids(db: &impl ConnectionTrait, pairs: &BTreeMap<&Pair, Key>) -> Result<HashMap<Key, i32>> {
    let ids = find_all(db, "guilty", pairs.values()).await?;
    let new = pairs.iter().filter(|(_, key)| !ids.contains_key(*key));
    let rows: Vec<[Value; 3]> = new
        .map(|(pair, key)| [key.to_vec().into(), pair.function.as_str().into(), pair.module.as_str().into()])
        .collect();
    if rows.is_empty() {
        return Ok(ids);
    }
    insert(db, "guilty (key, function, module)", rows).await?;
    find_all(db, "guilty", pairs.values()).await
}

/// The id of a guilty, which is added when it is new.
pub(super) async fn guilty_id(db: &impl ConnectionTrait, pair: &Pair) -> Result<i32> {
    let key = guilty_key(pair);
    let ids = guilty_ids(db, &BTreeMap::from([(pair, key)])).await?;
    ids.get(&key).copied().ok_or_else(|| Error::internal("a guilty has vanished"))
}

/// How many rows one statement has at most: databases bound the number of values.
const ROWS: usize = 300;

/// Inserts rows that are not there yet.
async fn insert<const N: usize>(db: &impl ConnectionTrait, into: &str, rows: Vec<[Value; N]>) -> Result<()> {
    let mut rows = rows.into_iter();
    loop {
        let values: Vec<Value> = rows.by_ref().take(ROWS).flatten().collect();
        if values.is_empty() {
            return Ok(());
        }
        let row = format!("({})", vec!["?"; N].join(", "));
        let places = vec![row.as_str(); values.len() / N].join(", ");
        let sql = format!("INSERT INTO {into} VALUES {places} ON CONFLICT DO NOTHING");
        db.execute_raw(with_values(db, &sql, values)).await?;
    }
}

/// The ids of a table's rows by their keys; those that are not there are left out.
async fn find_all(
    db: &impl ConnectionTrait,
    table: &str,
    keys: impl Iterator<Item = &Key>,
) -> Result<HashMap<Key, i32>> {
    let keys: Vec<&Key> = keys.collect();
    let mut ids = HashMap::with_capacity(keys.len());
    for keys in keys.chunks(ROWS) {
        let places = vec!["?"; keys.len()].join(", ");
        let sql = format!("SELECT id, key FROM {table} WHERE key IN ({places})");
        let values = keys.iter().map(|key| key.to_vec().into()).collect();
        for row in db.query_all_raw(with_values(db, &sql, values)).await? {
            let key: Vec<u8> = row.try_get_by_index(1)?;
            let key = Key::try_from(key.as_slice()).map_err(|_| Error::internal("a key has a wrong length"))?;
            ids.insert(key, row.try_get_by_index(0)?);
        }
    }
    Ok(ids)
}

/// The guilties' ids of stacks by a version of the rules. Judgements never change, so that those that have been read are
/// right for ever.
pub(super) async fn judgements(
    store: &Store,
    rules: i32,
    stack_ids: impl IntoIterator<Item = i32>,
) -> Result<Guilties> {
    let mut ids: Vec<i32> = stack_ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let cache = &store.inner.stacks;
    let mut judged = cache.judgements(rules, &ids);
    ids.retain(|id| !judged.contains_key(id));
    let mut new = Guilties::default();
    for ids in ids.chunks(500) {
        let sql = format!(
            "SELECT stack_id, guilty_id FROM judgement WHERE rules = {rules} AND stack_id IN ({})",
            joined(ids)
        );
        for row in rows(store.reader(), &sql).await? {
            new.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        }
    }
    if !new.is_empty() {
        cache.judged(rules, &new);
        judged.extend(new);
    }
    Ok(judged)
}

/// The guilties of stacks by the rules in use.
pub(super) async fn guilties(
    db: &impl ConnectionTrait,
    stack_ids: impl IntoIterator<Item = i32>,
) -> Result<HashMap<i32, GuiltyRef>> {
    guilties_by(db, "(SELECT active FROM rules_in_use)", stack_ids).await
}

/// The same by a version of the rules.
pub(super) async fn guilties_by(
    db: &impl ConnectionTrait,
    rules: impl Display,
    stack_ids: impl IntoIterator<Item = i32>,
) -> Result<HashMap<i32, GuiltyRef>> {
    let mut ids: Vec<i32> = stack_ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    let mut guilties = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(500) {
        let sql = format!(
            "SELECT j.stack_id, g.id, g.function, g.module FROM judgement j JOIN guilty g ON g.id = j.guilty_id \
             WHERE j.rules = {rules} AND j.stack_id IN ({})",
            joined(ids)
        );
        for row in rows(db, &sql).await? {
            guilties.insert(row.try_get_by_index(0)?, read_guilty(&row, 1)?);
        }
    }
    Ok(guilties)
}

/// A guilty in three columns of a row.
pub(super) fn read_guilty(row: &QueryResult, first: usize) -> Result<GuiltyRef> {
    let id: i32 = row.try_get_by_index(first)?;
    Ok(GuiltyRef {
        id: i64::from(id),
        function: row.try_get_by_index(first + 1)?,
        module: row.try_get_by_index(first + 2)?,
    })
}

fn write_frames(frames: &[Frame]) -> Result<String> {
    let pairs: Vec<(&str, &str)> = frames.iter().map(|frame| (&*frame.function, &*frame.module)).collect();
    serde_json::to_string(&pairs).map_err(|error| Error::Internal(error.into()))
}

/// The frames of a stack as it was stored.
pub(super) fn read_frames(json: &str) -> Result<Vec<Frame>> {
    let pairs: Vec<(String, String)> = serde_json::from_str(json).map_err(|error| Error::Internal(error.into()))?;
    Ok(pairs.into_iter().map(|(function, module)| Frame { function, module, location: None }).collect())
}
