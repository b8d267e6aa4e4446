//! The never-guilty list: functions that a backtrace never blames.

use serde::{Deserialize, Serialize};

use crate::{Access, Endpoint, Method, Role, Timestamp};

/// The whole list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct ListNeverGuilty {}

impl Endpoint for ListNeverGuilty {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/never-guilty";
    const SUMMARY: &'static str = "Functions that a backtrace never blames";
    type Body = ();
    type Response = NeverGuilty;
}

/// The list, ascending by function and module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NeverGuilty {
    /// Entries in force, shipped ones included.
    pub frames: Vec<NeverGuiltyFrame>,
    /// Shipped entries that somebody has taken out.
    pub switched_off: Vec<NeverGuiltyFrame>,
    /// Whether the list has changed since the crashes were judged.
    pub changed: bool,
    /// The recompute that is waiting or under way, if there is one.
    pub job: Option<i64>,
}

/// An entry of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NeverGuiltyFrame {
    /// A function, demangled; `*` stands for any text.
    pub function: String,
    /// A module; `*` stands for any text.
    pub module: String,
    /// Whether it comes with the program.
    pub shipped: bool,
    /// Who added it, or switched it off.
    pub by: Option<String>,
    /// When that was.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub at: Option<Timestamp>,
    /// Why.
    pub reason: String,
}

/// A function in a module, both of which may contain `*` for any text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FramePattern {
    /// A function, demangled; `*` stands for any text.
    pub function: String,
    /// A module; `*` stands for any text.
    pub module: String,
    /// Why; only kept with an entry that is added or taken out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// Adds an entry, or switches a shipped one on again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct AddNeverGuilty {}

impl Endpoint for AddNeverGuilty {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Role(Role::Maintainer);
    const PATH: &'static str = "/api/v1/never-guilty";
    const SUMMARY: &'static str = "Add a function to those that are never guilty";
    type Body = FramePattern;
    type Response = NeverGuilty;
}

/// Takes an entry out; a shipped one is switched off.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct RemoveNeverGuilty {}

impl Endpoint for RemoveNeverGuilty {
    const METHOD: Method = Method::Delete;
    const ACCESS: Access = Access::Role(Role::Maintainer);
    const PATH: &'static str = "/api/v1/never-guilty";
    const SUMMARY: &'static str = "Take a function out of those that are never guilty";
    type Body = FramePattern;
    type Response = NeverGuilty;
}

/// Switches all shipped entries off, or on again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct SwitchShipped {}

impl Endpoint for SwitchShipped {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Role(Role::Maintainer);
    const PATH: &'static str = "/api/v1/never-guilty/shipped";
    const SUMMARY: &'static str = "Switch all shipped entries of the never-guilty list off, or on again";
    type Body = Switch;
    type Response = NeverGuilty;
}

/// Which way to switch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// Whether they are in force afterwards.
    pub in_force: bool,
    /// Why; only kept with entries that are switched off.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// Adds many entries at once, such as another server's list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct ImportNeverGuilty {}

impl Endpoint for ImportNeverGuilty {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Role(Role::Maintainer);
    const PATH: &'static str = "/api/v1/never-guilty/import";
    const SUMMARY: &'static str =
        "Add many functions to those that are never guilty; all of them or, with a bad one, none";
    type Body = FrameList;
    type Response = NeverGuilty;
}

/// A list of entries, in the form in which [`ListNeverGuilty`] answers them; what else is told of them is passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FrameList {
    /// The entries.
    pub frames: Vec<ImportedFrame>,
}

/// An entry of another list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportedFrame {
    /// A function, demangled; `*` stands for any text.
    pub function: String,
    /// A module; `*` stands for any text.
    pub module: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// What a change of the list would do. Nothing is changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct PreviewNeverGuilty {}

impl Endpoint for PreviewNeverGuilty {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Role(Role::Maintainer);
    const PATH: &'static str = "/api/v1/never-guilty/preview";
    const SUMMARY: &'static str = "What a change of the never-guilty list would do to one record, or to all";
    type Body = ListChange;
    type Response = Preview;
}

/// A change of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ListChange {
    /// One record; all of them when not given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub record_id: Option<i64>,
    /// Entries that are added.
    #[serde(default)]
    pub add: Vec<FramePattern>,
    /// Entries that are taken out.
    #[serde(default)]
    pub remove: Vec<FramePattern>,
}

/// What the changed list would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preview {
    /// For one record: the guilty that it would get; `null` without one.
    pub guilty: Option<Accused>,
    /// For all records: how many would move to another guilty.
    pub records: u64,
    /// For all records: from which guilty to which, largest first.
    pub moves: Vec<Move>,
}

/// A function that is blamed, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Accused {
    /// The function, demangled.
    pub function: String,
    /// The module that it is in.
    pub module: String,
}

/// Records that would change their guilty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Move {
    /// The guilty of now.
    pub from: Accused,
    /// The guilty that it would be.
    pub to: Accused,
    /// How many records, those of all time that were counted.
    pub records: u64,
}
