//! The steps of a view that is not of the core.

use sea_orm_migration::MigratorTraitSelf;
use sea_orm_migration::prelude::*;

use crate::Step;

/// Makes the tables of one extension. Which of its steps are made stands in a table of its own, so that it knows nothing
/// of the core's steps or of other extensions'.
pub struct ExtensionMigrator {
    slug: &'static str,
    steps: Vec<Step>,
}

impl ExtensionMigrator {
    /// The steps of the extension with that slug, in their order.
    pub fn new(slug: &'static str, steps: Vec<Step>) -> Self {
        Self { slug, steps }
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigratorTraitSelf for ExtensionMigrator {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        self.steps.iter().map(|step| Box::new(*step) as Box<dyn MigrationTrait>).collect()
    }

    fn migration_table_name(&self) -> DynIden {
        Alias::new(format!("migrations_{}", self.slug.replace('-', "_"))).into_iden()
    }
}
