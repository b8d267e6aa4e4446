//! A batch into SQLite, by constant SQL: this is the collector's hot path.

use std::collections::HashSet;
use std::sync::LazyLock;

use sea_orm::sqlx::{self, Row as _, Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};
use telemetrics_common::Timestamp;

use super::Store;
use super::counters::Sums;
use super::insert::{NewQuarantined, Row, Stored, replayed_elsewhere};
use super::ladder::{Ladder, filled};
use crate::error::{Error, Result};

// An id that returns is a record that went in; the others had been stored before.
static RECORDS: LazyLock<Ladder> = LazyLock::new(|| {
    Ladder::new(
        "INSERT INTO records (id, received_at, captured_at, hash, classification_id, build_id, platform_id, kernel_id, \
         hardware_id, severity, external, record_format_version, payload_format_version, machine_id, event_id, \
         overflow, payload) VALUES",
        17,
        "ON CONFLICT (captured_at, hash) DO NOTHING RETURNING id",
    )
});
static RECORD_DAY: LazyLock<Ladder> = LazyLock::new(|| {
    Ladder::new(
        "INSERT INTO record_day (day, classification_id, build_id, severity, external, shard, records) VALUES",
        7,
        "ON CONFLICT DO UPDATE SET records = records + excluded.records",
    )
});
static RECORD_TOTAL: LazyLock<Ladder> = LazyLock::new(|| {
    Ladder::new(
        "INSERT INTO record_total (classification_id, build_id, severity, external, shard, records) VALUES",
        6,
        "ON CONFLICT DO UPDATE SET records = records + excluded.records",
    )
});

/// Stores a batch; see [`super::insert::batch`].
pub(super) async fn batch(store: &Store, rows: &[Row<'_>], quarantined: &[NewQuarantined]) -> Result<Vec<Stored>> {
    let pool = store.writer().get_sqlite_connection_pool();
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let stored = insert_records(&mut transaction, rows).await?;
    let mut sums = Sums::default();
    let fresh = rows.iter().zip(&stored).filter(|(_, stored)| !stored.resend);
    fresh.for_each(|(row, _)| sums.add(row));
    add_sums(&mut transaction, &sums, store.inner.shard).await?;
    for new in quarantined {
        sqlx::query("INSERT INTO quarantine (received_at, reason, external, body) VALUES (?, ?, ?, ?)")
            .bind(new.received_at.millis())
            .bind(&new.reason)
            .bind(new.external)
            .bind(&new.body)
            .execute(&mut *transaction)
            .await?;
    }
    for id in rows.iter().filter_map(|row| row.from_quarantine) {
        let gone = sqlx::query("DELETE FROM quarantine WHERE id = ?").bind(id).execute(&mut *transaction).await?;
        if gone.rows_affected() == 0 {
            return Err(replayed_elsewhere());
        }
    }
    transaction.commit().await?;
    Ok(stored)
}

async fn insert_records(connection: &mut SqliteConnection, rows: &[Row<'_>]) -> Result<Vec<Stored>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let last: Option<i64> = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'records'")
        .fetch_optional(&mut *connection)
        .await?;
    let numbered: Vec<(i64, &Row<'_>)> = (last.unwrap_or(0) + 1..).zip(rows).collect();
    let mut inserted = HashSet::with_capacity(rows.len());
    for (statement, chunk) in RECORDS.cut(&numbered) {
        let query = chunk.iter().fold(sqlx::query(statement), |query, (id, row)| bind(query, *id, row));
        for row in query.fetch_all(&mut *connection).await? {
            inserted.insert(row.try_get::<i64, _>(0)?);
        }
    }
    let mut stored = Vec::with_capacity(rows.len());
    for (id, row) in numbered {
        stored.push(match inserted.contains(&id) {
            true => Stored { id, received_at: row.received_at, resend: false },
            false => find_first(connection, row).await?,
        });
    }
    Ok(stored)
}

fn bind(
    query: Query<'static, Sqlite, SqliteArguments>,
    id: i64,
    row: &Row<'_>,
) -> Query<'static, Sqlite, SqliteArguments> {
    query
        .bind(id)
        .bind(row.received_at.millis())
        .bind(row.record.captured_at.seconds())
        .bind(row.hash.clone())
        .bind(row.classification_id)
        .bind(row.build_id)
        .bind(row.platform_id)
        .bind(row.kernel_id)
        .bind(row.hardware_id)
        .bind(row.severity())
        .bind(row.record.external)
        .bind(i16::from(row.record.record_format_version))
        .bind(row.payload_format_version())
        .bind(row.record.machine_id.clone())
        .bind(row.event_id().map(str::to_owned))
        .bind(row.overflow.clone())
        .bind(row.record.payload.clone())
}

async fn find_first(connection: &mut SqliteConnection, row: &Row<'_>) -> Result<Stored> {
    let first: Option<(i64, i64)> =
        sqlx::query_as("SELECT id, received_at FROM records WHERE captured_at = ? AND hash = ?")
            .bind(row.record.captured_at.seconds())
            .bind(row.hash.clone())
            .fetch_optional(connection)
            .await?;
    let (id, received_at) = first.ok_or_else(|| Error::internal("a record is neither new nor stored"))?;
    Ok(Stored { id, received_at: Timestamp::from_millis(received_at), resend: true })
}

async fn add_sums(connection: &mut SqliteConnection, sums: &Sums, shard: i16) -> Result<()> {
    let days = filled(sums.days(), |&(day, cell, _)| (day, cell, 0));
    for (statement, chunk) in RECORD_DAY.cut(&days) {
        let query = chunk.iter().fold(sqlx::query(statement), |query, (day, cell, records)| {
            let query = query.bind(*day).bind(cell.classification_id).bind(cell.build_id);
            query.bind(cell.severity).bind(cell.external).bind(shard).bind(*records)
        });
        query.execute(&mut *connection).await?;
    }
    let totals = filled(sums.totals(), |&(cell, _)| (cell, 0));
    for (statement, chunk) in RECORD_TOTAL.cut(&totals) {
        let query = chunk.iter().fold(sqlx::query(statement), |query, (cell, records)| {
            let query = query.bind(cell.classification_id).bind(cell.build_id);
            query.bind(cell.severity).bind(cell.external).bind(shard).bind(*records)
        });
        query.execute(&mut *connection).await?;
    }
    Ok(())
}
