//! Routes that are no [`Endpoint`](telemetrics_common::Endpoint): they answer something else than JSON, or read their
//! parameters in a way of their own.

use axum::routing::MethodRouter;
use telemetrics_common::{Access, Method};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::UtoipaMethodRouter;

use super::document::{Documented, document, schema_of};
use crate::app::AppState;

/// A `GET` route that answers something else than JSON, documented with the parameters `P`.
pub fn plain<P: IntoParams>(
    path: &str,
    access: Access,
    summary: &str,
    content_type: &str,
    route: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    let call = Documented { content_type: Some(content_type), ..get(path, access, summary) };
    document::<P>(call, Vec::new(), route)
}

/// A `GET` route that answers `T` in JSON, documented with the parameters `P`.
pub fn plain_json<P: IntoParams, T: ToSchema>(
    path: &str,
    access: Access,
    summary: &str,
    route: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    let mut schemas = Vec::new();
    let answer = Some(schema_of::<T>(&mut schemas));
    let call = Documented { content_type: Some("application/json"), answer, ..get(path, access, summary) };
    document::<P>(call, schemas, route)
}

/// A `GET` route that leads elsewhere, documented with the parameters `P`.
pub fn redirect<P: IntoParams>(
    path: &str,
    summary: &str,
    route: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    let call = Documented { status: 303, ..get(path, Access::Anyone, summary) };
    document::<P>(call, Vec::new(), route)
}

fn get<'a>(path: &'a str, access: Access, summary: &'a str) -> Documented<'a> {
    Documented { method: Method::Get, access, path, summary, body: None, status: 200, content_type: None, answer: None }
}
