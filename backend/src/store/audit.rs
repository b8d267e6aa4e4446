//! The audit log. Entries are written in the transaction of the change that they tell, and never changed.

use sea_orm::{ConnectionTrait, QueryResult, Value};
use serde_json::Value as Json;
use telemetrics_common::Timestamp;
use telemetrics_common::audit::{AuditEntry, AuditFilter};

use super::Store;
use super::sql::with_values;
use crate::error::Result;

/// Who makes a change, from where, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// The account or token, or the command line; nothing without accounts.
    pub name: Option<String>,
    /// The address.
    pub address: Option<String>,
    /// The time, in milliseconds since 1970.
    pub at: i64,
}

impl Author {
    /// The operator at the command line.
    pub fn command_line(now: Timestamp) -> Self {
        Self { name: Some("(command line)".to_owned()), address: None, at: now.millis() }
    }
}

/// What was changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change<'a> {
    /// What was done, in words with dots between them.
    pub action: &'a str,
    /// To what.
    pub target: &'a str,
    /// How it was.
    pub before: Option<Json>,
    /// How it is now.
    pub after: Option<Json>,
}

/// Writes an entry.
///
/// # Errors
/// The database's.
pub(super) async fn tell(db: &impl ConnectionTrait, author: &Author, change: Change<'_>) -> Result<()> {
    let sql = "INSERT INTO audit (at, who, address, action, target, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)";
    let text = |json: Option<Json>| json.map(|json| json.to_string());
    let values = vec![
        author.at.into(),
        author.name.clone().into(),
        author.address.clone().into(),
        change.action.into(),
        change.target.into(),
        text(change.before).into(),
        text(change.after).into(),
    ];
    db.execute_raw(with_values(db, sql, values)).await?;
    Ok(())
}

/// Writes an entry about what was changed in many steps.
///
/// # Errors
/// The database's.
pub async fn tell_alone(store: &Store, author: &Author, change: Change<'_>) -> Result<()> {
    tell(store.writer(), author, change).await
}

/// Entries that pass a filter, newest first, with smaller ids than `before`.
///
/// # Errors
/// The database's.
pub async fn list(store: &Store, filter: &AuditFilter, before: Option<i64>, most: u64) -> Result<Vec<AuditEntry>> {
    let (mut conditions, mut values) = (vec!["1 = 1"], Vec::<Value>::new());
    let mut and = |condition: &'static str, of: Vec<Value>| {
        conditions.push(condition);
        values.extend(of);
    };
    if let Some(before) = before {
        and("id < ?", vec![before.into()]);
    }
    if let Some(who) = &filter.who {
        and("who = ?", vec![who.clone().into()]);
    }
    if let Some(action) = &filter.action {
        let below = format!("{action}.");
        let chars = i32::try_from(below.chars().count()).unwrap_or(i32::MAX);
        and("(action = ? OR substr(action, 1, ?) = ?)", vec![action.clone().into(), chars.into(), below.into()]);
    }
    if let Some(from) = filter.from {
        and("at >= ?", vec![from.millis().into()]);
    }
    if let Some(to) = filter.to {
        and("at < ?", vec![to.millis().into()]);
    }
    let sql = format!(
        "SELECT id, at, who, address, action, target, before, after FROM audit WHERE {} ORDER BY id DESC LIMIT {most}",
        conditions.join(" AND ")
    );
    let rows = store.reader().query_all_raw(with_values(store.reader(), &sql, values)).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<AuditEntry> {
    let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    Ok(AuditEntry {
        id: row.try_get_by_index(0)?,
        at: Timestamp::from_millis(row.try_get_by_index(1)?),
        who: row.try_get_by_index(2)?,
        address: row.try_get_by_index(3)?,
        action: row.try_get_by_index(4)?,
        target: row.try_get_by_index(5)?,
        before: json(row.try_get_by_index(6)?),
        after: json(row.try_get_by_index(7)?),
    })
}
