//! The never-guilty lists by which stacks are judged, each with a version.
//!
//! A version's list never changes, so that a cached one is right for ever. The tables show the judgements of one
//! version; see the migration.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use sea_orm::{ConnectionTrait, DbBackend};
use serde::{Deserialize, Serialize};

use super::Store;
use super::sql::{rows, statement};
use crate::backtrace::judge::NeverGuilty;
use crate::backtrace::shipped::SHIPPED;
use crate::error::{Error, Result};

/// A function in a module, both of which may contain `*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Pattern {
    pub(super) function: String,
    pub(super) module: String,
}

/// The versions in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Versions {
    /// The one that tables show.
    pub(super) active: i32,
    /// The one that will be active when all stacks are judged by it.
    pub(super) next: Option<i32>,
}

/// How many versions before the last one are kept in memory.
const KEPT: i32 = 2;

/// Lists that have been read.
#[derive(Default)]
pub(super) struct Cache(RwLock<HashMap<i32, Arc<NeverGuilty>>>);

/// Makes the first version from the shipped list where there is none.
pub(super) async fn begin(store: &Store) -> Result<()> {
    if versions(store.reader()).await?.active != 0 {
        return Ok(());
    }
    let list: Vec<Pattern> = shipped().collect::<BTreeSet<_>>().into_iter().collect();
    add_version(store.writer(), 1, &list).await?;
    store.writer().execute_unprepared("UPDATE rules_in_use SET active = 1 WHERE active = 0").await?;
    Ok(())
}

/// What comes with the program.
pub(super) fn shipped() -> impl Iterator<Item = Pattern> {
    let pattern = |&(function, module): &(&str, &str)| Pattern { function: function.into(), module: module.into() };
    SHIPPED.iter().map(pattern)
}

pub(super) fn compiled(list: &[Pattern]) -> NeverGuilty {
    NeverGuilty::new(list.iter().map(|pattern| (pattern.function.clone(), pattern.module.clone())))
}

/// Adds a version unless it is there.
pub(super) async fn add_version(db: &impl ConnectionTrait, version: i32, list: &[Pattern]) -> Result<()> {
    let json = serde_json::to_string(list).map_err(|error| Error::Internal(error.into()))?;
    let sql = "INSERT INTO rules (version, list) VALUES (?, ?) ON CONFLICT DO NOTHING";
    db.execute_raw(statement(db, sql, [version.into(), json.into()])).await?;
    // Stacks beyond the bound have a guilty, too.
    let other =
        format!("INSERT INTO judgement (rules, stack_id, guilty_id) VALUES ({version}, 0, 0) ON CONFLICT DO NOTHING");
    db.execute_unprepared(&other).await?;
    Ok(())
}

/// The versions in use now.
pub(super) async fn versions(db: &impl ConnectionTrait) -> Result<Versions> {
    read_versions(db, "SELECT active, next FROM rules_in_use").await
}

/// The same, and they stay in use until the transaction ends.
pub(super) async fn held_versions(db: &impl ConnectionTrait) -> Result<Versions> {
    match db.get_database_backend() {
        DbBackend::Postgres => read_versions(db, "SELECT active, next FROM rules_in_use FOR SHARE").await,
        // A transaction that writes is the only one.
        _ => versions(db).await,
    }
}

async fn read_versions(db: &impl ConnectionTrait, sql: &str) -> Result<Versions> {
    let row = rows(db, sql).await?.pop();
    let row = row.ok_or_else(|| Error::internal("rules_in_use is empty"))?;
    Ok(Versions { active: row.try_get_by_index(0)?, next: row.try_get_by_index(1)? })
}

/// The list of a version.
pub(super) async fn list(db: &impl ConnectionTrait, version: i32) -> Result<Vec<Pattern>> {
    let sql = format!("SELECT list FROM rules WHERE version = {version}");
    let row = rows(db, &sql).await?.pop();
    let row = row.ok_or_else(|| Error::internal(format!("there are no rules {version}")))?;
    let json: String = row.try_get_by_index(0)?;
    serde_json::from_str(&json).map_err(|error| Error::Internal(error.into()))
}

/// The compiled list of a version.
pub(super) async fn never_guilty(store: &Store, db: &impl ConnectionTrait, version: i32) -> Result<Arc<NeverGuilty>> {
    let cache = &store.inner.rules.0;
    // A panic while the lock is held leaves the map whole: each change is one insertion.
    if let Some(known) = cache.read().unwrap_or_else(PoisonError::into_inner).get(&version) {
        return Ok(Arc::clone(known));
    }
    let read = Arc::new(compiled(&list(db, version).await?));
    let mut cache = cache.write().unwrap_or_else(PoisonError::into_inner);
    cache.retain(|other, _| version - other <= KEPT);
    cache.insert(version, Arc::clone(&read));
    Ok(read)
}
