//! Accounts, and the sessions in which people use them.

use serde::{Deserialize, Serialize};

use crate::{Access, Endpoint, Method, Role, Timestamp};

/// The shortest password, in characters.
pub const MIN_PASSWORD_CHARS: usize = 10;
/// The longest password, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 1024;
/// The longest name of an account or a token, in characters.
pub const MAX_NAME_CHARS: usize = 64;
/// The header that carries [`Me::csrf`] with every change.
pub const CSRF_HEADER: &str = "x-csrf-token";
/// Where a first account is made. The link's secret stands behind a `#`, so that no server or proxy logs it.
pub const FIRST_ACCOUNT_PATH: &str = "/first-account";

/// Leads to the provider of logins, where there is one.
pub const SIGN_ON_PATH: &str = "/api/v1/sign-on";
/// Where the provider leads back to.
pub const SIGN_ON_BACK_PATH: &str = "/api/v1/sign-on/back";
/// Where one logs in.
pub const LOGIN_PAGE: &str = "/login";

/// Who is asking, and what the server lets them do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetMe {}

impl Endpoint for GetMe {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Anyone;
    const PATH: &'static str = "/api/v1/me";
    const SUMMARY: &'static str = "Who is asking, and what they may do";
    type Body = ();
    type Response = Me;
}

/// Who is asking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// The name of the account, or `ACCOUNT/TOKEN`.
    pub name: Option<String>,
    /// What they may do; `null` for those who have not logged in.
    pub role: Option<Role>,
    /// What a browser sends in the header `X-CSRF-Token` with each change.
    pub csrf: Option<String>,
    /// Whether the server is open to everyone who reaches it, since it has no accounts.
    pub open: bool,
    /// Whether there is no account yet though one is needed: the server has printed a link that makes the first one.
    pub first_account: bool,
    /// Whether charts and counts are open to everyone.
    pub public_read: bool,
    /// Whether one can log in with a provider (`GET /api/v1/sign-on`).
    #[serde(default)]
    pub sign_on: bool,
}

/// Logs in: the answer sets a cookie.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct LogIn {}

impl Endpoint for LogIn {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Anyone;
    const PATH: &'static str = "/api/v1/login";
    const SUMMARY: &'static str = "Log in; the answer sets a cookie";
    type Body = Credentials;
    type Response = Me;
}

/// An account's name and password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The account's name, in any case.
    pub name: String,
    /// Its password.
    pub password: String,
}

/// Ends the session of the request's cookie.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct LogOut {}

impl Endpoint for LogOut {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/logout";
    const SUMMARY: &'static str = "Log out";
    type Body = ();
    type Response = Me;
}

/// Makes the first account, which is an admin, with the secret of the link that the server has printed; and logs in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct MakeFirstAccount {}

impl Endpoint for MakeFirstAccount {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Anyone;
    const PATH: &'static str = "/api/v1/first-account";
    const SUMMARY: &'static str = "Make the first account by the link that the server has printed";
    type Body = FirstAccount;
    type Response = Me;
}

/// The first account.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FirstAccount {
    /// What stands behind the `#` of the link.
    pub secret: String,
    /// The account's name.
    pub name: String,
    /// Its password.
    pub password: String,
}

/// Changes one's own password; all other sessions of the account end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {}

impl Endpoint for ChangePassword {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/me/password";
    const SUMMARY: &'static str = "Change one's own password; all other sessions end";
    type Body = NewPassword;
    type Response = Me;
}

/// A new password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The present one.
    pub old: String,
    /// The one from now on.
    pub new: String,
}

/// One's own sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct ListSessions {}

impl Endpoint for ListSessions {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/me/sessions";
    const SUMMARY: &'static str = "One's own sessions, newest first";
    type Body = ();
    type Response = Sessions;
}

/// Sessions of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sessions {
    /// Newest first.
    pub sessions: Vec<Session>,
}

/// A browser in which somebody has logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Its number.
    pub id: i64,
    /// When it began.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub began_at: Timestamp,
    /// When it was used last, to within some minutes.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub seen_at: Timestamp,
    /// Where it began.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Ends one of one's own sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct EndSession {
    /// Which.
    pub id: i64,
}

impl Endpoint for EndSession {
    const METHOD: Method = Method::Delete;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/me/sessions/{id}";
    const SUMMARY: &'static str = "End one of one's own sessions";
    type Body = ();
    type Response = Sessions;
}

/// All accounts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct ListAccounts {}

impl Endpoint for ListAccounts {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Role(Role::Admin);
    const PATH: &'static str = "/api/v1/accounts";
    const SUMMARY: &'static str = "Accounts, ascending by name";
    type Body = ();
    type Response = Accounts;
}

/// Accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Accounts {
    /// Ascending by name.
    pub accounts: Vec<Account>,
}

/// Somebody who may log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    /// The name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether the account is switched off.
    pub disabled: bool,
    /// When it was made.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub made_at: Timestamp,
    /// When somebody logged in last.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub login_at: Option<Timestamp>,
    /// How many sessions there are.
    pub sessions: u64,
}

/// Makes an account; the answer has its password, which is not shown again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct AddAccount {}

impl Endpoint for AddAccount {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Role(Role::Admin);
    const PATH: &'static str = "/api/v1/accounts";
    const SUMMARY: &'static str = "Make an account; its password is shown once";
    const STATUS: u16 = 201;
    type Body = NewAccount;
    type Response = GivenPassword;
}

/// An account to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// The name: 1 to 64 characters without white space around them, without `/`, and not beginning with `(`.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// A password that the server has made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GivenPassword {
    /// The account's name.
    pub name: String,
    /// Its password.
    pub password: String,
}

/// Changes what an account may do, or switches it off and on; all its sessions end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct PatchAccount {
    /// Which.
    pub name: String,
}

impl Endpoint for PatchAccount {
    const METHOD: Method = Method::Patch;
    const ACCESS: Access = Access::Role(Role::Admin);
    const PATH: &'static str = "/api/v1/accounts/{name}";
    const SUMMARY: &'static str = "Change an account's role, or switch it off or on; its sessions end";
    type Body = AccountPatch;
    type Response = Accounts;
}

/// What of an account changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AccountPatch {
    /// The role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether it is switched off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// Gives an account a new password, which is not shown again; all its sessions end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    /// Which.
    pub name: String,
}

impl Endpoint for ResetPassword {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Role(Role::Admin);
    const PATH: &'static str = "/api/v1/accounts/{name}/password";
    const SUMMARY: &'static str = "Give an account a new password, shown once; its sessions end";
    type Body = ();
    type Response = GivenPassword;
}
