//! Privacy: what is taken out of records before they are stored, and all that there is of one machine.

use serde::{Deserialize, Serialize};

use crate::{Access, Endpoint, Method, Role};

/// What is taken out of records before they are stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetScrubbing {}

impl Endpoint for GetScrubbing {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/scrubbing";
    const SUMMARY: &'static str = "What is taken out of payloads before they are stored";
    type Body = ();
    type Response = Scrubbing;
}

/// Puts other rules in place of those that there are; every server knows them within some seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct SetScrubbing {}

impl Endpoint for SetScrubbing {
    const METHOD: Method = Method::Put;
    const ACCESS: Access = Access::Role(Role::Admin);
    const PATH: &'static str = "/api/v1/scrubbing";
    const SUMMARY: &'static str = "Change what is taken out of payloads before they are stored";
    type Body = Scrubbing;
    type Response = Scrubbing;
}

/// What is taken out of payloads, rule after rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Scrubbing {
    /// In the order in which they are applied.
    pub rules: Vec<ScrubRule>,
    /// Grows with each change; 0 for the shipped rules. A change must name the version that it changes.
    pub version: i64,
}

/// A rule: what fits the pattern is replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScrubRule {
    /// What it takes out.
    #[cfg_attr(feature = "openapi", schema(example = "home folders"))]
    pub name: String,
    /// Rust `regex` syntax.
    #[cfg_attr(feature = "openapi", schema(example = "/home/[^/]+"))]
    pub pattern: String,
    /// What stands in its place; `$1` is the pattern's first group.
    #[cfg_attr(feature = "openapi", schema(example = "~"))]
    pub replacement: String,
    /// Whether it is applied.
    pub active: bool,
}

/// What a rule would change in the newest records. Nothing is changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct PreviewScrubbing {}

impl Endpoint for PreviewScrubbing {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Role(Role::Admin);
    const PATH: &'static str = "/api/v1/scrubbing/preview";
    const SUMMARY: &'static str = "What a rule would change in the newest records; changes nothing";
    type Body = ScrubRule;
    type Response = ScrubPreview;
}

/// What a rule would change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScrubPreview {
    /// How many records were looked at, the newest ones.
    pub records: u64,
    /// In how many of them something would be replaced.
    pub changed: u64,
    /// Some lines.
    pub examples: Vec<ScrubExample>,
}

/// A line before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScrubExample {
    /// The record that it is from.
    pub record_id: i64,
    /// As it is stored.
    pub before: String,
    /// As it would be stored.
    pub after: String,
}

/// What there is of a machine. Its records are exported by `records.ndjson?machine_id=…`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetMachine {
    /// The machine's id, as it sent it.
    pub machine_id: String,
}

impl Endpoint for GetMachine {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Role(Role::Admin);
    const PATH: &'static str = "/api/v1/machines/{machine_id}";
    const SUMMARY: &'static str = "How much there is of a machine";
    type Body = ();
    type Response = MachineData;
}

/// Erases all that there is of a machine: its records, their counts, and itself in counts of machines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct EraseMachine {
    /// The machine's id, as it sent it.
    pub machine_id: String,
}

impl Endpoint for EraseMachine {
    const METHOD: Method = Method::Delete;
    const ACCESS: Access = Access::Role(Role::Admin);
    const PATH: &'static str = "/api/v1/machines/{machine_id}";
    const SUMMARY: &'static str = "Erase all that there is of a machine; the answer says what there was";
    type Body = ();
    type Response = MachineData;
}

/// What there is, or was, of a machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MachineData {
    /// Records.
    pub records: u64,
    /// Records in quarantine that name it.
    pub quarantined: u64,
    /// Rows of counters that name it: they may outlive its records.
    pub counters: u64,
}
