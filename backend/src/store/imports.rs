//! How far imports from another database have come, noted in the transactions that store their records.

use sea_orm::sqlx::{self, PgConnection, SqliteConnection};
use sea_orm::{ConnectionTrait, QueryResult, Statement};

use super::Store;
use super::stacks::statement;
use crate::error::{Error, Result};

/// How far an import has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Where it imports from.
    pub source: String,
    /// The source's id of the last record that has been read.
    pub last_id: i64,
    /// How many have been read.
    pub records: i64,
    /// How many of them are in quarantine.
    pub quarantined: i64,
}

/// A step of an import: where it was before, and where it is when its records are stored.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The source's id of the last record before.
    pub before: i64,
    /// What is noted.
    pub after: &'a Progress,
}

const NOTE: &str = "UPDATE import_progress SET last_id = $1, records = $2, quarantined = $3 \
                    WHERE source = $4 AND last_id = $5";

/// Where the import from a source is; one that has not been begun is at its beginning.
///
/// # Errors
/// The database's.
pub async fn progress(store: &Store, source: &str) -> Result<Progress> {
    let db = store.writer();
    let begin = "INSERT INTO import_progress (source, last_id, records, quarantined) VALUES (?, 0, 0, 0) \
                 ON CONFLICT DO NOTHING";
    db.execute_raw(statement(db, begin, [source.into()])).await?;
    let sql = "SELECT last_id, records, quarantined FROM import_progress WHERE source = ?";
    let found: Statement = statement(db, sql, [source.into()]);
    let row: Option<QueryResult> = db.query_one_raw(found).await?;
    let row = row.ok_or_else(|| Error::internal("the progress of an import has vanished"))?;
    Ok(Progress {
        source: source.to_owned(),
        last_id: row.try_get_by_index(0)?,
        records: row.try_get_by_index(1)?,
        quarantined: row.try_get_by_index(2)?,
    })
}

pub(super) async fn note_in_sqlite(connection: &mut SqliteConnection, Step { before, after }: Step<'_>) -> Result<()> {
    let noted = sqlx::query(NOTE)
        .bind(after.last_id)
        .bind(after.records)
        .bind(after.quarantined)
        .bind(after.source.clone())
        .bind(before)
        .execute(connection)
        .await?;
    one(noted.rows_affected())
}

pub(super) async fn note_in_postgres(connection: &mut PgConnection, Step { before, after }: Step<'_>) -> Result<()> {
    let noted = sqlx::query(NOTE)
        .bind(after.last_id)
        .bind(after.records)
        .bind(after.quarantined)
        .bind(after.source.clone())
        .bind(before)
        .execute(connection)
        .await?;
    one(noted.rows_affected())
}

fn one(rows: u64) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(Error::Conflict("another import from the same source is under way".to_owned())) }
}
