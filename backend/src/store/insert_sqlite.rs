//! A batch into SQLite, by constant SQL: this is the collector's hot path.

use std::collections::HashSet;
use std::sync::LazyLock;

use sea_orm::sqlx::{self, Sqlite, SqliteConnection, SqliteTransaction, query::Query, sqlite::SqliteArguments};
use telemetrics_common::Timestamp;

use super::counters::journal::{self, Batch};
use super::counters::{Change, Sums};
use super::imports::{self, Step};
use super::insert::{self, Incoming, NewQuarantined, Stored, replayed_elsewhere};
use super::ladder::Ladder;
use super::row::Row;
use super::{Store, extensions, ids};
use crate::error::{Error, Result};
use crate::extension::{Arrival, HookTransaction};

/// About how many pages a commit writes, and how many more for each record: of its own, of its indexes, and of counters.
const PAGES_OF_A_COMMIT: u64 = 10;
const PAGES_OF_A_RECORD: u64 = 3;

// OR FAIL: see counters/sqlite.rs.
static RECORDS: LazyLock<Ladder> = LazyLock::new(|| {
    Ladder::new(
        "INSERT OR FAIL INTO records (id, received_at, captured_at, hash, classification_id, build_id, platform_id, kernel_id, \
         hardware_id, severity, external, record_format_version, payload_format_version, machine_id, event_id, \
         overflow, payload, packed, stack_id) VALUES",
        19,
        "ON CONFLICT (captured_at, hash) DO NOTHING",
    )
});

/// Stores a batch; see [`super::insert::batch`].
pub(super) async fn batch(
    store: &Store,
    rows: &[Row<'_>],
    quarantined: &[NewQuarantined],
    step: Option<Step<'_>>,
) -> Result<Vec<Stored>> {
    let mut open = Open::begin(store).await?;
    let stored = open.add(rows).await?;
    open.commit(quarantined, step).await?;
    Ok(stored)
}

/// Stores a batch that grows; see [`super::insert::growing`].
pub(super) async fn growing(
    store: &Store,
    records: &mut Vec<Incoming>,
    mut more: impl FnMut(&mut Vec<Incoming>),
    quarantined: &[NewQuarantined],
) -> Result<Vec<Stored>> {
    // Looked up by the connection that the transaction then has for itself.
    let first = insert::rows(store, records).await?;
    let mut open = Open::begin(store).await?;
    let mut stored = open.add(&first).await?;
    drop(first);
    loop {
        more(records);
        let fresh = records.get(stored.len()..).unwrap_or_default();
        if fresh.is_empty() {
            break;
        }
        let rows = insert::rows(store, fresh).await?;
        stored.extend(open.add(&rows).await?);
    }
    open.commit(quarantined, None).await?;
    Ok(stored)
}

/// A transaction that takes rows until it is committed; dropped before that, it has stored nothing.
struct Open<'a> {
    store: &'a Store,
    transaction: SqliteTransaction<'static>,
    /// The last id that has been given, once that is known: nobody else gives any meanwhile.
    last_id: Option<i64>,
    sums: Sums,
    /// None as long as nothing new has come.
    fresh: Option<Batch>,
}

impl<'a> Open<'a> {
    async fn begin(store: &'a Store) -> Result<Self> {
        let pool = store.writer().get_sqlite_connection_pool();
        let transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Self { store, transaction, last_id: None, sums: Sums::default(), fresh: None })
    }

    async fn add(&mut self, rows: &[Row<'_>]) -> Result<Vec<Stored>> {
        let store = self.store;
        // While SQLite works, its thread and not this one does: that is the time to add up, as if none were there already.
        let add_up = async { store.inner.counters.then(|| sums(rows)) };
        let insert = insert_records(&mut self.transaction, &mut self.last_id, rows);
        let (stored, all) = tokio::join!(biased; insert, add_up);
        let stored = stored?;
        if let Some(all) = all {
            self.sums.merge(match stored.iter().any(|stored| stored.resend) {
                true => sums(rows.iter().zip(&stored).filter(|(_, stored)| !stored.resend).map(|(row, _)| row)),
                false => all,
            });
        }
        for Stored { id, .. } in stored.iter().filter(|stored| !stored.resend) {
            let fresh = self.fresh.get_or_insert(Batch { records: 0, first: *id, last: *id });
            *fresh = Batch { records: fresh.records + 1, last: *id, ..*fresh };
        }
        if !store.inner.extensions.is_empty() {
            let fresh = rows.iter().zip(&stored).filter(|(_, stored)| !stored.resend);
            let arrivals = fresh.map(|(row, stored)| Arrival::new(stored.id, row.received_at, row.record));
            extensions::show(store, &mut HookTransaction::sqlite(&mut self.transaction), arrivals).await?;
        }
        for id in rows.iter().filter_map(|row| row.from_quarantine) {
            let delete = sqlx::query("DELETE FROM quarantine WHERE id = ?").bind(id);
            if delete.execute(&mut *self.transaction).await?.rows_affected() == 0 {
                return Err(replayed_elsewhere());
            }
        }
        Ok(stored)
    }

    async fn commit(mut self, quarantined: &[NewQuarantined], step: Option<Step<'_>>) -> Result<()> {
        let store = self.store;
        let counted = match self.fresh.filter(|_| store.inner.counters) {
            Some(batch) => Some(journal::note(store, &mut self.transaction, batch, self.sums).await?),
            None => None,
        };
        for new in quarantined {
            sqlx::query("INSERT INTO quarantine (received_at, reason, external, body) VALUES (?, ?, ?, ?)")
                .bind(new.received_at.millis())
                .bind(&new.reason)
                .bind(new.external)
                .bind(&new.body)
                .execute(&mut *self.transaction)
                .await?;
        }
        if let Some(step) = step {
            imports::note_in_sqlite(&mut self.transaction, step).await?;
        }
        self.transaction.commit().await?;
        let records = self.fresh.map_or(0, |batch| batch.records);
        store.wrote(PAGES_OF_A_COMMIT + records * PAGES_OF_A_RECORD);
        if let Some(done) = counted {
            store.inner.journal.committed(done);
        }
        Ok(())
    }
}

fn sums<'a>(rows: impl IntoIterator<Item = &'a Row<'a>>) -> Sums {
    let mut sums = Sums::default();
    rows.into_iter().for_each(|row| sums.add(row, Change::Stored));
    sums
}

async fn insert_records(
    connection: &mut SqliteConnection,
    last_id: &mut Option<i64>,
    rows: &[Row<'_>],
) -> Result<Vec<Stored>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let last = match *last_id {
        Some(last) => last,
        None => find_last_id(connection).await?,
    };
    let numbered: Vec<(i64, &Row<'_>)> = (last + 1..).zip(rows).collect();
    *last_id = numbered.last().map(|(id, _)| *id);
    let mut inserted = 0;
    for (statement, chunk) in RECORDS.cut(&numbered) {
        let query = chunk.iter().fold(sqlx::query(statement), |query, (id, row)| bind(query, *id, row));
        inserted += query.execute(&mut *connection).await?.rows_affected();
    }
    // Asked for only where there are resends: each row of an answer costs more than the row itself.
    let fresh: Option<HashSet<i64>> = match inserted == rows.len() as u64 {
        true => None,
        false => Some(ids_after(connection, last).await?),
    };
    let mut stored = Vec::with_capacity(rows.len());
    for (id, row) in numbered {
        stored.push(match fresh.as_ref().is_none_or(|fresh| fresh.contains(&id)) {
            true => Stored { id, received_at: row.received_at, resend: false },
            false => find_first(connection, row).await?,
        });
    }
    Ok(stored)
}

async fn find_last_id(connection: &mut SqliteConnection) -> Result<i64> {
    let last = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'records'");
    Ok(last.fetch_optional(connection).await?.unwrap_or(0))
}

async fn ids_after(connection: &mut SqliteConnection, last: i64) -> Result<HashSet<i64>> {
    let ids: Vec<i64> =
        sqlx::query_scalar("SELECT id FROM records WHERE id > ?").bind(last).fetch_all(connection).await?;
    Ok(ids.into_iter().collect())
}

fn bind(
    query: Query<'static, Sqlite, SqliteArguments>,
    id: i64,
    row: &Row<'_>,
) -> Query<'static, Sqlite, SqliteArguments> {
    let (payload, packed) = row.payload();
    query
        .bind(id)
        .bind(row.received_at.millis())
        .bind(row.record.captured_at.seconds())
        .bind(row.hash.map(Vec::from))
        .bind(row.ids.classification_id)
        .bind(row.ids.build_id)
        .bind(row.ids.platform_id)
        .bind(row.ids.kernel_id)
        .bind(row.ids.hardware_id)
        .bind(row.severity())
        .bind(row.record.external)
        .bind(i16::from(row.record.record_format_version))
        .bind(row.payload_format_version())
        .bind(ids::bytes(&row.record.machine_id))
        .bind(row.event_id().map(ids::bytes))
        .bind(row.overflow.clone())
        .bind(payload.to_owned())
        .bind(packed.map(<[u8]>::to_vec))
        .bind(row.stack_id())
}

async fn find_first(connection: &mut SqliteConnection, row: &Row<'_>) -> Result<Stored> {
    let first: Option<(i64, i64)> =
        sqlx::query_as("SELECT id, received_at FROM records WHERE captured_at = ? AND hash = ?")
            .bind(row.record.captured_at.seconds())
            .bind(row.hash.map(Vec::from))
            .fetch_optional(connection)
            .await?;
    let (id, received_at) = first.ok_or_else(|| Error::internal("a record is neither new nor stored"))?;
    Ok(Stored { id, received_at: Timestamp::from_millis(received_at), resend: true })
}
