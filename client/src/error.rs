//! What can go wrong with a call.

use reqwest::StatusCode;

use crate::retry::Repeat;

/// Why a call has no answer.
///
/// ```no_run
/// # async fn example(client: telemetrics_client::Client) {
/// use telemetrics_common::views::ListViews;
///
/// match client.call(&ListViews {}).await {
///     Ok(views) => println!("{} tabs", views.len()),
///     Err(error) if error.is_temporary() => println!("later, perhaps: {error}"),
///     Err(error) => println!("{error}"),
/// }
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was given as the server's address is none.
    #[error("{0}: not the address of a server; it looks like http://HOST:PORT")]
    Address(String),
    /// This program cannot make connections, for instance since it cannot read what certificates it is to trust.
    #[error("no connection can be made: {0}")]
    Setup(#[source] Cause),
    /// A token or id has characters that no header may have.
    #[error("the {0} has characters that cannot be sent")]
    Unsendable(&'static str),
    /// The server was not reached, or the connection broke.
    #[error("{path}: {source}")]
    Unreachable {
        /// What was asked for.
        path: String,
        /// What the connection said.
        source: Cause,
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
        source: Cause,
    },
}

impl Error {
    pub(crate) fn setup(source: reqwest::Error) -> Self {
        Self::Setup(Cause(Library::Http(source)))
    }

    pub(crate) fn unreachable(path: impl Into<String>, source: reqwest::Error) -> Self {
        Self::Unreachable { path: path.into(), source: Cause(Library::Http(source)) }
    }

    pub(crate) fn unreadable(path: impl Into<String>, source: serde_json::Error) -> Self {
        Self::Unreadable { path: path.into(), source: Cause(Library::Json(source)) }
    }

    /// The HTTP status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether the server took too long to be reached, to go on, or by its own words. A change may have been made.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Unreachable { source, .. } => source.http().is_some_and(reqwest::Error::is_timeout),
            Self::Refused { status, .. } => *status == StatusCode::GATEWAY_TIMEOUT.as_u16(),
            _ => false,
        }
    }

    /// Whether the same call may have an answer later: the server was not reached, or cannot answer now. A change may
    /// have been made all the same.
    pub fn is_temporary(&self) -> bool {
        match self {
            // What cannot be sent, or is sent in a circle, will be so again.
            Self::Unreachable { source, .. } => {
                source.http().is_some_and(|error| !error.is_builder() && !error.is_redirect())
            }
            Self::Refused { status, .. } => {
                StatusCode::from_u16(*status).is_ok_and(|status| Repeat::Harmless.after(status))
            }
            _ => false,
        }
    }
}

/// What a library below says: words for people, and further ones by [`source`](std::error::Error::source). Which
/// library it is may change.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Cause(Library);

#[derive(Debug, thiserror::Error)]
enum Library {
    #[error(transparent)]
    Http(reqwest::Error),
    #[error(transparent)]
    Json(serde_json::Error),
}

impl Cause {
    fn http(&self) -> Option<&reqwest::Error> {
        match &self.0 {
            Library::Http(error) => Some(error),
            Library::Json(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn refusals_say_whether_to_come_again() {
        let check = |status: u16, is_temporary: bool, is_timeout: bool| {
            let refused = Error::Refused { path: "/".to_owned(), status, message: String::new() };
            assert_eq!((refused.is_temporary(), refused.is_timeout()), (is_temporary, is_timeout), "{status}");
        };
        check(400, false, false);
        check(429, true, false);
        check(500, false, false);
        check(503, true, false);
        check(504, true, true);
    }

    #[test]
    fn causes_keep_their_words() {
        let json = || serde_json::from_str::<bool>("maybe").unwrap_err();
        let error = Error::unreadable("/api", json());
        assert_eq!(error.to_string(), format!("/api: {}", json()));
        assert_eq!(error.source().unwrap().to_string(), json().to_string());
        assert!(!error.is_temporary() && !error.is_timeout());
    }
}
