//! The steps that build the Telemetrics database, one file a step, the same tables on SQLite and PostgreSQL.
//!
//! Steps only go forward and a released step never changes. Queries have no place here.

pub use sea_orm_migration::MigratorTraitSelf;
pub use sea_orm_migration::async_trait::async_trait;
pub use sea_orm_migration::prelude::{MigrationTrait, MigratorTrait};

mod extension;
mod step;

mod m20261123_000001_records;
mod m20261123_000002_counters;
mod m20261123_000003_crashes;
mod m20261125_000004_lean_counters;
mod m20261125_000005_stack_systems;
mod m20261125_000006_accounts;
mod m20261125_000007_audit;
mod m20261125_000011_imports;
mod m20261125_000012_settings;
mod m20261125_000013_sign_on;
mod m20261128_000014_extensions;
mod m20261128_000015_saved_views;
mod m20261128_000016_saved_view_names;
mod m20261128_000017_compact_records;
mod m20261129_000018_uncounted;
mod m20261129_000019_erasures;
mod m20261130_000020_lean_rows;

pub use extension::ExtensionMigrator;
pub use step::Step;

/// All steps, in their order.
const STEPS: [Step; 17] = [
    m20261123_000001_records::STEP,
    m20261123_000002_counters::STEP,
    m20261123_000003_crashes::STEP,
    m20261125_000004_lean_counters::STEP,
    m20261125_000005_stack_systems::STEP,
    m20261125_000006_accounts::STEP,
    m20261125_000007_audit::STEP,
    m20261125_000011_imports::STEP,
    m20261125_000012_settings::STEP,
    m20261125_000013_sign_on::STEP,
    m20261128_000014_extensions::STEP,
    m20261128_000015_saved_views::STEP,
    m20261128_000016_saved_view_names::STEP,
    m20261128_000017_compact_records::STEP,
    m20261129_000018_uncounted::STEP,
    m20261129_000019_erasures::STEP,
    m20261130_000020_lean_rows::STEP,
];

/// Makes the tables.
pub struct Migrator;

#[sea_orm_migration::async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        boxed(STEPS)
    }
}

/// Makes the same tables in a database that speaks PostgreSQL's language but knows nothing of its partitions.
pub struct OneTableMigrator;

#[sea_orm_migration::async_trait::async_trait]
impl MigratorTrait for OneTableMigrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        boxed(STEPS.map(Step::without_partitions))
    }
}

fn boxed<const N: usize>(steps: [Step; N]) -> Vec<Box<dyn MigrationTrait>> {
    steps.into_iter().map(|step| Box::new(step) as Box<dyn MigrationTrait>).collect()
}
