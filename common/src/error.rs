//! The one shape of every error answer.

use serde::{Deserialize, Serialize};

/// What the server says when it could not do as asked: `{"message": "…"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorBody {
    /// One sentence for a person; for a bad request it begins with the parameter's or field's name.
    #[cfg_attr(feature = "openapi", schema(example = "limit: must be 1 to 1000"))]
    pub message: String,
}
