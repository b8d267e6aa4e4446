//! Sessions and tokens: what a request shows to say who makes it. Of the secrets only hashes come here.

use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::json;
use telemetrics_common::accounts::Session;
use telemetrics_common::tokens::Token;
use telemetrics_common::{Role, Timestamp};

use super::Store;
use super::accounts::{role_number, role_of};
use super::audit::{self, Author};
use super::sql::statement;
use crate::error::{Error, Result};

/// Whom a session or a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The name of the account, or `ACCOUNT/TOKEN`.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The account's number; nothing for a token that belongs to none.
    pub account: Option<i32>,
    /// The session's or token's own number.
    pub id: i32,
    /// When it was used last, as far as that has been written down.
    pub seen_at: Timestamp,
}

/// How long a session lasts.
#[derive(Clone, Copy, Debug)]
pub struct Lasts {
    /// Without being used, in milliseconds.
    pub idle: i64,
    /// At most, in milliseconds.
    pub most: i64,
}

/// Where somebody logs in from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The address.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
}

/// Begins a session, and notes that somebody has logged in. Sessions that are over go.
///
/// # Errors
/// The database's.
pub async fn begin(store: &Store, key: &[u8], account: i32, from: Origin, now: Timestamp, lasts: Lasts) -> Result<i32> {
    let transaction = store.write_transaction().await?;
    let sql = "DELETE FROM session WHERE seen_at < ? OR began_at < ?";
    let values = [(now.millis() - lasts.idle).into(), (now.millis() - lasts.most).into()];
    transaction.execute_raw(statement(&transaction, sql, values)).await?;
    let sql = "INSERT INTO session (key, account_id, began_at, seen_at, address, agent) VALUES (?, ?, ?, ?, ?, ?) \
               RETURNING id";
    let (at, Origin { address, agent }) = (now.millis(), from);
    let values = [key.to_vec().into(), account.into(), at.into(), at.into(), address.into(), agent.into()];
    let row = transaction.query_one_raw(statement(&transaction, sql, values)).await?;
    let id = row.ok_or_else(|| Error::internal("a session has vanished"))?.try_get_by_index(0)?;
    let sql = "UPDATE account SET login_at = ? WHERE id = ?";
    transaction.execute_raw(statement(&transaction, sql, [at.into(), account.into()])).await?;
    transaction.commit().await?;
    Ok(id)
}

/// Whose session it is, unless it is over or the account is switched off.
///
/// # Errors
/// The database's.
pub async fn holder(store: &Store, key: &[u8], now: Timestamp, lasts: Lasts) -> Result<Option<Holder>> {
    let sql = "SELECT a.name, a.role, a.id, s.id, s.seen_at FROM session s JOIN account a ON a.id = s.account_id \
               WHERE s.key = ? AND s.seen_at >= ? AND s.began_at >= ? AND NOT a.disabled";
    let values = [key.to_vec().into(), (now.millis() - lasts.idle).into(), (now.millis() - lasts.most).into()];
    let row = store.reader().query_one_raw(statement(store.reader(), sql, values)).await?;
    row.as_ref().map(read_holder).transpose()
}

/// Whose token it is, unless it is over or its account is switched off. A token never may more than its account.
///
/// # Errors
/// The database's.
pub async fn token_holder(store: &Store, key: &[u8], now: Timestamp) -> Result<Option<Holder>> {
    let sql = "SELECT COALESCE(a.name, '') || '/' || t.name, CASE WHEN a.role < t.role THEN a.role ELSE t.role END, t.account_id, t.id, \
               COALESCE(t.used_at, 0) FROM token t LEFT JOIN account a ON a.id = t.account_id \
               WHERE t.key = ? AND (t.expires_at IS NULL OR t.expires_at > ?) \
               AND (t.account_id IS NULL OR NOT a.disabled)";
    let values = [key.to_vec().into(), now.millis().into()];
    let row = store.reader().query_one_raw(statement(store.reader(), sql, values)).await?;
    row.as_ref().map(read_holder).transpose()
}

fn read_holder(row: &QueryResult) -> Result<Holder> {
    Ok(Holder {
        name: row.try_get_by_index(0)?,
        role: role_of(row.try_get_by_index(1)?)?,
        account: row.try_get_by_index(2)?,
        id: row.try_get_by_index(3)?,
        seen_at: Timestamp::from_millis(row.try_get_by_index(4)?),
    })
}

/// Notes that a session is used.
///
/// # Errors
/// The database's.
pub async fn seen(store: &Store, id: i32, now: Timestamp) -> Result<()> {
    write(store, "UPDATE session SET seen_at = ? WHERE id = ?", [now.millis().into(), id.into()]).await.map(|_| ())
}

/// Notes that a token is used.
///
/// # Errors
/// The database's.
pub async fn token_used(store: &Store, id: i32, now: Timestamp) -> Result<()> {
    write(store, "UPDATE token SET used_at = ? WHERE id = ?", [now.millis().into(), id.into()]).await.map(|_| ())
}

/// An account's sessions, newest first.
///
/// # Errors
/// The database's.
pub async fn list(store: &Store, account: i32, current: Option<i32>) -> Result<Vec<Session>> {
    let sql = "SELECT id, began_at, seen_at, address, agent FROM session WHERE account_id = ? ORDER BY id DESC";
    let rows = store.reader().query_all_raw(statement(store.reader(), sql, [account.into()])).await?;
    let read = |row: &QueryResult| {
        let id: i32 = row.try_get_by_index(0)?;
        Ok(Session {
            id: id.into(),
            began_at: Timestamp::from_millis(row.try_get_by_index(1)?),
            seen_at: Timestamp::from_millis(row.try_get_by_index(2)?),
            address: row.try_get_by_index(3)?,
            agent: row.try_get_by_index(4)?,
            current: current == Some(id),
        })
    };
    rows.iter().map(read).collect()
}

/// Ends a session of an account.
///
/// # Errors
/// `NotFound` when it has no such session.
pub async fn end(store: &Store, account: i32, id: i64, author: &Author) -> Result<()> {
    let sql = "DELETE FROM session WHERE account_id = ? AND id = ?";
    let transaction = store.write_transaction().await?;
    let ended = transaction.execute_raw(statement(&transaction, sql, [account.into(), id.into()])).await?;
    if ended.rows_affected() == 0 {
        return Err(Error::NotFound(format!("there is no session {id}")));
    }
    let target = format!("session {id}");
    let told = audit::Change { action: "session.end", target: &target, before: None, after: None };
    audit::tell(&transaction, author, told).await?;
    Ok(transaction.commit().await?)
}

/// All tokens, or those of one account, newest first.
///
/// # Errors
/// The database's.
pub async fn tokens(store: &Store, account: Option<i32>) -> Result<Vec<Token>> {
    let sql = "SELECT t.id, t.name, t.role, a.name, t.made_at, t.expires_at, t.used_at \
               FROM token t LEFT JOIN account a ON a.id = t.account_id \
               WHERE ? = 0 OR t.account_id = ? ORDER BY t.id DESC";
    let account = account.unwrap_or(0);
    let rows = store.reader().query_all_raw(statement(store.reader(), sql, [account.into(), account.into()])).await?;
    let time = |millis: Option<i64>| millis.map(Timestamp::from_millis);
    let read = |row: &QueryResult| {
        Ok(Token {
            id: row.try_get_by_index::<i32>(0)?.into(),
            name: row.try_get_by_index(1)?,
            role: role_of(row.try_get_by_index(2)?)?,
            account: row.try_get_by_index(3)?,
            made_at: Timestamp::from_millis(row.try_get_by_index(4)?),
            expires_at: time(row.try_get_by_index(5)?),
            used_at: time(row.try_get_by_index(6)?),
        })
    };
    rows.iter().map(read).collect()
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct AddedToken {
    /// What it is for.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// Whose it is.
    pub account: Option<i32>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// Keeps a token.
///
/// # Errors
/// The database's.
pub async fn add_token(store: &Store, key: &[u8], new: AddedToken, author: &Author) -> Result<i32> {
    let sql = "INSERT INTO token (key, name, role, account_id, made_at, expires_at) VALUES (?, ?, ?, ?, ?, ?) \
               RETURNING id";
    let after = Some(json!({"role": new.role, "expires_at": new.expires_at}));
    let told = audit::Change { action: "token.add", target: &new.name, before: None, after };
    let transaction = store.write_transaction().await?;
    audit::tell(&transaction, author, told).await?;
    let values = [
        key.to_vec().into(),
        new.name.into(),
        role_number(new.role).into(),
        new.account.into(),
        author.at.into(),
        new.expires_at.map(Timestamp::millis).into(),
    ];
    let row = transaction.query_one_raw(statement(&transaction, sql, values)).await?;
    let id = row.ok_or_else(|| Error::internal("a token has vanished"))?.try_get_by_index(0)?;
    transaction.commit().await?;
    Ok(id)
}

/// Takes a token back: any, or one of an account.
///
/// # Errors
/// `NotFound` when there is no such token.
pub async fn revoke_token(store: &Store, account: Option<i32>, id: i64, author: &Author) -> Result<()> {
    let sql = "DELETE FROM token WHERE id = ? AND (? = 0 OR account_id = ?) RETURNING name";
    let account = account.unwrap_or(0);
    let transaction = store.write_transaction().await?;
    let values = [id.into(), account.into(), account.into()];
    let row = transaction.query_one_raw(statement(&transaction, sql, values)).await?;
    let row = row.ok_or_else(|| Error::NotFound(format!("there is no token {id}")))?;
    let name: String = row.try_get_by_index(0)?;
    let told = audit::Change { action: "token.revoke", target: &name, before: None, after: None };
    audit::tell(&transaction, author, told).await?;
    Ok(transaction.commit().await?)
}

async fn write<const N: usize>(store: &Store, sql: &str, values: [sea_orm::Value; N]) -> Result<u64> {
    Ok(store.writer().execute_raw(statement(store.writer(), sql, values)).await?.rows_affected())
}
