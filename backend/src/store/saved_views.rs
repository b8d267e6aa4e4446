//! Saved views: whose they are, and who sees them.

use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::json;
use telemetrics_common::Timestamp;
use telemetrics_common::saved_views::{MOST, NewView, SavedView};

use super::Store;
use super::audit::{self, Author};
use super::sql::statement;
use crate::error::{Error, Result};

/// Whose views are meant.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    /// The account; nothing without accounts.
    pub account: Option<i32>,
    /// Whether those for everybody are theirs to keep, too.
    pub keeps_shared: bool,
}

impl Owner {
    /// No account has the number 0.
    fn number(self) -> i32 {
        self.account.unwrap_or(0)
    }
}

/// Views that somebody sees, by name.
///
/// # Errors
/// The database's.
pub async fn list(store: &Store, owner: Owner) -> Result<Vec<SavedView>> {
    let sql = "SELECT id, name, address, shared, COALESCE(account_id, 0), made_at FROM saved_view \
               WHERE shared OR account_id = ? ORDER BY LOWER(name), id";
    let rows = store.reader().query_all_raw(statement(store.reader(), sql, [owner.number().into()])).await?;
    let read = |row: &QueryResult| {
        let (shared, account): (bool, i32) = (row.try_get_by_index(3)?, row.try_get_by_index(4)?);
        let is_own = owner.account == Some(account);
        Ok(SavedView {
            id: row.try_get_by_index::<i32>(0)?.into(),
            name: row.try_get_by_index(1)?,
            address: row.try_get_by_index(2)?,
            shared,
            removable: is_own || (shared && owner.keeps_shared),
            made_at: Timestamp::from_millis(row.try_get_by_index(5)?),
        })
    };
    rows.iter().map(read).collect()
}

/// Keeps a view in place of the owner's one of the same name. The audit log hears of those that others see.
///
/// # Errors
/// `Conflict` when there are too many, and the database's.
pub async fn save(store: &Store, owner: Owner, view: NewView, author: &Author) -> Result<()> {
    let transaction = store.write_transaction().await?;
    let sql = "SELECT address, shared FROM saved_view WHERE COALESCE(account_id, 0) = ? AND name = ?";
    let values = [owner.number().into(), view.name.clone().into()];
    let before = transaction.query_one_raw(statement(&transaction, sql, values)).await?;
    let before: Option<(String, bool)> =
        before.map(|row| Ok::<_, Error>((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).transpose()?;
    if before.is_none() && count(&transaction, owner).await? >= MOST {
        return Err(Error::Conflict(format!("there are {MOST} saved views already: take some away first")));
    }
    let before = before.filter(|(_, shared)| *shared).map(|(address, _)| json!({"address": address}));
    let after = view.shared.then(|| json!({"address": view.address}));
    if before.is_some() || after.is_some() {
        audit::tell(&transaction, author, audit::Change { action: "view.save", target: &view.name, before, after })
            .await?;
    }
    let sql = "DELETE FROM saved_view WHERE COALESCE(account_id, 0) = ? AND name = ?";
    let values = [owner.number().into(), view.name.clone().into()];
    transaction.execute_raw(statement(&transaction, sql, values)).await?;
    // Another browser may save under the same name at the same time: then it comes last.
    let sql = "INSERT INTO saved_view (account_id, shared, name, address, made_at) VALUES (?, ?, ?, ?, ?) \
               ON CONFLICT DO NOTHING";
    let values = [owner.account.into(), view.shared.into(), view.name.into(), view.address.into(), author.at.into()];
    transaction.execute_raw(statement(&transaction, sql, values)).await?;
    Ok(transaction.commit().await?)
}

async fn count(db: &impl ConnectionTrait, owner: Owner) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM saved_view WHERE COALESCE(account_id, 0) = ?";
    let row = db.query_one_raw(statement(db, sql, [owner.number().into()])).await?;
    let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
    Ok(count.unsigned_abs())
}

/// Takes a view away.
///
/// # Errors
/// `NotFound` when there is none that the owner may take away, and the database's.
pub async fn remove(store: &Store, owner: Owner, id: i64, author: &Author) -> Result<()> {
    let transaction = store.write_transaction().await?;
    let sql = "DELETE FROM saved_view WHERE id = ? AND (account_id = ? OR (shared AND ?)) \
               RETURNING name, address, shared";
    let values = [id.into(), owner.number().into(), owner.keeps_shared.into()];
    let row = transaction.query_one_raw(statement(&transaction, sql, values)).await?;
    let row = row.ok_or_else(|| Error::NotFound(format!("there is no saved view {id} that is yours")))?;
    let (name, address, shared): (String, String, bool) =
        (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
    if shared {
        let told = audit::Change {
            action: "view.remove",
            target: &name,
            before: Some(json!({"address": address})),
            after: None,
        };
        audit::tell(&transaction, author, told).await?;
    }
    Ok(transaction.commit().await?)
}
