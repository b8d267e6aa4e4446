//! The description of the API.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Access, Endpoint, Method};

/// All calls with their parameters, bodies and answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct GetDocument {}

impl Endpoint for GetDocument {
    const METHOD: Method = Method::Get;
    const ACCESS: Access = Access::Reader;
    const PATH: &'static str = "/api/v1/openapi.json";
    const SUMMARY: &'static str = "This description, an OpenAPI 3.1 document";
    type Body = ();
    type Response = Value;
}
