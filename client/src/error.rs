//! What can go wrong with a call.

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was given as the server's address is none.
    #[error("{0}: not the address of a server; it looks like http://HOST:PORT")]
    Address(String),
    /// This program cannot make connections, for instance since it cannot read what certificates it is to trust.
    #[error("no connection can be made: {0}")]
    Setup(#[source] reqwest::Error),
    /// A token or id has characters that no header may have.
    #[error("the {0} has characters that cannot be sent")]
    Unsendable(&'static str),
    /// The server was not reached, or the connection broke.
    #[error("{path}: {source}")]
    Unreachable {
        /// What was asked for.
        path: String,
        /// What the connection said.
        source: reqwest::Error,
    },
    /// The server said no.
    #[error("{path}: {status}: {message}")]
    Refused {
        /// What was asked for.
        path: String,
        /// The HTTP status.
        status: u16,
        /// The server's own words; for a bad request they begin with the parameter's name.
        message: String,
    },
    /// What is to be sent, or what came back, is not the JSON that was agreed on.
    #[error("{path}: {source}")]
    Unreadable {
        /// What was asked for.
        path: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl Error {
    /// The HTTP status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}
