//! What admins change while servers run, each as one JSON document with a version.

use sea_orm::ConnectionTrait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use telemetrics_common::privacy::Scrubbing;
use telemetrics_common::retention::RetentionRules;
use telemetrics_common::telemetry_ids::TelemetryIds;

use super::Store;
use super::audit::{self, Author, Change};
use super::sql::statement;
use crate::error::{Error, Result};

/// A document that admins change.
pub trait Setting: Clone + Serialize + DeserializeOwned {
    /// What it is called in the table and in the audit log.
    const NAME: &'static str;

    /// Which change it is; 0 for what holds before the first one.
    fn version(&mut self) -> &mut i64;
}

impl Setting for TelemetryIds {
    const NAME: &'static str = "telemetry-ids";

    fn version(&mut self) -> &mut i64 {
        &mut self.version
    }
}

impl Setting for RetentionRules {
    const NAME: &'static str = "retention";

    fn version(&mut self) -> &mut i64 {
        &mut self.version
    }
}

impl Setting for Scrubbing {
    const NAME: &'static str = "scrubbing";

    fn version(&mut self) -> &mut i64 {
        &mut self.version
    }
}

/// A document, if it has ever been changed.
///
/// # Errors
/// The database's, and `Internal` for a document that this program does not understand.
pub async fn read<T: Setting>(store: &Store) -> Result<Option<T>> {
    let db = store.reader();
    let sql = "SELECT value, version FROM setting WHERE name = ?";
    let Some(row) = db.query_one_raw(statement(db, sql, [T::NAME.into()])).await? else { return Ok(None) };
    let json: String = row.try_get_by_index(0)?;
    let read: Result<T, _> = serde_json::from_str(&json);
    let mut value = read.map_err(|error| Error::internal(format!("the setting {}: {error}", T::NAME)))?;
    *value.version() = row.try_get_by_index(1)?;
    Ok(Some(value))
}

/// Puts a document in the place of `before`, of which it names the version. Gives it with its new version.
///
/// # Errors
/// `Conflict` when somebody else has changed it meanwhile, and the database's.
pub async fn replace<T: Setting>(store: &Store, mut value: T, before: &T, author: &Author) -> Result<T> {
    let of_version = *value.version();
    *value.version() = of_version.saturating_add(1);
    let json = |value: &T| serde_json::to_value(value).map_err(|error| Error::Internal(error.into()));
    let (was, is) = (json(before)?, json(&value)?);
    let transaction = store.write_transaction().await?;
    let insert = "INSERT INTO setting (name, version, value) VALUES (?, 1, ?) ON CONFLICT DO NOTHING";
    let update = "UPDATE setting SET version = version + 1, value = ? WHERE name = ? AND version = ?";
    let change = match of_version {
        0 => statement(&transaction, insert, [T::NAME.into(), is.to_string().into()]),
        _ => statement(&transaction, update, [is.to_string().into(), T::NAME.into(), of_version.into()]),
    };
    if transaction.execute_raw(change).await?.rows_affected() != 1 {
        return Err(Error::Conflict("somebody else has changed this meanwhile; load it again".to_owned()));
    }
    let action = format!("{}.change", T::NAME);
    audit::tell(&transaction, author, Change { action: &action, target: T::NAME, before: Some(was), after: Some(is) })
        .await?;
    transaction.commit().await?;
    Ok(value)
}
