//! SQL as text, for either database.

use std::fmt::Display;

use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};

use super::Store;
use crate::error::Result;

/// The rows of a SELECT without values.
pub(super) async fn rows(db: &impl ConnectionTrait, sql: &str) -> Result<Vec<QueryResult>> {
    Ok(db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?)
}

/// Numbers as a list in SQL: a database takes far more of them so than as values.
pub(super) fn joined<T: Display>(numbers: impl IntoIterator<Item = T>) -> String {
    numbers.into_iter().map(|number| number.to_string()).collect::<Vec<_>>().join(", ")
}

/// Some numbers of all rows as one text, since each row of an answer costs more than many numbers. Read by [`numbers`].
pub(super) fn together(store: &Store, columns: &[&str]) -> String {
    format!("{}({}, ' ')", store.joining_texts(), columns.join(" || ' ' || "))
}

/// The rows of [`together`], each with so many numbers; none of no text.
pub(super) fn numbers<const N: usize>(text: Option<&str>) -> impl Iterator<Item = [i64; N]> {
    let mut numbers = text.unwrap_or_default().split_ascii_whitespace().filter_map(|number| number.parse().ok());
    std::iter::from_fn(move || {
        let mut row = [0; N];
        for place in &mut row {
            *place = numbers.next()?;
        }
        Some(row)
    })
}

/// A statement whose values stand as `?`.
pub(super) fn statement<const N: usize>(db: &impl ConnectionTrait, sql: &str, values: [Value; N]) -> Statement {
    with_values(db, sql, values.into())
}

/// The same of any number of values.
pub(crate) fn with_values(db: &impl ConnectionTrait, sql: &str, values: Vec<Value>) -> Statement {
    let backend = db.get_database_backend();
    if backend != DbBackend::Postgres {
        return Statement::from_sql_and_values(backend, sql, values);
    }
    Statement::from_sql_and_values(backend, numbered(sql), values)
}

/// SQL with PostgreSQL's `$1` and so on in place of each `?`.
pub(crate) fn numbered(sql: &str) -> String {
    let mut numbered = String::with_capacity(sql.len() + 16);
    for (number, part) in sql.split('?').enumerate() {
        if number > 0 {
            numbered.push_str(&format!("${number}"));
        }
        numbered.push_str(part);
    }
    numbered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_in_rows() {
        assert_eq!(numbers(Some("1 2 -3 4")).collect::<Vec<[i64; 2]>>(), [[1, 2], [-3, 4]]);
        assert_eq!(numbers(Some("1 2 3")).collect::<Vec<[i64; 2]>>(), [[1, 2]]);
        assert_eq!(numbers::<2>(None).count(), 0);
    }
}
