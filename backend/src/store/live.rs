//! New records, found by reading: so records of every instance and of imports are found the same way.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::time::{Duration, Instant};

use super::records::{StoredRecord, by_ids};
use super::{Kind, Store};
use crate::entity::records::{Column, Entity};
use crate::error::Result;

/// How long PostgreSQL transactions may take to commit ids that others have overtaken.
const LATE: Duration = Duration::from_secs(30);
/// The most new records that are read at once.
const MOST: u64 = 500;

/// Where the reader of new records stands.
pub struct Cursor {
    /// All records up to this id are known.
    floor: i64,
    /// Ids above the floor that are known.
    seen: BTreeSet<i64>,
    /// When the highest seen id was this, newest last; the floor follows after [`LATE`].
    marks: Vec<(Instant, i64)>,
    late: Duration,
}

impl Cursor {
    /// Begins behind the newest record.
    ///
    /// # Errors
    /// The database's.
    pub async fn at_end(store: &Store) -> Result<Self> {
        let newest: Option<i64> = Entity::find()
            .select_only()
            .column(Column::Id)
            .order_by_desc(Column::Id)
            .into_tuple()
            .one(store.reader())
            .await?;
        let late = match store.kind() {
            // One writer at a time: ids are committed in their order.
            Kind::Sqlite => Duration::ZERO,
            Kind::Postgres => LATE,
        };
        let newest = newest.unwrap_or(0);
        let mut cursor = Self { floor: newest, seen: BTreeSet::new(), marks: Vec::new(), late };
        if late > Duration::ZERO {
            cursor.begin_below(store, newest).await?;
        }
        Ok(cursor)
    }

    /// Takes the ids just below the newest as seen, so that a smaller id that is committed late counts as new.
    async fn begin_below(&mut self, store: &Store, newest: i64) -> Result<()> {
        const BELOW: i64 = 10_000;
        self.floor = (newest - BELOW).max(0);
        self.seen = self.ids_above(store, self.floor, None).await?.into_iter().collect();
        self.marks.push((Instant::now(), newest));
        Ok(())
    }

    /// The records that came since, oldest first, at most some hundred.
    ///
    /// # Errors
    /// The database's.
    pub async fn next(&mut self, store: &Store) -> Result<Vec<StoredRecord>> {
        let limit = (self.late == Duration::ZERO).then_some(MOST);
        let mut fresh = self.ids_above(store, self.floor, limit).await?;
        fresh.retain(|id| !self.seen.contains(id));
        fresh.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
        let mut records = by_ids(store, &fresh).await?;
        records.reverse();
        self.remember(&fresh);
        Ok(records)
    }

    fn remember(&mut self, ids: &[i64]) {
        let now = Instant::now();
        self.seen.extend(ids);
        if let Some(&highest) = self.seen.last() {
            self.marks.push((now, highest));
        }
        let old = self.marks.partition_point(|(at, _)| now.duration_since(*at) >= self.late);
        if let Some((_, floor)) = self.marks.drain(..old).next_back() {
            self.floor = self.floor.max(floor);
            self.seen = self.seen.split_off(&(self.floor + 1));
        }
    }

    async fn ids_above(&self, store: &Store, floor: i64, limit: Option<u64>) -> Result<Vec<i64>> {
        let query = Entity::find().select_only().column(Column::Id).filter(Column::Id.gt(floor));
        Ok(query.order_by_asc(Column::Id).limit(limit).into_tuple().all(store.reader()).await?)
    }
}
