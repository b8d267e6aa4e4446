//! What every request passes on its way to a route, and every answer on its way out. One step after the other in one
//! layer: those of axum are copied for every request, each with all that are within it.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tracing::Instrument;

use super::guard;
use crate::access;
use crate::app::AppState;
use crate::error::Error;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What it takes to let a request pass.
#[derive(Clone)]
pub(super) struct Front {
    state: AppState,
    /// The content security policy.
    policy: HeaderValue,
}

impl Front {
    pub(super) fn new(state: &AppState) -> Self {
        Self { state: state.clone(), policy: state.dashboard.policy() }
    }
}

/// Names the request in the log, and its answer to who asked.
pub(super) async fn pass(State(front): State<Front>, request: Request, next: Next) -> Response {
    let Front { state, policy } = front;
    let id = id_of(request.headers());
    // The path only: queries hold what people search payloads for.
    let span = tracing::info_span!(
        "request",
        id = id.to_str().unwrap_or_default(),
        method = %request.method(),
        path = request.uri().path()
    );
    let mut response = counted(&state, request, next).instrument(span).await;
    guard::secure(response.headers_mut(), policy, state.config.access.behind_https);
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// What whoever asks calls the request, else a name of its own.
fn id_of(headers: &HeaderMap) -> HeaderValue {
    headers.get(REQUEST_ID).cloned().unwrap_or_else(|| {
        // Hex digits are fit for a header.
        HeaderValue::from_str(&format!("{:016x}", fastrand::u64(..))).unwrap_or(HeaderValue::from_static("-"))
    })
}

/// Counts answers by their routes, whatever they come from.
async fn counted(state: &AppState, request: Request, next: Next) -> Response {
    let route: Option<MatchedPath> = request.extensions().get().cloned();
    let method = request.method().clone();
    let begin = Instant::now();
    let response = caught(allowed(state, request, next)).await;
    let (status, took) = (response.status(), begin.elapsed());
    if status.is_server_error() {
        tracing::error!(%status, ?took, "a request failed");
    }
    state.metrics.answered(method.as_str(), route.as_ref().map(MatchedPath::as_str), status.as_u16(), took);
    response
}

/// A panic is the end of one request, not of its connection.
async fn caught(answer: impl Future<Output = Response>) -> Response {
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    let panicked = |_| Error::internal("a request panicked; the panic's own message is above").into_response();
    answer.unwrap_or_else(panicked)
}

/// Answers those who may ask; the route is told who they are.
async fn allowed(state: &AppState, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let caller = async {
        guard::check_origin(state, &parts).await?;
        access::identify(state, &parts).await
    };
    match caller.await {
        Ok(caller) => parts.extensions.insert(caller),
        Err(error) => return error.into_response(),
    };
    guard::in_time(next.run(Request::from_parts(parts, body))).await
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let answer = caught(async { panic!("a test panics on purpose") }).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn a_request_keeps_the_name_that_it_came_with() {
        let own = HeaderValue::from_static("of-a-proxy");
        assert_eq!(id_of(&HeaderMap::from_iter([(REQUEST_ID, own.clone())])), own);
        let (first, second) = (id_of(&HeaderMap::new()), id_of(&HeaderMap::new()));
        assert!(first.len() == 16 && first != second, "{first:?} {second:?}");
    }
}
