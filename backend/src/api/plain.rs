//! Routes that are no [`Endpoint`](telemetrics_common::Endpoint): they answer something else than JSON, or read their
//! parameters in a way of their own.

use axum::routing::MethodRouter;
use telemetrics_common::{Access, Method};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::UtoipaMethodRouter;

use super::document::{AS_ASKED, Documented, document, schema_of, text};
use crate::app::AppState;

/// A `GET` route that answers something else than JSON, documented with the parameters `P`.
pub fn plain<P: IntoParams>(
    path: &str,
    access: Access,
    summary: &str,
    content_type: &str,
    route: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    let call = Documented { answer: Some((content_type, text(None))), ..get(path, access, summary) };
    document::<P>(call, Vec::new(), route)
}

/// A `GET` route that answers a table as CSV, documented with the parameters `P` and a table of one row below its head.
pub fn table<P: IntoParams>(
    path: &str,
    access: Access,
    summary: &str,
    example: &str,
    route: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    let call = Documented { answer: Some(("text/csv", text(Some(example)))), ..get(path, access, summary) };
    document::<P>(call, Vec::new(), route)
}

/// A `GET` route that answers `T` in JSON, documented with the parameters `P`.
pub fn plain_json<P: IntoParams, T: ToSchema>(
    path: &str,
    access: Access,
    summary: &str,
    route: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    answering::<P, T>("application/json", get(path, access, summary), route)
}

/// A `GET` route that answers one `T` in JSON a line, documented with the parameters `P`.
pub fn lines<P: IntoParams, T: ToSchema>(
    path: &str,
    access: Access,
    summary: &str,
    route: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    let call = Documented { text: "As asked: each line is one of these", ..get(path, access, summary) };
    answering::<P, T>("application/x-ndjson", call, route)
}

/// A `GET` route that answers server-sent events, each with one `T` in JSON, documented with the parameters `P`.
pub fn events<P: IntoParams, T: ToSchema>(
    path: &str,
    access: Access,
    summary: &str,
    route: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    let text = "As asked: the data of each event is one of these; that of an event `missed` is how many were left out";
    answering::<P, T>("text/event-stream", Documented { text, ..get(path, access, summary) }, route)
}

/// A `GET` route that leads elsewhere, documented with the parameters `P`.
pub fn redirect<P: IntoParams>(
    path: &str,
    summary: &str,
    route: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    let text = "Leads elsewhere: Location says where";
    let call = Documented { status: 303, text, ..get(path, Access::Anyone, summary) };
    document::<P>(call, Vec::new(), route)
}

fn answering<P: IntoParams, T: ToSchema>(
    content_type: &str,
    call: Documented<'_>,
    route: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    let mut schemas = Vec::new();
    let answer = Some((content_type, schema_of::<T>(&mut schemas)));
    document::<P>(Documented { answer, ..call }, schemas, route)
}

fn get<'a>(path: &'a str, access: Access, summary: &'a str) -> Documented<'a> {
    Documented { method: Method::Get, access, path, summary, body: None, status: 200, text: AS_ASKED, answer: None }
}
