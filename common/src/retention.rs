//! How long records are kept.

use serde::{Deserialize, Serialize};

use crate::jobs::StartedJob;
use crate::{Access, Endpoint, Method, Role};

/// How long records are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetRetention {}

impl Endpoint for GetRetention {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Account;
    const PATH: &'static str = "/api/v1/retention";
    const SUMMARY: &'static str = "How long records are kept";
    type Body = ();
    type Response = RetentionRules;
}

/// The rules; the first one that fits a record decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RetentionRules {
    /// Days that records are kept for which there is no rule; 0 keeps them for ever.
    pub days: u32,
    /// `CLASSIFICATION=DAYS` (or `DOMAIN/*`, `DOMAIN/PROBE/*`), `severity:1=DAYS`, `system:NAME=DAYS`.
    pub rules: Vec<String>,
    /// Grows with each change; 0 while the server's settings hold. A change must name the version that it changes.
    pub version: i64,
}

/// Puts other rules in place of those that there are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct SetRetention {}

impl Endpoint for SetRetention {
    const METHOD: Method = Method::Put;
    const ACCESS: Access = Access::Role(Role::Admin);
    const PATH: &'static str = "/api/v1/retention";
    const SUMMARY: &'static str = "Change how long records are kept; nothing is purged by that yet";
    type Body = RetentionRules;
    type Response = RetentionRules;
}

/// What a purge by some rules would delete now. Nothing is changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct PreviewRetention {}

impl Endpoint for PreviewRetention {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Role(Role::Admin);
    const PATH: &'static str = "/api/v1/retention/preview";
    const SUMMARY: &'static str = "What a purge by these rules would delete now; changes nothing";
    type Body = RetentionRules;
    type Response = RetentionPreview;
}

/// What a purge would delete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetentionPreview {
    /// How many records.
    pub records: u64,
    /// About how many bytes they take, indexes and all.
    pub bytes: u64,
    /// Whether the time was over before all records had been looked at: there may be more.
    pub partial: bool,
}

/// Purges records by the rules in force, in the background.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct StartPurge {}

impl Endpoint for StartPurge {
    const METHOD: Method = Method::Post;
    const ACCESS: Access = Access::Role(Role::Admin);
    const PATH: &'static str = "/api/v1/retention/purge";
    const SUMMARY: &'static str = "Purge records by the rules in force, in the background";
    const STATUS: u16 = 202;
    type Body = ();
    type Response = StartedJob;
}
