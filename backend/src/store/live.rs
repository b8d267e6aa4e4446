//! New records, found by reading: so records of every instance and of imports are found the same way.
//!
//! PostgreSQL gives ids before the commit, so a record may come after others with greater ids. Reading goes on behind the
//! greatest id so far, and the ids that it has passed over are looked for by themselves.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::connect::BATCH_TIME;
use super::records::{StoredRecord, by_ids};
use super::sql::joined;
use super::{Kind, Store};
use crate::entity::records::{Column, Entity};
use crate::error::Result;

/// How many records may wait to be read or heard before some are left out and that is told.
pub const BACKLOG: u16 = 4096;
/// How long ids that others have overtaken are waited for: longer than a batch may take to commit them, since a commit may be
/// under way when nobody waits for it any more.
const LATE: Duration = BATCH_TIME.saturating_add(Duration::from_secs(10));
/// How often ids that were passed over are looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// The most ids that are looked for, each by the index: those that were passed over last. Most will never come: those of
/// resends and of transactions that failed.
const MOST_MISSING: u16 = 4096;
/// How far below the newest record it is seen which ids are missing, where reading begins.
const BELOW: i64 = 10_000;
/// The most new records that are read at once.
const MOST: u64 = 500;

/// What a look at the database finds.
pub enum News {
    /// The records that came since, oldest first, at most some hundred.
    Records(Vec<StoredRecord>),
    /// So many ids were left out, since more came than could be read.
    Missed(u64),
}

/// Where the reader of new records stands.
pub struct Cursor {
    /// All records up to this id are known but those that are missing.
    highest: i64,
    /// Whether ids are committed in their order.
    in_order: bool,
    /// Ids that were passed over, with when.
    missing: BTreeMap<i64, Instant>,
    /// When the missing ones were last looked for.
    looked: Instant,
    /// Whether there may be more than could be read at once.
    is_behind: bool,
}

impl Cursor {
    /// Begins behind the newest record.
    ///
    /// # Errors
    /// The database's.
    pub async fn at_end(store: &Store) -> Result<Self> {
        // SQLite has one writer at a time.
        let mut cursor = Self::new(store.kind() == Kind::Sqlite);
        cursor.go_to(store, newest(store).await?).await?;
        Ok(cursor)
    }

    fn new(in_order: bool) -> Self {
        Self { highest: 0, in_order, missing: BTreeMap::new(), looked: Instant::now(), is_behind: false }
    }

    /// Looks for what came since.
    ///
    /// # Errors
    /// The database's; nothing is lost by it.
    pub async fn next(&mut self, store: &Store) -> Result<News> {
        if self.is_behind
            && let Some(missed) = self.skip(store).await?
        {
            return Ok(News::Missed(missed));
        }
        let late = self.late(store).await?;
        let ids = if late.is_empty() { self.newer(store).await? } else { late };
        let mut records = by_ids(store, &ids).await?;
        records.reverse();
        self.remember(&ids);
        Ok(News::Records(records))
    }

    /// Goes to the end when it is too far away, and says how many ids that leaves out.
    async fn skip(&mut self, store: &Store) -> Result<Option<u64>> {
        let newest = newest(store).await?;
        let behind = newest - self.highest;
        if behind <= i64::from(BACKLOG) {
            return Ok(None);
        }
        self.go_to(store, newest).await?;
        Ok(Some(behind.unsigned_abs()))
    }

    /// Takes all records up to one as known; what is missing just below it counts as new when it comes.
    async fn go_to(&mut self, store: &Store, newest: i64) -> Result<()> {
        if self.in_order {
            self.highest = newest;
            return Ok(());
        }
        let from = self.highest.max(newest - BELOW);
        let there: Vec<i64> = above(from).filter(Column::Id.lte(newest)).into_tuple().all(store.reader()).await?;
        self.highest = from;
        self.remember(&there);
        Ok(())
    }

    /// Ids that were missing and have come.
    async fn late(&mut self, store: &Store) -> Result<Vec<i64>> {
        if self.missing.is_empty() || self.looked.elapsed() < LOOK_AGAIN {
            return Ok(Vec::new());
        }
        self.give_up(Instant::now());
        // As one text, so that the statement is the same however many there are.
        let missing = joined(self.missing.keys());
        let sql = format!(
            "SELECT id FROM records WHERE id = ANY(string_to_array(?, ', ')::bigint[]) ORDER BY id LIMIT {MOST}"
        );
        let rows = store.query(&sql, [missing.into()]).await?;
        // When more have come than are read at once, the others are looked for next.
        if (rows.len() as u64) < MOST {
            self.looked = Instant::now();
        }
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// Forgets ids that have been waited for long enough.
    fn give_up(&mut self, now: Instant) {
        self.missing.retain(|_, passed| now.duration_since(*passed) < LATE);
    }

    async fn newer(&mut self, store: &Store) -> Result<Vec<i64>> {
        let ids: Vec<i64> = above(self.highest).limit(MOST).into_tuple().all(store.reader()).await?;
        self.is_behind = !self.in_order && ids.len() as u64 == MOST;
        Ok(ids)
    }

    fn remember(&mut self, ids: &[i64]) {
        let now = Instant::now();
        for &id in ids {
            if id <= self.highest {
                self.missing.remove(&id);
                continue;
            }
            if !self.in_order {
                let first = (self.highest + 1).max(id - i64::from(MOST_MISSING));
                self.missing.extend((first..id).map(|passed| (passed, now)));
            }
            self.highest = id;
            while self.missing.len() > usize::from(MOST_MISSING) {
                self.missing.pop_first();
            }
        }
    }
}

async fn newest(store: &Store) -> Result<i64> {
    let ids = Entity::find().select_only().column(Column::Id).order_by_desc(Column::Id);
    let newest: Option<i64> = ids.into_tuple().one(store.reader()).await?;
    Ok(newest.unwrap_or(0))
}

/// The ids above one, in their order.
fn above(id: i64) -> Select<Entity> {
    Entity::find().select_only().column(Column::Id).filter(Column::Id.gt(id)).order_by_asc(Column::Id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(cursor: &Cursor) -> Vec<i64> {
        cursor.missing.keys().copied().collect()
    }

    #[test]
    fn ids_that_were_passed_over_are_missing_until_they_come() {
        let mut cursor = Cursor::new(false);
        cursor.remember(&[1, 2, 5]);
        assert_eq!(missing(&cursor), [3, 4]);
        cursor.remember(&[3, 7]);
        assert_eq!(missing(&cursor), [4, 6]);
        assert_eq!(cursor.highest, 7);
    }

    #[test]
    fn ids_are_waited_for_as_long_as_a_batch_may_take() {
        let mut cursor = Cursor::new(false);
        cursor.remember(&[1, 3]);
        let passed = Instant::now();
        cursor.give_up(passed + BATCH_TIME);
        assert_eq!(missing(&cursor), [2]);
        cursor.give_up(passed + LATE);
        assert!(missing(&cursor).is_empty());
    }

    #[test]
    fn where_ids_come_in_order_none_is_missing() {
        let mut cursor = Cursor::new(true);
        cursor.remember(&[1, 5]);
        assert_eq!((missing(&cursor), cursor.highest), (vec![], 5));
    }

    #[test]
    fn only_the_newest_of_many_missing_ids_are_kept() {
        let mut cursor = Cursor::new(false);
        cursor.remember(&[1_000_000, 3_000_000_000, 3_000_000_002]);
        assert_eq!(cursor.missing.len(), usize::from(MOST_MISSING));
        assert_eq!(cursor.missing.last_key_value().map(|(id, _)| *id), Some(3_000_000_001));
    }
}
