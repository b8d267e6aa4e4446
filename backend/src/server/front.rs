//! What every request passes on its way to a route, and every answer on its way out. One step after the other in one
//! layer: those of axum are copied for every request, each with all that are within it. Records, most of all requests, pass
//! the same and go to the collector without the router, which would take as long as to read them; no client of theirs
//! unpacks answers.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tower::{Service, ServiceExt};
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tracing::{Instrument, Span};

use super::guard;
use crate::access;
use crate::api::Inside;
use crate::app::AppState;
use crate::error::Error;
use crate::ingest::collector;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The server as one service. Cheap to clone.
#[derive(Clone)]
pub struct Front {
    door: Arc<Door>,
    router: Router,
}

/// What all requests come through.
struct Door {
    state: AppState,
    /// The content security policy.
    policy: HeaderValue,
}

impl Service<Request> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.answer(request)
    }
}

impl Front {
    pub(super) fn new(state: &AppState, routes: Router) -> Self {
        let door = Arc::new(Door { state: state.clone(), policy: state.dashboard.policy() });
        let router = routes
            .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
            .layer(from_fn_with_state(Arc::clone(&door), pass));
        Self { door, router }
    }

    /// Answers a request. Boxed also because a connection keeps room for it while nothing is asked.
    pub(super) fn answer(&self, request: Request) -> BoxFuture<'static, Result<Response, Infallible>> {
        let Self { door, router } = self.clone();
        Box::pin(async move {
            if guard::is_record(request.method(), request.uri().path()) {
                return Ok(door.pass(request, true, |request| collector::collect(&door.state, request)).await);
            }
            router.oneshot(request).await
        })
    }
}

async fn pass(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    door.pass(request, false, |request| next.run(request)).await
}

impl Door {
    /// Names the request in the log, and its answer to who asked.
    async fn pass<F>(&self, request: Request, is_record: bool, then: impl FnOnce(Request) -> F) -> Response
    where
        F: Future<Output = Response>,
    {
        let asked = Asked::of(&request, is_record);
        // A span costs as much as to read a record: those have one only if they fail.
        let span = if is_record { Span::none() } else { asked.span() };
        let begin = Instant::now();
        // Pinned here: whatever is given away by value has room for it once more.
        let answer = pin!(self.answer(request, then));
        let mut response = caught(answer).instrument(span).await;
        asked.tell(&self.state, &mut response, begin.elapsed());
        let headers = response.headers_mut();
        let policy = (!is_record).then_some(&self.policy);
        guard::secure(headers, policy, self.state.config.access.behind_https);
        headers.insert(REQUEST_ID, asked.id);
        response
    }

    /// Answers those who may ask; `then` is told who they are.
    async fn answer<F>(&self, request: Request, then: impl FnOnce(Request) -> F) -> Response
    where
        F: Future<Output = Response>,
    {
        let (mut parts, body) = request.into_parts();
        let caller = async {
            guard::check_origin(&self.state, &parts).await?;
            access::identify(&self.state, &parts).await
        };
        match caller.await {
            Ok(caller) => parts.extensions.insert(caller),
            Err(error) => return error.into_response(),
        };
        guard::in_time(pin!(then(Request::from_parts(parts, body)))).await
    }
}

/// What was asked for, as log and numbers tell it.
struct Asked {
    /// What whoever asks calls the request, else a name of its own.
    id: HeaderValue,
    method: Method,
    uri: Uri,
    route: Option<MatchedPath>,
    /// Whether the request brings a record.
    is_record: bool,
}

impl Asked {
    fn of(request: &Request, is_record: bool) -> Self {
        let (id, method, uri) = (id_of(request.headers()), request.method().clone(), request.uri().clone());
        Self { id, method, uri, route: request.extensions().get().cloned(), is_record }
    }

    fn span(&self) -> Span {
        // The path only: queries hold what people search payloads for. And also where only errors are logged.
        tracing::error_span!(
            "request",
            id = self.id.to_str().unwrap_or_default(),
            method = %self.method,
            path = self.uri.path()
        )
    }

    /// Counts an answer by its route, and logs what the answer does not tell of a failure.
    fn tell(&self, state: &AppState, response: &mut Response, took: Duration) {
        let (status, inside) = (response.status(), response.extensions_mut().remove::<Inside>());
        if status.is_server_error() || inside.is_some() {
            let error = inside.map(|Inside(error)| tracing::field::display(error));
            self.span().in_scope(|| tracing::error!(error, %status, ?took, "a request failed"));
        }
        // A record's path is its route.
        let route = if self.is_record { Some(self.uri.path()) } else { self.route.as_ref().map(MatchedPath::as_str) };
        state.metrics.answered(self.method.as_str(), route, status.as_u16(), took);
    }
}

fn id_of(headers: &HeaderMap) -> HeaderValue {
    headers.get(REQUEST_ID).cloned().unwrap_or_else(|| {
        // Hex digits are fit for a header.
        HeaderValue::from_str(&format!("{:016x}", fastrand::u64(..))).unwrap_or(HeaderValue::from_static("-"))
    })
}

/// A panic is the end of one request, not of its connection.
async fn caught(answer: impl Future<Output = Response>) -> Response {
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    let panicked = |_| Error::internal("a request panicked; the panic's own message is above").into_response();
    answer.unwrap_or_else(panicked)
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
