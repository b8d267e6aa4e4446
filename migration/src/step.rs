//! How a step is written.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// A step of a schema: the SQL that makes it, for each database. It happens whole or not at all.
///
/// ```
/// use telemetrics_migration::Step;
///
/// const BOOTS: &str = "CREATE TABLE boot_day (day INTEGER PRIMARY KEY, boots INTEGER NOT NULL)";
///
/// let step = Step::new("m20261128_000001_boots", BOOTS, BOOTS);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Step {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    /// In place of `postgres` where tables have no partitions.
    in_one_table: Option<&'static str>,
    partitioned: bool,
}

/// What the first steps say otherwise where tables have no partitions: such databases cannot change the type of a column
/// that has an index, as a later step does, nor give a column that is new in a transaction a partial index.
const IN_ONE_TABLE: [(&str, &str); 5] = [
    (" PARTITION BY RANGE (id)", ""),
    ("machine_id TEXT NOT NULL,\n    event_id TEXT, ", "machine_id BYTEA NOT NULL,\n    event_id BYTEA, "),
    (
        "payload TEXT NOT NULL,\n    PRIMARY KEY (id)",
        "payload TEXT NOT NULL,\n    stack_id INTEGER,\n    PRIMARY KEY (id)",
    ),
    ("ALTER TABLE records ADD COLUMN stack_id INTEGER;\n", ""),
    (
        "machine_id TEXT NOT NULL,\n    PRIMARY KEY (day, dimension, scope, key, machine_id)",
        "machine_id BYTEA NOT NULL,\n    PRIMARY KEY (day, dimension, scope, key, machine_id)",
    ),
];

impl Step {
    /// A step. Its name stands in the database when it has been made, so neither may change once it is released.
    pub const fn new(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self { name, sqlite, postgres, in_one_table: None, partitioned: true }
    }

    /// The same with other SQL where tables have no partitions.
    pub(crate) const fn in_one_table(self, sql: &'static str) -> Self {
        Self { in_one_table: Some(sql), ..self }
    }

    /// The same with every table in one piece.
    pub(crate) fn without_partitions(self) -> Self {
        Self { partitioned: false, ..self }
    }
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[expect(elided_lifetimes_in_paths, reason = "async_trait matches the trait's lifetimes only when both are elided")]
#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = match manager.get_database_backend() {
            DbBackend::Sqlite => self.sqlite.to_owned(),
            DbBackend::Postgres if self.partitioned => self.postgres.to_owned(),
            DbBackend::Postgres => self.in_one_table.map_or_else(|| in_one_table(self.postgres), str::to_owned),
            other => return Err(DbErr::Migration(format!("{other:?} is not supported"))),
        };
        manager.get_connection().execute_unprepared(&sql).await.map(|_| ())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Without functions and triggers, which stand last in a step: not every such database has those for whole statements.
fn in_one_table(sql: &str) -> String {
    let sql = sql.split_once("CREATE FUNCTION").map_or(sql, |(tables, _)| tables);
    IN_ONE_TABLE.iter().fold(sql.to_owned(), |sql, (with_partitions, without)| sql.replace(with_partitions, without))
}

/// Makes a [`Step`] of the SQL in a folder with the step's name.
macro_rules! step {
    ($name:literal $(, in_one_table: $in_one_table:expr)?) => {
        /// This step.
        pub(crate) const STEP: crate::Step = crate::Step::new(
            $name,
            include_str!(concat!($name, "/sqlite.sql")),
            include_str!(concat!($name, "/postgres.sql")),
        )
        $(.in_one_table($in_one_table))?;
    };
}

pub(crate) use step;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_that_is_said_otherwise_is_in_one_of_the_first_steps() {
        let first = include_str!("m20261123_000001_records/postgres.sql");
        let second = include_str!("m20261123_000002_counters/postgres.sql");
        let third = include_str!("m20261123_000003_crashes/postgres.sql");
        for (text, _) in IN_ONE_TABLE {
            let found = [first, second, third].map(|sql| sql.matches(text).count());
            assert_eq!(found.iter().sum::<usize>(), 1, "{text}");
        }
    }
}
