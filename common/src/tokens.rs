//! Tokens: what scripts show instead of a password.

use serde::{Deserialize, Serialize};

use crate::{Access, Endpoint, Method, Role, Timestamp};

/// Tokens: an admin's list has all, everybody else's their own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct ListTokens {}

impl Endpoint for ListTokens {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/tokens";
    const SUMMARY: &'static str = "Tokens for scripts: an admin's list has all, everybody else's their own";
    type Body = ();
    type Response = Tokens;
}

/// Tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tokens {
    /// Newest first.
    pub tokens: Vec<Token>,
}

/// What a script shows instead of a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Token {
    /// Its number.
    pub id: i64,
    /// What it is for.
    #[cfg_attr(feature = "openapi", schema(example = "nightly report"))]
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// Whose it is; `null` when it was made at the command line or without accounts.
    pub account: Option<String>,
    /// When it was made.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub made_at: Timestamp,
    /// When it ends; `null` for never.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub expires_at: Option<Timestamp>,
    /// When it was used last, to within some minutes.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub used_at: Option<Timestamp>,
}

/// Makes a token; the answer has its text, which is not shown again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct AddToken {}

impl Endpoint for AddToken {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/tokens";
    const SUMMARY: &'static str = "Make a token with at most one's own role; its text is shown once";
    const STATUS: u16 = 201;
    type Body = NewToken;
    type Response = GivenToken;
}

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for: 1 to 64 characters.
    #[cfg_attr(feature = "openapi", schema(example = "nightly report"))]
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// After how many days it ends; never, when this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// A token that was made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GivenToken {
    /// Its number.
    pub id: i64,
    /// What goes behind `Authorization: Bearer `.
    pub token: String,
}

/// Takes a token back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct RevokeToken {
    /// Which.
    pub id: i64,
}

impl Endpoint for RevokeToken {
    const METHOD: Method = Method::Delete;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/tokens/{id}";
    const SUMMARY: &'static str = "Take a token back";
    type Body = ();
    type Response = Tokens;
}
