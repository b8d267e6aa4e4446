//! Many rows for one statement of SQLite: numbers and texts in two blobs, which the statement takes apart by itself.
//! What a small statement costs is mostly its way to SQLite's thread and back; packed, one way does for many tables.

use std::fmt::Write as _;

use sea_orm::sqlx::sqlite::SqliteArguments;
use sea_orm::sqlx::{Sqlite, query::Query};

/// Bytes of a number: the longest one has a sign and 19 digits.
const WIDTH: usize = 20;
/// In place of a number that is not there; no other is as small.
const NOTHING: i64 = i32::MIN as i64;
/// How many parameters packed rows are.
const PARAMETERS: usize = 3;

/// Rows of numbers, some of which may stand for texts.
#[derive(Default)]
pub(super) struct Packed {
    numbers: Vec<u8>,
    texts: Vec<u8>,
    /// Where the rows begin among the numbers, as a JSON array without its end.
    starts: String,
}

impl Packed {
    /// Begins a row.
    pub(super) fn row(&mut self) -> Row<'_> {
        let before = if self.starts.is_empty() { '[' } else { ',' };
        // Writing to a string cannot fail.
        let _ = write!(self.starts, "{before}{}", self.numbers.len() + 1);
        Row(self)
    }

    /// Gives the rows to a statement, behind those that it has got.
    pub(super) fn bind(
        mut self,
        query: Query<'static, Sqlite, SqliteArguments>,
    ) -> Query<'static, Sqlite, SqliteArguments> {
        self.starts.push_str(if self.starts.is_empty() { "[]" } else { "]" });
        query.bind(self.numbers).bind(self.texts).bind(self.starts)
    }
}

/// A row that is being packed, column by column.
pub(super) struct Row<'a>(&'a mut Packed);

impl Row<'_> {
    pub(super) fn number(self, number: impl Into<i64>) -> Self {
        self.0.numbers.extend_from_slice(&digits(number.into()));
        self
    }

    pub(super) fn maybe(self, number: Option<i32>) -> Self {
        self.number(number.map_or(NOTHING, i64::from))
    }

    /// Takes the place of two numbers.
    pub(super) fn text(self, text: &str) -> Self {
        let (start, length) = (self.0.texts.len() + 1, text.len());
        self.0.texts.extend_from_slice(text.as_bytes());
        // What is in memory is not as long as that.
        self.number(start as i64).number(length as i64)
    }
}

/// A number as SQLite reads it from a text, in which spaces before it do not count.
fn digits(number: i64) -> [u8; WIDTH] {
    let mut bytes = [b' '; WIDTH];
    let mut places = bytes.iter_mut().rev();
    let mut rest = number.unsigned_abs();
    for place in places.by_ref() {
        // One digit.
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if let Some(place) = places.next().filter(|_| number < 0) {
        *place = b'-';
    }
    bytes
}

/// Packed rows as parameters of a statement: the first ones, counted from 0, have the parameters 1 to 3.
#[derive(Clone, Copy)]
pub(super) struct Rows(pub(super) usize);

impl Rows {
    /// The number at a place.
    pub(super) fn number(self, place: usize) -> String {
        format!("CAST(substr(${}, value + {}, {WIDTH}) AS INTEGER)", self.0 * PARAMETERS + 1, place * WIDTH)
    }

    /// The same, which may be NULL.
    pub(super) fn maybe(self, place: usize) -> String {
        format!("NULLIF({}, {NOTHING})", self.number(place))
    }

    /// The text at a place, which is that of two numbers.
    pub(super) fn text(self, place: usize) -> String {
        let (start, length) = (self.number(place), self.number(place + 1));
        format!("CAST(substr(${}, {start}, {length}) AS TEXT)", self.0 * PARAMETERS + 2)
    }

    /// A query for the rows.
    pub(super) fn select(self, columns: &[String]) -> String {
        // Without a condition, a following ON would be read as part of a join.
        format!("SELECT {} FROM json_each(${}) WHERE true", columns.join(", "), self.0 * PARAMETERS + 3)
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sqlx::{self, AssertSqlSafe, Connection, SqliteConnection};

    use super::*;

    #[tokio::test]
    async fn sqlite_reads_what_was_packed() {
        let mut packed = Packed::default();
        packed.row().number(i64::MIN).text("ä, \"b\"").maybe(None);
        packed.row().number(i64::MAX).text("").maybe(Some(-7));
        packed.row().number(0).text("c").maybe(Some(0));
        let rows = Rows(1);
        let select = rows.select(&[rows.number(0), rows.text(1), rows.maybe(3)]);
        let sql: &'static str = Box::leak(select.into_boxed_str());
        let query = packed.bind(Packed::default().bind(sqlx::query(sql)));
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let found = query.fetch_all(&mut connection).await.unwrap();
        let read = |row: &sqlx::sqlite::SqliteRow| {
            use sqlx::Row as _;
            (row.get::<i64, _>(0), row.get::<String, _>(1), row.get::<Option<i32>, _>(2))
        };
        let expected = [
            (i64::MIN, "ä, \"b\"".to_owned(), None),
            (i64::MAX, String::new(), Some(-7)),
            (0, "c".to_owned(), Some(0)),
        ];
        assert_eq!(found.iter().map(read).collect::<Vec<_>>(), expected);
        let none = Packed::default().bind(Packed::default().bind(sqlx::query(AssertSqlSafe(sql))));
        assert!(none.fetch_all(&mut connection).await.unwrap().is_empty());
    }
}
