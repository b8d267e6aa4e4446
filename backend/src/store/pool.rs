//! The way to a database: its connections, and whether statements may count on staying on one of them.

use sea_orm::prelude::async_trait::async_trait;
use sea_orm::sqlx::{PgPool, SqlitePool};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, IsolationLevel,
    QueryResult, Statement, TransactionOptions, TransactionTrait,
};

/// Connections to a database. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: DatabaseConnection,
    /// Whether a pooler on the way gives the database's connections to others between two transactions: what a statement
    /// has prepared is gone when it is to be executed, unless both happen in one transaction.
    pooled: bool,
}

impl Pool {
    pub(super) fn new(connections: DatabaseConnection, pooled: bool) -> Self {
        Self { connections, pooled }
    }

    pub(super) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.connections.begin().await
    }

    pub(super) async fn begin_with_options(&self, options: TransactionOptions) -> Result<DatabaseTransaction, DbErr> {
        self.connections.begin_with_options(options).await
    }

    pub(super) async fn begin_with_config(
        &self,
        isolation: Option<IsolationLevel>,
        access: Option<AccessMode>,
    ) -> Result<DatabaseTransaction, DbErr> {
        self.connections.begin_with_config(isolation, access).await
    }

    pub(super) fn get_sqlite_connection_pool(&self) -> &SqlitePool {
        self.connections.get_sqlite_connection_pool()
    }

    pub(super) fn get_postgres_connection_pool(&self) -> &PgPool {
        self.connections.get_postgres_connection_pool()
    }

    pub(super) async fn close(&self) -> Result<(), DbErr> {
        self.connections.clone().close().await
    }
}

#[async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DbBackend {
        self.connections.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        if !self.pooled {
            return self.connections.execute_raw(statement).await;
        }
        let transaction = self.begin().await?;
        let result = transaction.execute_raw(statement).await?;
        transaction.commit().await?;
        Ok(result)
    }

    /// Nothing is prepared: that is one message to the database.
    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.connections.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        if !self.pooled {
            return self.connections.query_one_raw(statement).await;
        }
        let transaction = self.begin().await?;
        let row = transaction.query_one_raw(statement).await?;
        transaction.commit().await?;
        Ok(row)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if !self.pooled {
            return self.connections.query_all_raw(statement).await;
        }
        let transaction = self.begin().await?;
        let rows = transaction.query_all_raw(statement).await?;
        transaction.commit().await?;
        Ok(rows)
    }
}
