//! The tables as SeaORM sees them. What a column means is said in the migration.

pub mod records {
    //! One row per record. SQLite keeps the resend key here too; it has no part in the entity.

    use sea_orm::entity::prelude::*;

    /// A record.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "records")]
    #[expect(missing_docs, reason = "the migration documents the columns")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub received_at: i64,
        pub captured_at: i64,
        pub classification_id: i32,
        pub build_id: i32,
        pub platform_id: i32,
        pub kernel_id: i32,
        pub hardware_id: i32,
        pub severity: i16,
        pub external: bool,
        pub record_format_version: i16,
        pub payload_format_version: i32,
        pub machine_id: Vec<u8>,
        pub event_id: Option<Vec<u8>>,
        pub overflow: Option<String>,
        pub payload: String,
        pub packed: Option<Vec<u8>>,
        pub stack_id: Option<i32>,
    }

    /// None are declared: texts are resolved by the dictionaries.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub mod quarantine {
    //! Records that broke a rule.

    use sea_orm::entity::prelude::*;

    /// A quarantined record.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "quarantine")]
    #[expect(missing_docs, reason = "the migration documents the columns")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub received_at: i64,
        pub reason: String,
        pub external: bool,
        pub body: String,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
