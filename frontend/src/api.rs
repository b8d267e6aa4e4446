//! The way to the server: typed calls, and streams of events. Nothing else in the dashboard names the
//! library that fetches.

use std::cell::RefCell;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{Select, Stream, select};
use gloo_net::eventsource::State;
use gloo_net::eventsource::futures::{EventSource, EventSourceSubscription};
use gloo_net::http::{Method as HttpMethod, RequestBuilder};
use serde::de::DeserializeOwned;
use telemetrics_common::accounts::CSRF_HEADER;
use telemetrics_common::{Endpoint, ErrorBody, Method, endpoint};

use crate::browser;

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiError {
    /// The server was not reached.
    Unreachable,
    /// The server said no.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's own words; for a bad request they begin with the parameter's name.
        message: String,
    },
    /// The answer is not what was agreed on.
    Unreadable(String),
}

impl ApiError {
    /// Whether the server has no such thing.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// The server's words about a bad parameter.
    pub fn bad_request(&self) -> Option<&str> {
        match self {
            Self::Refused { status: 400, message } => Some(message),
            _ => None,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("The server cannot be reached. Is it running, and are you online?"),
            Self::Refused { status, message } if message.is_empty() => write!(f, "The server answered {status}."),
            Self::Refused { status: 400..=499, message } => f.write_str(message),
            Self::Refused { status, message } => write!(f, "The server answered {status}: {message}"),
            Self::Unreadable(what) => {
                write!(f, "The server's answer could not be read ({what}). It may have been updated: reload the page.")
            }
        }
    }
}

const ACCEPT: &str = "accept";
const CONTENT_TYPE: &str = "content-type";
const JSON: &str = "application/json";

thread_local! {
    /// What the session's page sends with each change.
    static CSRF: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Says what to send with each change from now on; nothing without a session.
pub(crate) fn set_csrf(csrf: Option<String>) {
    CSRF.set(csrf);
}

/// Makes a call and waits for the answer.
///
/// # Errors
/// When the server is not reached, refuses, or answers something else than agreed.
pub async fn call<E: Endpoint>(endpoint: &E, body: &E::Body) -> Result<E::Response, ApiError> {
    let body = serde_json::to_string(body).map_err(|error| unreadable(&error))?;
    // The body `()` is null.
    let body = (body != "null").then_some(body);
    let text = fetch(E::METHOD, endpoint::url(endpoint), body).await?;
    serde_json::from_str(&text).map_err(|error| unreadable(&error))
}

fn unreadable(error: &dyn fmt::Display) -> ApiError {
    ApiError::Unreadable(error.to_string())
}

/// An answer as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Raw {
    /// The HTTP status.
    pub status: u16,
    /// What kind of text it is.
    pub content_type: String,
    /// The text.
    pub text: String,
}

/// The text of an answer. Boxed, so that there is one of it and not one for each call.
fn fetch(method: Method, url: String, body: Option<String>) -> Pin<Box<dyn Future<Output = Result<String, ApiError>>>> {
    Box::pin(async move {
        let header = |name: &str| (name.to_owned(), JSON.to_owned());
        let headers: Vec<_> = [ACCEPT].into_iter().chain(body.is_some().then_some(CONTENT_TYPE)).map(header).collect();
        let Raw { status, text, .. } = ask(method, &url, &headers, body).await?;
        if (200..300).contains(&status) {
            return Ok(text);
        }
        // The session is over: the page, loaded anew, asks to log in.
        if status == 401 && CSRF.with_borrow(Option::is_some) {
            browser::reload();
        }
        let message = serde_json::from_str::<ErrorBody>(&text).map(|error| error.message).unwrap_or_default();
        Err(ApiError::Refused { status, message })
    })
}

/// Asks for a path as scripts do, with headers that say what the body is; a refusal is an answer, too.
///
/// # Errors
/// When the server is not reached.
pub(crate) async fn ask(
    method: Method,
    url: &str,
    headers: &[(String, String)],
    body: Option<String>,
) -> Result<Raw, ApiError> {
    let changes = method != Method::Get;
    let method = match method {
        Method::Get => HttpMethod::GET,
        Method::Post => HttpMethod::POST,
        Method::Put => HttpMethod::PUT,
        Method::Patch => HttpMethod::PATCH,
        Method::Delete => HttpMethod::DELETE,
    };
    let mut request = RequestBuilder::new(url).method(method);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if let Some(csrf) = CSRF.with_borrow(Clone::clone).filter(|_| changes) {
        request = request.header(CSRF_HEADER, &csrf);
    }
    let request = match body {
        Some(body) => request.body(body),
        None => request.build(),
    };
    let response = request.map_err(|error| unreadable(&error))?.send().await.map_err(|_| ApiError::Unreachable)?;
    let content_type = response.headers().get(CONTENT_TYPE).unwrap_or_default();
    let text = response.text().await.map_err(|_| ApiError::Unreachable)?;
    Ok(Raw { status: response.status(), content_type, text })
}

/// What a stream of server-sent events tells.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<T> {
    /// The connection stands, for the first time or again: what came in between is not told.
    Open,
    /// The server could not keep up with telling.
    Missed,
    /// Something happened.
    Item(T),
    /// The connection is gone, and the browser tries again.
    Lost,
    /// The connection is gone for good.
    Closed,
}

const OPEN: &str = "open";
const MESSAGE: &str = "message";
const MISSED: &str = "missed";
const ERROR: &str = "error";

type Two = Select<EventSourceSubscription, EventSourceSubscription>;

/// Server-sent events as a stream. Dropping it closes the connection.
pub struct Events<T> {
    source: EventSource,
    messages: Select<Two, Two>,
    item: std::marker::PhantomData<T>,
}

impl<T> Events<T> {
    /// Listens at a path.
    ///
    /// # Errors
    /// When the browser cannot listen there at all.
    pub fn listen(url: &str) -> Result<Self, ApiError> {
        let mut source = EventSource::new(url).map_err(|error| unreadable(&error))?;
        let mut subscribe = |kind: &str| source.subscribe(kind).map_err(|error| unreadable(&error));
        let state = select(subscribe(OPEN)?, subscribe(ERROR)?);
        let content = select(subscribe(MESSAGE)?, subscribe(MISSED)?);
        Ok(Self { source, messages: select(state, content), item: std::marker::PhantomData })
    }

    fn lost(&self) -> Event<T> {
        if self.source.state() == State::Closed { Event::Closed } else { Event::Lost }
    }
}

impl<T: DeserializeOwned + Unpin> Stream for Events<T> {
    type Item = Event<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event<T>>> {
        loop {
            let Poll::Ready(next) = Pin::new(&mut self.messages).poll_next(context) else { return Poll::Pending };
            let event = match next {
                None => return Poll::Ready(None),
                Some(Err(_)) => self.lost(),
                Some(Ok((kind, message))) => match kind.as_str() {
                    OPEN => Event::Open,
                    MISSED => Event::Missed,
                    ERROR => self.lost(),
                    // An item that cannot be read was made by a newer server; lists will say so.
                    _ => match serde_json::from_str(&message.data().as_string().unwrap_or_default()) {
                        Ok(item) => Event::Item(item),
                        Err(_) => continue,
                    },
                },
            };
            return Poll::Ready(Some(event));
        }
    }
}
