//! Reading the quarantine. Records enter and leave it by [`super::insert`].

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use telemetrics_common::Timestamp;
use telemetrics_common::quarantine::{QuarantinePage, QuarantinedRecord};

use super::Store;
use crate::entity::quarantine::{Column, Entity, Model};
use crate::error::Result;

/// How many records are in quarantine.
///
/// # Errors
/// The database's.
pub async fn count(store: &Store) -> Result<u64> {
    Ok(Entity::find().count(store.reader()).await?)
}

/// How many more records it has room for, where so many are the most.
///
/// # Errors
/// The database's.
pub async fn room(store: &Store, most: u64) -> Result<u64> {
    Ok(most.saturating_sub(count(store).await?))
}

/// A page of the quarantine, newest first.
///
/// # Errors
/// The database's.
pub async fn page(store: &Store, before: Option<i64>, limit: u64) -> Result<QuarantinePage> {
    let mut models = below(store, before, limit + 1).await?;
    let more = models.len() as u64 > limit;
    models.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_before = models.last().map(|model| model.id).filter(|_| more);
    let records = models.into_iter().map(into_record).collect();
    Ok(QuarantinePage { records, next_before, total: count(store).await? })
}

async fn below(store: &Store, before: Option<i64>, limit: u64) -> Result<Vec<Model>> {
    let query = Entity::find().order_by_desc(Column::Id).limit(limit);
    let query = match before {
        Some(before) => query.filter(Column::Id.lt(before)),
        None => query,
    };
    Ok(query.all(store.reader()).await?)
}

fn into_record(model: Model) -> QuarantinedRecord {
    QuarantinedRecord {
        id: model.id,
        received_at: Timestamp::from_millis(model.received_at),
        reason: model.reason,
        external: model.external,
        body: model.body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{self, Options};
    use crate::testing::{self, Database};

    #[tokio::test]
    async fn room_is_found_while_sqlite_stores_a_batch() {
        let database = Database::new(testing::Kind::Sqlite).await;
        let store = store::open(&Options::new(&database.url)).await.unwrap();
        let batch = store.write_transaction().await.unwrap();
        assert_eq!(room(&store, 3).await.unwrap(), 3);
        batch.rollback().await.unwrap();
        store.close().await.unwrap();
        database.remove().await;
    }
}
