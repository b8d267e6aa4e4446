//! What imports from another server leave beside records: how far they have come, noted in the transactions that store
//! the records, and what people had said there.

use std::collections::BTreeSet;

use sea_orm::sqlx::{self, PgConnection, SqliteConnection};
use sea_orm::{ConnectionTrait, QueryResult, Statement};
use telemetrics_common::guilties::MAX_COMMENT_CHARS;
use telemetrics_common::never_guilty::ImportedFrame;

use super::audit::Author;
use super::names::count;
use super::sql::{rows, statement};
use super::{Store, never_guilty, stacks};
use crate::backtrace::judge::Pair;
use crate::backtrace::{Frame, RawFrame, normalised};
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

/// How many records there are here.
///
/// # Errors
/// The database's.
pub async fn records_here(store: &Store) -> Result<u64> {
    let row = rows(store.reader(), "SELECT COUNT(*) FROM records").await?.pop();
    let row = row.ok_or_else(|| Error::internal("a count has no row"))?;
    Ok(count(row.try_get_by_index(0)?))
}

/// Takes over another server's never-guilty list. What somebody has taken out here stays out.
///
/// # Errors
/// `BadRequest` for an entry that cannot be one, and the database's.
pub async fn take_over_list(store: &Store, mut entries: Vec<ImportedFrame>, author: &Author) -> Result<()> {
    let taken_out = changed_here(store.reader(), "'never-guilty.remove'").await?;
    entries.retain(|entry| !taken_out.contains(&never_guilty::target(&entry.function, &entry.module)));
    never_guilty::import(store, entries, author).await
}

/// What somebody has changed here by some actions, as the audit log names it.
async fn changed_here(db: &impl ConnectionTrait, actions: &str) -> Result<BTreeSet<String>> {
    let sql = format!("SELECT DISTINCT target FROM audit WHERE action IN ({actions})");
    rows(db, &sql).await?.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

/// Takes over what people said elsewhere about guilties, given as their frames have them: (function, module, comment,
/// hidden). A guilty stays as it is when somebody has changed its comment or hidden mark here; of the others, those without
/// a comment get one, and hidden ones stay hidden. Gives how many comments had to be cut.
///
/// # Errors
/// The database's.
pub async fn take_over(store: &Store, said: Vec<(RawFrame<'_>, String, bool)>) -> Result<u64> {
    let transaction = store.write_transaction().await?;
    let said_here = changed_here(&transaction, "'guilty.comment', 'guilty.hide'").await?;
    let mut cut = 0;
    for (frame, comment, hidden) in said {
        let one_line: String = comment.trim().replace(char::is_control, " ");
        let comment: String = one_line.chars().take(MAX_COMMENT_CHARS).collect();
        for Frame { function, module, .. } in normalised(&[frame]) {
            if said_here.contains(&format!("{function} [{module}]")) {
                continue;
            }
            cut += u64::from(comment.len() < one_line.len());
            let id = stacks::guilty_id(&transaction, &Pair { function, module }).await?;
            let sql = "UPDATE guilty SET comment = CASE comment WHEN '' THEN ? ELSE comment END, hidden = hidden OR ? \
                       WHERE id = ?";
            let update = statement(&transaction, sql, [comment.as_str().into(), hidden.into(), id.into()]);
            transaction.execute_raw(update).await?;
        }
    }
    transaction.commit().await?;
    Ok(cut)
}
