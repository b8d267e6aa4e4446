//! Texts that repeat are stored once and referred to by id.
//!
//! Rows are only ever added, so one in memory is right for ever. In its table a text is found by a hash of it: that
//! keeps the unique index small and any text indexable. They are client text: their number is bounded,
//! and what comes later is kept in its record, under the id [`OTHER`].

use std::collections::HashMap;
use std::hash::{Hash, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use hashbrown::Equivalent;
use sea_orm::{ConnectionTrait, Value};

use super::Store;
use super::pool::Pool;
use super::sql::{joined, rows, statement, with_values};
use crate::error::{Error, Result};
use crate::key::{self, Key};

/// The id of texts that came after their dictionary had reached its bound.
pub const OTHER: i32 = 0;

/// The columns of one row.
pub type Texts = Arc<[String]>;

/// One dictionary: a table with `id`, `key` and some text columns.
pub struct Dictionary {
    table: &'static str,
    columns: &'static [&'static str],
    bound: usize,
    cache: RwLock<Cache>,
    /// Once it is full it stays so: rows are never deleted.
    full: AtomicBool,
}

#[derive(Default)]
struct Cache {
    /// By the texts themselves: to hash them as the table does takes longer. They are client text, so the hasher is one that
    /// nobody can foresee.
    by_texts: hashbrown::HashMap<Texts, i32, RandomState>,
    by_id: HashMap<i32, Texts>,
}

/// Texts that are looked for. They hash as [`Texts`] do, which are strings in a slice, too.
#[derive(Hash)]
struct Wanted<'a>(&'a [&'a str]);

impl Equivalent<Texts> for Wanted<'_> {
    fn equivalent(&self, texts: &Texts) -> bool {
        texts.iter().map(String::as_str).eq(self.0.iter().copied())
    }
}

impl Dictionary {
    fn new(table: &'static str, columns: &'static [&'static str], bound: usize) -> Self {
        Self { table, columns, bound, cache: RwLock::default(), full: AtomicBool::new(false) }
    }

    /// The id of a row's texts, which are looked for by a connection, and added if there is room.
    pub(super) async fn id(&self, store: &Store, db: &Pool, texts: &[&str]) -> Result<i32> {
        if let Some(id) = self.known(db, texts).await? {
            return Ok(id);
        }
        if self.is_full(db).await? {
            return Ok(OTHER);
        }
        let (writer, key) = (store.writer(), key::of_texts(texts.iter().copied()));
        self.add(writer, &key, texts).await?;
        let id = self.find(writer, &key).await?.ok_or_else(|| Error::internal("a dictionary row has vanished"))?;
        self.remember(id, texts);
        Ok(id)
    }

    /// The id of a row's texts, if this process has seen it.
    pub(super) fn remembered(&self, texts: &[&str]) -> Option<i32> {
        self.read(|cache| cache.by_texts.get(&Wanted(texts)).copied())
    }

    /// The id of a row's texts, if there is one.
    pub(super) async fn known(&self, db: &impl ConnectionTrait, texts: &[&str]) -> Result<Option<i32>> {
        if let Some(id) = self.remembered(texts) {
            return Ok(Some(id));
        }
        let id = self.find(db, &key::of_texts(texts.iter().copied())).await?;
        if let Some(id) = id {
            self.remember(id, texts);
        }
        Ok(id)
    }

    /// The texts of rows, which are read if they are not known yet.
    pub(super) async fn load(&self, db: &impl ConnectionTrait, ids: impl Iterator<Item = i32>) -> Result<()> {
        let mut missing: Vec<i32> = self.read(|cache| ids.filter(|id| !cache.by_id.contains_key(id)).collect());
        missing.sort_unstable();
        missing.dedup();
        for ids in missing.chunks(500) {
            let (columns, ids) = (self.columns.join(", "), joined(ids));
            for row in rows(db, &format!("SELECT id, {columns} FROM {} WHERE id IN ({ids})", self.table)).await? {
                let id = row.try_get_by_index(0)?;
                let texts: Result<Vec<String>, _> =
                    (1..=self.columns.len()).map(|column| row.try_get_by_index(column)).collect();
                self.write(|cache| cache.by_id.insert(id, texts?.into()).map_or(Ok(()), |_| Ok::<_, Error>(())))?;
            }
        }
        Ok(())
    }

    /// The first text of a row that has been loaded.
    pub(super) fn name(&self, id: i32) -> Result<String> {
        Ok(self.texts(id)?.first().cloned().unwrap_or_default())
    }

    /// The texts of a row that has been loaded.
    pub(super) fn texts(&self, id: i32) -> Result<Texts> {
        let texts = self.read(|cache| cache.by_id.get(&id).cloned());
        texts.ok_or_else(|| Error::internal(format!("{} has no row {id}", self.table)))
    }

    /// The bound, where it has been met: later texts stay in their records and count as `(other)`.
    pub(super) async fn met_bound(&self, db: &impl ConnectionTrait) -> Result<Option<usize>> {
        Ok(self.is_full(db).await?.then_some(self.bound))
    }

    /// What its texts are called.
    pub(super) fn what(&self) -> &'static str {
        self.table
    }

    async fn find(&self, db: &impl ConnectionTrait, key: &Key) -> Result<Option<i32>> {
        let sql = format!("SELECT id FROM {} WHERE key = ?", self.table);
        Ok(db
            .query_one_raw(statement(db, &sql, [key.to_vec().into()]))
            .await?
            .map(|row| row.try_get_by_index(0))
            .transpose()?)
    }

    async fn is_full(&self, db: &impl ConnectionTrait) -> Result<bool> {
        if self.full.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let sql = format!("SELECT COUNT(*) FROM {} WHERE id <> {OTHER}", self.table);
        let row = rows(db, &sql).await?.pop();
        let rows: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(0);
        let is_full = usize::try_from(rows).unwrap_or(usize::MAX) >= self.bound;
        if is_full && !self.full.swap(true, Ordering::Relaxed) {
            tracing::warn!(table = self.table, bound = self.bound, "the dictionary is full");
        }
        Ok(is_full)
    }

    async fn add(&self, db: &impl ConnectionTrait, key: &Key, texts: &[&str]) -> Result<()> {
        let sql = format!(
            "INSERT INTO {} (key, {}) VALUES (?{}) ON CONFLICT (key) DO NOTHING",
            self.table,
            self.columns.join(", "),
            ", ?".repeat(texts.len())
        );
        let key: Value = key.to_vec().into();
        let values = std::iter::once(key).chain(texts.iter().map(|&text| text.into()));
        db.execute_raw(with_values(db, &sql, values.collect())).await?;
        Ok(())
    }

    fn remember(&self, id: i32, texts: &[&str]) {
        let texts: Texts = texts.iter().map(|&text| text.to_owned()).collect();
        self.write(|cache| {
            cache.by_texts.insert(Arc::clone(&texts), id);
            cache.by_id.insert(id, texts);
        });
    }

    // A panic while the lock is held leaves the maps whole: each change is one insertion.
    fn read<T>(&self, look: impl FnOnce(&Cache) -> T) -> T {
        look(&self.cache.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Cache) -> T) -> T {
        change(&mut self.cache.write().unwrap_or_else(PoisonError::into_inner))
    }
}

/// All dictionaries.
pub(super) struct Dictionaries {
    /// `name`.
    pub(super) classification: Dictionary,
    /// `system_name`, `build`.
    pub(super) build: Dictionary,
    /// `host_type`.
    pub(super) platform: Dictionary,
    /// `version`, `arch`.
    pub(super) kernel: Dictionary,
    /// `board_name`, `cpu_model`, `bios_version`.
    pub(super) hardware: Dictionary,
    /// `name`.
    pub(super) system: Dictionary,
    /// `status`.
    pub(super) mce_status: Dictionary,
    /// `from_version`, `to_version`.
    pub(super) transition: Dictionary,
    /// `program`, `signal`.
    pub(super) program: Dictionary,
}

/// The bound of texts that no record refers to, but that payloads are counted by. It is the same for ever: what was
/// counted as [`OTHER`] is so when it is counted again.
const COUNTED_BOUND: usize = 100_000;

impl Dictionaries {
    /// Those of texts that records refer to, and of those that payloads are counted by.
    pub(super) fn all(&self) -> [&Dictionary; 9] {
        let Self { classification, build, platform, kernel, hardware, system, mce_status, transition, program } = self;
        [classification, build, platform, kernel, hardware, system, mce_status, transition, program]
    }

    /// With a bound for the texts that records refer to.
    pub(super) fn new(bound: usize) -> Self {
        Self {
            classification: Dictionary::new("classification", &["name"], bound),
            build: Dictionary::new("build", &["system_name", "build"], bound),
            platform: Dictionary::new("platform", &["host_type"], bound),
            kernel: Dictionary::new("kernel", &["version", "arch"], bound),
            hardware: Dictionary::new("hardware", &["board_name", "cpu_model", "bios_version"], bound),
            system: Dictionary::new("system", &["name"], COUNTED_BOUND),
            mce_status: Dictionary::new("mce_status", &["status"], COUNTED_BOUND),
            transition: Dictionary::new("transition", &["from_version", "to_version"], COUNTED_BOUND),
            program: Dictionary::new("program", &["program", "signal"], COUNTED_BOUND),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_by_others_like_them() {
        let texts: Texts = ["a".to_owned(), String::new()].into();
        let known = hashbrown::HashMap::<Texts, i32, RandomState>::from_iter([(texts, 7)]);
        let check = |texts: &[&str], id: Option<i32>| assert_eq!(known.get(&Wanted(texts)).copied(), id, "{texts:?}");
        check(&["a", ""], Some(7));
        check(&["a"], None);
        check(&["", "a"], None);
        check(&["a", "", ""], None);
    }
}
