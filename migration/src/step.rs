//! How a step is written.

/// Makes a step of the SQL for each database, which lies in a folder with the step's name. It happens whole or not at all.
macro_rules! step {
    ($name:literal) => {
        use sea_orm_migration::prelude::*;
        use sea_orm_migration::sea_orm::DbBackend;

        /// This step.
        #[derive(DeriveMigrationName)]
        pub struct Migration;

        #[expect(
            elided_lifetimes_in_paths,
            reason = "async_trait matches the trait's lifetimes only when both are elided"
        )]
        #[sea_orm_migration::async_trait::async_trait]
        impl MigrationTrait for Migration {
            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                let sql = match manager.get_database_backend() {
                    DbBackend::Sqlite => include_str!(concat!($name, "/sqlite.sql")),
                    DbBackend::Postgres => include_str!(concat!($name, "/postgres.sql")),
                    other => return Err(DbErr::Migration(format!("{other:?} is not supported"))),
                };
                manager.get_connection().execute_unprepared(sql).await.map(|_| ())
            }

            fn use_transaction(&self) -> Option<bool> {
                Some(true)
            }
        }
    };
}

pub(crate) use step;
