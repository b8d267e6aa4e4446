//! The way to a database: its connections, and whether statements may count on staying on one of them.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use sea_orm::prelude::async_trait::async_trait;
use sea_orm::sqlx::{PgPool, SqlitePool};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, IsolationLevel,
    QueryResult, Statement, TransactionOptions, TransactionTrait,
};

use super::replica::Health;

/// Connections to a database. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: DatabaseConnection,
    /// Whether a pooler on the way gives the database's connections to others between two transactions: what a statement
    /// has prepared is gone when it is to be executed, unless both happen in one transaction.
    pooled: bool,
    /// Of a copy that is only read: what hears of statements that fail.
    health: Option<Arc<Health>>,
}

impl Pool {
    pub(super) fn new(connections: DatabaseConnection, pooled: bool) -> Self {
        Self { connections, pooled, health: None }
    }

    /// The same connections, which tell of statements that fail.
    pub(super) fn telling(self, health: Arc<Health>) -> Self {
        Self { health: Some(health), ..self }
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

    fn told<T>(&self, outcome: Result<T, DbErr>) -> Result<T, DbErr> {
        if let (Some(health), Err(error)) = (&self.health, &outcome) {
            health.failed(error);
        }
        outcome
    }

    /// Asks within one transaction: what a statement has prepared is there when it is executed.
    async fn in_transaction<T>(
        &self,
        ask: impl FnOnce(&DatabaseTransaction) -> BoxFuture<'_, Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let transaction = self.begin().await?;
        let answer = ask(&transaction).await?;
        transaction.commit().await?;
        Ok(answer)
    }
}

#[async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DbBackend {
        self.connections.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.told(match self.pooled {
            true => self.in_transaction(|transaction| transaction.execute_raw(statement)).await,
            false => self.connections.execute_raw(statement).await,
        })
    }

    /// Nothing is prepared: that is one message to the database.
    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.connections.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.told(match self.pooled {
            true => self.in_transaction(|transaction| transaction.query_one_raw(statement)).await,
            false => self.connections.query_one_raw(statement).await,
        })
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.told(match self.pooled {
            true => self.in_transaction(|transaction| transaction.query_all_raw(statement)).await,
            false => self.connections.query_all_raw(statement).await,
        })
    }
}
