//! Who may do what.

use serde::{Deserialize, Serialize};

/// What an account or a token may do. Each role may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees records and charts.
    Viewer,
    /// Judges: comments, hidden marks, the never-guilty list, quarantine.
    Maintainer,
    /// Runs the server: accounts, tokens, telemetry ids, retention.
    Admin,
}

/// Who may make a call of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Everyone, without an account too.
    Anyone,
    /// Every account; everyone where the server lets anyone read.
    Reader,
    /// Every account, and nobody else.
    Account,
    /// Accounts with this role or a higher one.
    Role(Role),
}
