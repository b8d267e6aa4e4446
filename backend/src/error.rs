//! What can go wrong, in the terms of this server; knows nothing of HTTP.

use std::borrow::Cow;

use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr};

/// An error with an outside, its text, and for some an inside that is logged and never sent. As an answer it is
/// `{"message": …}` with the status that it means.
///
/// ```
/// use telemetrics_backend::{Error, Result};
///
/// fn checked(days: u32) -> Result<u32> {
///     if days <= 366 { Ok(days) } else { Err(Error::BadRequest("days: must be 366 at most".to_owned())) }
/// }
///
/// assert!(matches!(checked(400), Err(Error::BadRequest(message)) if message.starts_with("days: ")));
/// assert_eq!(Error::internal("the tables disagree").to_string(), "internal error");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request breaks a rule; the text begins with the name of the parameter or field.
    #[error("{0}")]
    BadRequest(String),
    /// The sender must say who they are.
    #[error("{0}")]
    Unauthenticated(String),
    /// The sender may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It does not go with what is there.
    #[error("{0}")]
    Conflict(String),
    /// The sender asks too often.
    #[error("{message}")]
    TooMany {
        /// What there is too much of.
        message: String,
        /// After how many seconds the sender may come again.
        retry_after: u32,
    },
    /// The sender took too long.
    #[error("{0}")]
    TooSlow(String),
    /// The body is larger than the server takes.
    #[error("{0}")]
    TooLarge(String),
    /// It cannot be done now; later it can.
    #[error("{message}")]
    Unavailable {
        /// What is not available.
        message: String,
        /// Why, for the log.
        #[source]
        inside: Option<anyhow::Error>,
    },
    /// A fault of the server.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

/// The result of what this crate does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Something that cannot be done now, with nothing more to say.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::Unavailable { message: message.into(), inside: None }
    }

    /// A fault of the server that should not have been possible.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::Internal(anyhow::Error::msg(message.into()))
    }

    /// All that is known, for the log.
    pub fn inside(&self) -> String {
        match self {
            Self::Internal(inside) | Self::Unavailable { inside: Some(inside), .. } => format!("{inside:#}"),
            other => other.to_string(),
        }
    }

    /// Whether PostgreSQL has ended a transaction only since another one was in its way: the same may succeed at once.
    pub(crate) fn is_collision(&self) -> bool {
        // serialization_failure and deadlock_detected
        matches!(self.passing_code().as_deref(), Some("40001" | "40P01"))
    }

    /// Whether PostgreSQL has broken off a statement that took too long.
    pub(crate) fn is_out_of_time(&self) -> bool {
        // query_canceled
        self.passing_code().as_deref() == Some("57014")
    }

    /// The database's own code, if it has said why it cannot be used now.
    fn passing_code(&self) -> Option<Cow<'_, str>> {
        let Self::Unavailable { inside: Some(inside), .. } = self else { return None };
        let error = match inside.downcast_ref::<DbErr>() {
            Some(DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) => &**error,
            _ => inside.downcast_ref::<sqlx::Error>()?,
        };
        error.as_database_error()?.code()
    }

    /// Adds what was being done to the inside of an error.
    pub fn while_doing(self, what: &'static str) -> Self {
        match self {
            Self::Internal(inside) => Self::Internal(inside.context(what)),
            Self::Unavailable { message, inside } => {
                Self::Unavailable { message, inside: inside.map(|inside| inside.context(what)) }
            }
            other => other,
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        let away = match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
            DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => is_passing(inner),
            _ => false,
        };
        classify(away, error.into())
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        classify(is_passing(&error), error.into())
    }
}

fn classify(away: bool, inside: anyhow::Error) -> Error {
    if away {
        Error::Unavailable { message: "the database cannot be used now".to_owned(), inside: Some(inside) }
    } else {
        Error::Internal(inside)
    }
}

/// Whether the same statement may succeed later: the database is away, locked, full or starting.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Tls(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_passing_code(&code)),
        _ => false,
    }
}

/// SQLite's primary result codes are the low byte of its extended ones (<https://sqlite.org/rescode.html>);
/// PostgreSQL's classes are the first two characters (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn is_passing_code(code: &str) -> bool {
    const BUSY: u32 = 5;
    const LOCKED: u32 = 6;
    const READ_ONLY: u32 = 8;
    const IO: u32 = 10;
    const FULL: u32 = 13;
    const CANNOT_OPEN: u32 = 14;
    if code.len() == 5 {
        let class = code.get(..2).unwrap_or_default();
        return matches!(class, "08" | "40" | "53" | "55" | "57" | "58") || code == "25006";
    }
    let primary = code.parse::<u32>().map(|code| code & 0xff);
    matches!(primary, Ok(BUSY | LOCKED | READ_ONLY | IO | FULL | CANNOT_OPEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inside_is_for_the_log_and_the_command_line() {
        let away = Error::from(sqlx::Error::PoolTimedOut);
        assert_eq!(away.to_string(), "the database cannot be used now");
        let inside = sqlx::Error::PoolTimedOut.to_string();
        assert_eq!(away.inside(), inside);
        assert_eq!(format!("{:#}", anyhow::Error::from(away)), format!("the database cannot be used now: {inside}"));
    }

    #[test]
    fn passing_trouble_is_told_from_faults() {
        let check = |code: &str, passing: bool| assert_eq!(is_passing_code(code), passing, "{code}");
        check("5", true); // SQLITE_BUSY
        check("517", true); // SQLITE_BUSY_SNAPSHOT
        check("13", true); // SQLITE_FULL
        check("1", false); // SQLITE_ERROR
        check("2067", false); // SQLITE_CONSTRAINT_UNIQUE
        check("57P01", true); // admin_shutdown
        check("40001", true); // serialization_failure
        check("53100", true); // disk_full
        check("42P01", false); // undefined_table
        check("22021", false); // character_not_in_repertoire
    }
}
