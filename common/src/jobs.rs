//! Work in the background.

use serde::{Deserialize, Serialize};

use crate::{Access, Endpoint, Method};

/// How far a job is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetJob {
    /// The job's id.
    pub id: i64,
}

impl Endpoint for GetJob {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/jobs/{id}";
    const SUMMARY: &'static str = "How far a job in the background is";
    type Body = ();
    type Response = Job;
}

/// A job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Job {
    /// Where it stands.
    pub state: JobState,
    /// What has been done of it.
    pub done: u64,
    /// What there is to do.
    pub total: u64,
}

/// A job that was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartedJob {
    /// Its id.
    pub job: i64,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Not begun yet.
    #[default]
    Queued,
    /// At work, or interrupted: it goes on when a server is there.
    Running,
    /// All done.
    Done,
    /// It could not be done; the server's log says why.
    Failed,
}
