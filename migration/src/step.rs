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
    partitioned: bool,
}

impl Step {
    /// A step. Its name stands in the database when it has been made, so neither may change once it is released.
    pub const fn new(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self { name, sqlite, postgres, partitioned: true }
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
            DbBackend::Postgres => self.postgres.replace(" PARTITION BY RANGE (id)", ""),
            other => return Err(DbErr::Migration(format!("{other:?} is not supported"))),
        };
        manager.get_connection().execute_unprepared(&sql).await.map(|_| ())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Makes a [`Step`] of the SQL in a folder with the step's name.
macro_rules! step {
    ($name:literal) => {
        /// This step.
        pub(crate) const STEP: crate::Step = crate::Step::new(
            $name,
            include_str!(concat!($name, "/sqlite.sql")),
            include_str!(concat!($name, "/postgres.sql")),
        );
    };
}

pub(crate) use step;
