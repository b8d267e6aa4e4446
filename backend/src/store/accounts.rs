//! Accounts. Passwords come here as hashes only.

use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Value};
use serde_json::json;
use telemetrics_common::accounts::{Account, AccountPatch};
use telemetrics_common::{Role, Timestamp};

use super::audit::{self, Author};
use super::names::count;
use super::sql::statement;
use super::{Kind, Store};
use crate::error::{Error, Result};

/// An account as one logs in to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub id: i32,
    /// Its name as it was given.
    pub name: String,
    /// The hash of its password, if it has one.
    pub password: Option<String>,
    /// What it may do.
    pub role: Role,
    /// Whether it is switched off.
    pub disabled: bool,
}

pub(super) fn role_number(role: Role) -> i16 {
    match role {
        Role::Viewer => 1,
        Role::Maintainer => 2,
        Role::Admin => 3,
    }
}

pub(super) fn role_of(number: i16) -> Result<Role> {
    match number {
        1 => Ok(Role::Viewer),
        2 => Ok(Role::Maintainer),
        3 => Ok(Role::Admin),
        _ => Err(Error::internal("there is an unknown role")),
    }
}

fn key(name: &str) -> String {
    name.to_lowercase()
}

fn not_found(name: &str) -> Error {
    Error::NotFound(format!("there is no account {name}"))
}

/// Whether there is any account, switched off or not.
///
/// # Errors
/// The database's.
pub async fn any(store: &Store) -> Result<bool> {
    let sql = statement(store.reader(), "SELECT id FROM account LIMIT 1", []);
    Ok(store.reader().query_one_raw(sql).await?.is_some())
}

/// All accounts, ascending by name.
///
/// # Errors
/// The database's.
pub async fn list(store: &Store) -> Result<Vec<Account>> {
    let sql = "SELECT name, role, disabled, made_at, login_at, \
               (SELECT COUNT(*) FROM session WHERE account_id = account.id) FROM account ORDER BY name_key";
    let rows = store.reader().query_all_raw(statement(store.reader(), sql, [])).await?;
    let read = |row: &QueryResult| {
        Ok(Account {
            name: row.try_get_by_index(0)?,
            role: role_of(row.try_get_by_index(1)?)?,
            disabled: row.try_get_by_index(2)?,
            made_at: Timestamp::from_millis(row.try_get_by_index(3)?),
            login_at: row.try_get_by_index::<Option<i64>>(4)?.map(Timestamp::from_millis),
            sessions: count(row.try_get_by_index(5)?),
        })
    };
    rows.iter().map(read).collect()
}

/// The account with a name, in any case.
///
/// # Errors
/// The database's.
pub async fn find(store: &Store, name: &str) -> Result<Option<Known>> {
    find_by(store.reader(), "name_key = ?", key(name).into()).await
}

/// The account with a number.
///
/// # Errors
/// The database's.
pub async fn get(store: &Store, id: i32) -> Result<Option<Known>> {
    find_by(store.reader(), "id = ?", id.into()).await
}

async fn find_by(db: &impl ConnectionTrait, condition: &str, value: Value) -> Result<Option<Known>> {
    let sql = format!("SELECT id, name, password, role, disabled FROM account WHERE {condition}");
    let row = db.query_one_raw(statement(db, &sql, [value])).await?;
    let read = |row: QueryResult| {
        Ok(Known {
            id: row.try_get_by_index(0)?,
            name: row.try_get_by_index(1)?,
            password: row.try_get_by_index(2)?,
            role: role_of(row.try_get_by_index(3)?)?,
            disabled: row.try_get_by_index(4)?,
        })
    };
    row.map(read).transpose()
}

/// Makes an account with the hash of its password.
///
/// # Errors
/// `Conflict` when there is one of that name; `BadRequest` when the very first one would be no admin, since nobody
/// could then make another.
pub async fn add(store: &Store, name: &str, password: &str, role: Role, author: &Author) -> Result<i32> {
    let transaction = store.write_transaction().await?;
    let id = add_in(&transaction, name, Some(password), role, author).await?;
    transaction.commit().await?;
    Ok(id)
}

/// The account of somebody whom a provider knows, with the role that they have now; made if there is none.
///
/// # Errors
/// `Forbidden` when it is switched off, `Conflict` when somebody else has the name, and as [`add`].
pub async fn known_elsewhere(store: &Store, subject: &str, name: &str, role: Role, author: &Author) -> Result<i32> {
    let transaction = store.write_transaction().await?;
    let known = find_by(&transaction, "subject = ?", subject.into()).await?;
    let id = match known {
        Some(known) if known.disabled => return Err(Error::Forbidden("the account is switched off".to_owned())),
        Some(known) if known.role == role => known.id,
        Some(known) => {
            let sql = "UPDATE account SET role = ? WHERE id = ?";
            let values = [role_number(role).into(), known.id.into()];
            transaction.execute_raw(statement(&transaction, sql, values)).await?;
            let state = |role: Role| Some(json!({"role": role}));
            let (before, after) = (state(known.role), state(role));
            let told = audit::Change { action: "account.change", target: &known.name, before, after };
            audit::tell(&transaction, author, told).await?;
            known.id
        }
        None => {
            let id = add_in(&transaction, name, None, role, author).await?;
            let sql = "UPDATE account SET subject = ? WHERE id = ?";
            transaction.execute_raw(statement(&transaction, sql, [subject.into(), id.into()])).await?;
            id
        }
    };
    transaction.commit().await?;
    Ok(id)
}

async fn add_in(
    transaction: &DatabaseTransaction,
    name: &str,
    password: Option<&str>,
    role: Role,
    author: &Author,
) -> Result<i32> {
    let others = transaction.query_one_raw(statement(transaction, "SELECT id FROM account LIMIT 1", [])).await?;
    if others.is_none() && role != Role::Admin {
        return Err(Error::BadRequest("role: the first account must be an admin".to_owned()));
    }
    let sql = "INSERT INTO account (name, name_key, password, role, disabled, made_at) VALUES (?, ?, ?, ?, FALSE, ?) \
               ON CONFLICT DO NOTHING RETURNING id";
    let password = password.map(str::to_owned);
    let values = [name.into(), key(name).into(), password.into(), role_number(role).into(), author.at.into()];
    let row = transaction.query_one_raw(statement(transaction, sql, values)).await?;
    let row = row.ok_or_else(|| Error::Conflict(format!("there is an account {name} already")))?;
    let after = Some(json!({"role": role}));
    let told = audit::Change { action: "account.add", target: name, before: None, after };
    audit::tell(transaction, author, told).await?;
    Ok(row.try_get_by_index(0)?)
}

/// Makes the first account, an admin, if the link's hash is the right one and there is none yet.
///
/// # Errors
/// `Forbidden` when the link is not, or no longer, the right one.
pub async fn add_first(store: &Store, link: &[u8], name: &str, password: &str, author: &Author) -> Result<i32> {
    let transaction = store.write_transaction().await?;
    let sql = "DELETE FROM first_account WHERE key = ? AND expires_at > ?";
    let values = [link.to_vec().into(), author.at.into()];
    let used = transaction.execute_raw(statement(&transaction, sql, values)).await?.rows_affected();
    let others = transaction.query_one_raw(statement(&transaction, "SELECT id FROM account LIMIT 1", [])).await?;
    if used == 0 || others.is_some() {
        return Err(Error::Forbidden("the link is not valid, or no longer; start the server for a new one".to_owned()));
    }
    let id = add_in(&transaction, name, Some(password), Role::Admin, author).await?;
    transaction.commit().await?;
    Ok(id)
}

/// Puts a new link for the first account in the place of the one before.
///
/// # Errors
/// The database's.
pub async fn expect_first(store: &Store, link: &[u8], until: Timestamp) -> Result<()> {
    let transaction = store.write_transaction().await?;
    transaction.execute_unprepared("DELETE FROM first_account").await?;
    let sql = "INSERT INTO first_account (key, expires_at) VALUES (?, ?)";
    let values = [link.to_vec().into(), until.millis().into()];
    transaction.execute_raw(statement(&transaction, sql, values)).await?;
    Ok(transaction.commit().await?)
}

/// Changes role or state; all sessions of the account end.
///
/// # Errors
/// `NotFound`, and `Conflict` when no admin would be left.
pub async fn patch(store: &Store, name: &str, patch: AccountPatch, author: &Author) -> Result<()> {
    let transaction = store.write_transaction().await?;
    if store.kind() == Kind::Postgres {
        // Two admins who demote each other at once would each still see the other.
        let lock = "SELECT id FROM account WHERE role = ? AND NOT disabled ORDER BY id FOR UPDATE";
        transaction.query_all_raw(statement(&transaction, lock, [role_number(Role::Admin).into()])).await?;
    }
    let known = find_by(&transaction, "name_key = ?", key(name).into()).await?.ok_or_else(|| not_found(name))?;
    let (role, disabled) = (patch.role.unwrap_or(known.role), patch.disabled.unwrap_or(known.disabled));
    let sql = "UPDATE account SET role = ?, disabled = ? WHERE id = ?";
    let values = [role_number(role).into(), disabled.into(), known.id.into()];
    transaction.execute_raw(statement(&transaction, sql, values)).await?;
    let sql = "SELECT id FROM account WHERE role = ? AND NOT disabled LIMIT 1";
    let admins = statement(&transaction, sql, [role_number(Role::Admin).into()]);
    if transaction.query_one_raw(admins).await?.is_none() {
        return Err(Error::Conflict(format!("{} is the last admin; make another one first", known.name)));
    }
    let state = |role: Role, disabled: bool| Some(json!({"role": role, "disabled": disabled}));
    let (before, after) = (state(known.role, known.disabled), state(role, disabled));
    let told = audit::Change { action: "account.change", target: &known.name, before, after };
    audit::tell(&transaction, author, told).await?;
    end_sessions(&transaction, known.id).await?;
    Ok(transaction.commit().await?)
}

/// Gives an account the hash of a new password; all its sessions end.
///
/// # Errors
/// `NotFound`.
pub async fn set_password(store: &Store, name: &str, password: &str, author: &Author) -> Result<()> {
    let transaction = store.write_transaction().await?;
    let known = find_by(&transaction, "name_key = ?", key(name).into()).await?.ok_or_else(|| not_found(name))?;
    let sql = "UPDATE account SET password = ? WHERE id = ?";
    transaction.execute_raw(statement(&transaction, sql, [password.into(), known.id.into()])).await?;
    let told = audit::Change { action: "account.password", target: &known.name, before: None, after: None };
    audit::tell(&transaction, author, told).await?;
    end_sessions(&transaction, known.id).await?;
    Ok(transaction.commit().await?)
}

async fn end_sessions(db: &impl ConnectionTrait, account: i32) -> Result<()> {
    db.execute_raw(statement(db, "DELETE FROM session WHERE account_id = ?", [account.into()])).await?;
    Ok(())
}
