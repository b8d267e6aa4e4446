//! From an [`Endpoint`] of the `common` crate and a plain async function to a documented route.

mod about;
mod document;
mod example;
pub(crate) mod machines;
mod plain;

use std::any::TypeId;
use std::future::Future;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderValue, Method as HttpMethod, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use axum::{Json, RequestPartsExt};
use serde::de::DeserializeOwned;
use telemetrics_common::{Endpoint, ErrorBody, Method, query};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::access::Caller;
use crate::app::AppState;
use crate::error::{Error, Result};
use crate::server::guard::too_long;

use self::document::{AS_ASKED, Documented, document, schema_of};

pub use self::plain::{events, lines, plain, plain_json, redirect, table};

/// Routes with their documentation.
pub type Routes = OpenApiRouter<AppState>;

/// When a client that was told "not now" may come again, in seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("10");
/// The largest JSON body of a call.
const MAX_CALL_BYTES: usize = 1 << 20;

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Inside::with(&self, if self.is_out_of_time() { too_long() } else { refusal(&self) })
    }
}

fn refusal(error: &Error) -> Response {
    let status = match error {
        Error::BadRequest(_) => StatusCode::BAD_REQUEST,
        Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        Error::Conflict(_) => StatusCode::CONFLICT,
        Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
        Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let retry_after = match error {
        Error::Unavailable { .. } => Some(RETRY_AFTER_SECONDS),
        Error::TooMany { retry_after, .. } => Some(HeaderValue::from(*retry_after)),
        _ => None,
    };
    let mut response = (status, Json(ErrorBody { message: error.to_string() })).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

/// What an answer does not tell of its error, for the log: an extension of the answer on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Inside(pub(crate) Arc<str>);

impl Inside {
    /// An answer with what it does not tell of an error.
    pub(crate) fn with(error: &Error, mut answer: Response) -> Response {
        if let Error::Internal(_) | Error::Unavailable { inside: Some(_), .. } = error {
            answer.extensions_mut().insert(Self(error.inside().into()));
        }
        answer
    }
}

/// Parameters from the path and the query string, unknown ones refused.
pub struct Call<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Call<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self> {
        let mut pairs = query::decode(parts.uri.query().unwrap_or_default());
        let in_path: RawPathParams =
            parts.extract().await.map_err(|_| Error::BadRequest("the path is not readable".to_owned()))?;
        for (name, value) in &in_path {
            if pairs.iter().any(|(other, _)| other == name) {
                return Err(Error::BadRequest(format!("{name}: belongs into the path")));
            }
            pairs.push((name.to_owned(), value.to_owned()));
        }
        if let Some((name, _)) = pairs.iter().find(|(_, value)| value.contains('\0')) {
            return Err(no_nul(name));
        }
        query::from_pairs(&pairs).map(Call).map_err(|error| Error::BadRequest(error.to_string()))
    }
}

/// No database stores them, and one of the two cannot even be asked for them.
fn no_nul(name: &str) -> Error {
    Error::BadRequest(format!("{name}: must not contain NUL characters"))
}

/// The route of an endpoint: parses its parameters and body, calls the function, writes its answer.
pub fn endpoint<E, H, F>(handler: H) -> UtoipaMethodRouter<AppState>
where
    E: Endpoint + IntoParams + Send + 'static,
    E::Body: ToSchema + Send + 'static,
    E::Response: ToSchema + Send,
    H: Fn(AppState, E, E::Body) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<E::Response>> + Send,
{
    endpoint_as(move |state, _: Caller, call, body| handler(state, call, body))
}

/// An answer that sets a cookie.
pub struct WithCookie<T> {
    /// The answer.
    pub answer: T,
    /// The value of `Set-Cookie`.
    pub cookie: HeaderValue,
}

/// What a function may give for an endpoint's response.
pub trait Answer<T> {
    /// The response, and the value of `Set-Cookie` if it sets one.
    fn parts(self) -> (T, Option<HeaderValue>);
}

impl<T> Answer<T> for T {
    fn parts(self) -> (T, Option<HeaderValue>) {
        (self, None)
    }
}

impl<T> Answer<T> for WithCookie<T> {
    fn parts(self) -> (T, Option<HeaderValue>) {
        (self.answer, Some(self.cookie))
    }
}

/// The same for a function that wants to know who calls.
pub fn endpoint_as<E, H, F, A>(handler: H) -> UtoipaMethodRouter<AppState>
where
    E: Endpoint + IntoParams + Send + 'static,
    E::Body: ToSchema + Send + 'static,
    E::Response: ToSchema + Send,
    H: Fn(AppState, Caller, E, E::Body) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<A>> + Send,
    A: Answer<E::Response>,
{
    let answer = async move |State(state): State<AppState>, caller: Caller, call: Call<E>, request: Request| {
        let body = read_body::<E>(request).await?;
        // What an endpoint says is a status.
        let status = StatusCode::from_u16(E::STATUS).unwrap_or_default();
        let (answer, cookie) = handler(state, caller, call.0, body).await?.parts();
        let mut response = (status, Json(answer)).into_response();
        if let Some(cookie) = cookie {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        Ok::<_, Error>(response)
    };
    let route = on(method_filter(E::METHOD), answer);
    let mut schemas = Vec::new();
    let answer = schema_of::<E::Response>(&mut schemas);
    let body = (!takes_nothing::<E>()).then(|| schema_of::<E::Body>(&mut schemas));
    let call = Documented {
        method: E::METHOD,
        access: E::ACCESS,
        path: E::PATH,
        summary: E::SUMMARY,
        body,
        status: E::STATUS,
        text: AS_ASKED,
        answer: Some(("application/json", answer)),
    };
    document::<E>(call, schemas, route)
}

async fn read_body<E: Endpoint>(request: Request) -> Result<E::Body>
where
    E::Body: 'static,
{
    let bytes = axum::body::to_bytes(request.into_body(), MAX_CALL_BYTES)
        .await
        .map_err(|_| Error::TooLarge(format!("body: larger than {MAX_CALL_BYTES} bytes, or broken off")))?;
    // Nothing is what `()` is made of, whatever a client sends for it.
    let json = if bytes.is_empty() || takes_nothing::<E>() { b"null" } else { bytes.as_ref() };
    let body = serde_json::from_slice(json).map_err(|error| Error::BadRequest(format!("body: {error}")))?;
    if has_nul(json) { Err(no_nul("body")) } else { Ok(body) }
}

/// Whether a text in JSON has a NUL in it, which is always escaped.
fn has_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(place) = rest.iter().position(|byte| *byte == b'\\') {
        let escaped = &rest[place + 1..];
        if escaped.starts_with(b"u0000") {
            return true;
        }
        // What is escaped may be a backslash itself.
        rest = escaped.get(1..).unwrap_or_default();
    }
    false
}

fn takes_nothing<E: Endpoint>() -> bool
where
    E::Body: 'static,
{
    TypeId::of::<E::Body>() == TypeId::of::<()>()
}

fn method_filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}

/// The answer to an address under `/api` that is not there.
pub async fn not_found(method: HttpMethod, uri: axum::http::Uri) -> Error {
    Error::NotFound(format!("there is no {method} {}", uri.path()))
}

/// The answer to a method that an address does not know.
pub async fn method_not_allowed(method: HttpMethod, uri: axum::http::Uri) -> Response {
    let message = format!("{} does not answer {method}", uri.path());
    (StatusCode::METHOD_NOT_ALLOWED, Json(ErrorBody { message })).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_found_where_it_is_escaped() {
        let check = |json: &str, expected: bool| assert_eq!(has_nul(json.as_bytes()), expected, "{json}");
        check(r#"{"name": "a\u0000"}"#, true);
        check(r#"["\\\u0000"]"#, true);
        check(r#"["\\u0000"]"#, false);
        check(r#"["\n\u0001", "u0000"]"#, false);
        check("", false);
        check("\\", false);
    }
}
