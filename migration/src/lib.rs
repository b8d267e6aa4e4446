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

pub use extension::ExtensionMigrator;
pub use step::Step;

/// All steps, in their order.
pub struct Migrator;

#[sea_orm_migration::async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_records::STEP),
            Box::new(m20261123_000002_counters::STEP),
            Box::new(m20261123_000003_crashes::STEP),
            Box::new(m20261125_000004_lean_counters::STEP),
            Box::new(m20261125_000005_stack_systems::STEP),
            Box::new(m20261125_000006_accounts::STEP),
            Box::new(m20261125_000007_audit::STEP),
            Box::new(m20261125_000011_imports::STEP),
            Box::new(m20261125_000012_settings::STEP),
            Box::new(m20261125_000013_sign_on::STEP),
            Box::new(m20261128_000014_extensions::STEP),
            Box::new(m20261128_000015_saved_views::STEP),
        ]
    }
}
