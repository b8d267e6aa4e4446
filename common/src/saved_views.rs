//! Addresses of the dashboard that people have given a name.

use serde::{Deserialize, Serialize};

use crate::{Access, Endpoint, Method, Timestamp};

/// The most characters of a name.
pub const MAX_NAME_CHARS: usize = 80;
/// The most characters of an address.
pub const MAX_ADDRESS_CHARS: usize = 2000;
/// How many one account may have.
pub const MOST: u64 = 200;

/// One's own saved views, and those that are for everybody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct ListSavedViews {}

impl Endpoint for ListSavedViews {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/saved-views";
    const SUMMARY: &'static str = "One's own saved views, and those that are for everybody";
    type Body = ();
    type Response = SavedViews;
}

/// Saved views.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SavedViews {
    /// By name.
    pub views: Vec<SavedView>,
}

/// An address with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SavedView {
    /// Its number.
    pub id: i64,
    /// What people call it.
    #[cfg_attr(feature = "openapi", schema(example = "Critical this week"))]
    pub name: String,
    /// Where it leads within the dashboard.
    #[cfg_attr(feature = "openapi", schema(example = "/records?severity=4"))]
    pub address: String,
    /// Whether everybody sees it.
    pub shared: bool,
    /// Whether the caller may take it away.
    pub removable: bool,
    /// When it was saved.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub made_at: Timestamp,
}

/// Saves a view; one's own of the same name is replaced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct SaveView {}

impl Endpoint for SaveView {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/saved-views";
    const SUMMARY: &'static str = "Save a view; one's own of that name is replaced. For everybody: maintainers only";
    type Body = NewView;
    type Response = SavedViews;
}

/// A view to be saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewView {
    /// What people are to call it: 1 to 80 characters.
    #[cfg_attr(feature = "openapi", schema(example = "Critical this week"))]
    pub name: String,
    /// Where it leads within the dashboard.
    #[cfg_attr(feature = "openapi", schema(example = "/records?severity=4"))]
    pub address: String,
    /// Whether everybody is to see it.
    #[serde(default)]
    pub shared: bool,
}

/// Takes a saved view away: one's own, or, for maintainers, one for everybody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct RemoveView {
    /// Its number.
    pub id: i64,
}

impl Endpoint for RemoveView {
    const METHOD: Method = Method::Delete;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/saved-views/{id}";
    const SUMMARY: &'static str = "Take a saved view away: one's own, or, for maintainers, one for everybody";
    type Body = ();
    type Response = SavedViews;
}
