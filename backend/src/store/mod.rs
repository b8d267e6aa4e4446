//! Everything that names a table or a column. Functions are free and take the [`Store`]; answers are
//! types of the `common` crate or of this one, never rows.

pub mod connect;
mod counters;
pub mod dictionary;
pub mod facets;
pub mod insert;
mod insert_postgres;
mod insert_sqlite;
mod ladder;
pub mod live;
pub mod quarantine;
pub mod records;
pub mod search;
pub mod select;

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection};

pub use connect::{Options, open};

use crate::error::Result;
use dictionary::Dictionaries;
use insert_postgres::Partitions;

/// The two databases that records can be kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file, opened by this process.
    Sqlite,
    /// A server.
    Postgres,
}

/// An open database with the right schema. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    kind: Kind,
    /// SQLite: the one connection that writes.
    write: DatabaseConnection,
    /// SQLite: connections that cannot write. PostgreSQL: the same pool.
    read: DatabaseConnection,
    /// SQLite: moves the write-ahead log into the database while others read and write.
    checkpoint: Option<DatabaseConnection>,
    dictionaries: Dictionaries,
    partitions: Partitions,
    shard: i16,
}

impl Store {
    /// Which database this is.
    pub fn kind(&self) -> Kind {
        self.inner.kind
    }

    fn reader(&self) -> &DatabaseConnection {
        &self.inner.read
    }

    fn writer(&self) -> &DatabaseConnection {
        &self.inner.write
    }

    fn dictionaries(&self) -> &Dictionaries {
        &self.inner.dictionaries
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// The reason why it does not.
    pub async fn ping(&self) -> Result<()> {
        self.reader().execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Moves what the write-ahead log of SQLite holds into the database, as far as readers allow, and
    /// says how many pages the log had. Nothing to do on PostgreSQL.
    ///
    /// # Errors
    /// The database's.
    pub async fn checkpoint(&self) -> Result<u64> {
        match &self.inner.checkpoint {
            Some(connection) => connect::checkpoint(connection).await,
            None => Ok(0),
        }
    }

    /// The same by the connection that writes, between two transactions: only then the log can begin anew.
    ///
    /// # Errors
    /// The database's.
    pub async fn checkpoint_in_turn(&self) -> Result<u64> {
        match self.kind() {
            Kind::Sqlite => connect::checkpoint(self.writer()).await,
            Kind::Postgres => Ok(0),
        }
    }

    /// Ends all connections.
    ///
    /// # Errors
    /// The database's.
    pub async fn close(&self) -> Result<()> {
        self.inner.read.clone().close().await?;
        if let Some(checkpoint) = &self.inner.checkpoint {
            checkpoint.clone().close().await?;
        }
        self.inner.write.clone().close().await?;
        Ok(())
    }
}
