//! The systems that records came from.

use serde::{Deserialize, Serialize};

use crate::facets::NameCount;
use crate::{Access, Endpoint, Method};

/// All systems, the one with the most records first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct ListSystems {}

impl Endpoint for ListSystems {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/systems";
    const SUMMARY: &'static str = "The systems that records came from, the one with the most records first";
    type Body = ();
    type Response = Systems;
}

/// The systems with the number of their records of all time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Systems {
    /// Largest first. The first one is what views of one system show when none is chosen.
    pub systems: Vec<NameCount>,
}
