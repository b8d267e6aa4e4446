//! The API of a Telemetrics server for scripts and tools in Rust: the calls of [`telemetrics_common`], made over HTTP,
//! tried again where that does no harm, and lists as streams.
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use telemetrics_client::Client;
//! use telemetrics_common::RecordFilter;
//! use telemetrics_common::paging::Paged;
//! use telemetrics_common::population::GetPopulation;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new("http://127.0.0.1:8080")?;
//!
//! let population = client.call(&GetPopulation::default()).await?;
//!
//! let critical = RecordFilter { severity: Some("4".parse()?), ..RecordFilter::default() };
//! let mut records = std::pin::pin!(client.rows(Paged::first(critical)));
//! while let Some(record) = records.try_next().await? {
//!     println!("{} {}", record.received_at, record.classification);
//! }
//! # Ok(())
//! # }
//! ```

mod error;
mod report;
mod retry;
mod rows;

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use telemetrics_common::collector::DEFAULT_TELEMETRY_ID;
use telemetrics_common::endpoint::{path_with_query, url};
use telemetrics_common::{Endpoint, ErrorBody, Method};

pub use error::{Cause, Error};
pub use report::Reported;
pub use retry::Retries;

use retry::Repeat;

const ACCEPT: &str = "accept";
/// How long it may take until a connection is there.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// How long a server may say nothing. It breaks off by itself what takes longer than a minute.
const SILENCE: Duration = Duration::from_secs(90);
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A server, and who asks it. Cloning is cheap, and clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    /// Its address without a `/` at the end.
    server: String,
    authorization: Option<HeaderValue>,
    telemetry_id: HeaderValue,
    retries: Retries,
}

/// What is asked for.
struct Question {
    method: reqwest::Method,
    /// With its query.
    path: String,
    /// JSON.
    body: Option<String>,
    /// Beside those that every question has.
    header: (&'static str, HeaderValue),
    repeat: Repeat,
}

impl Client {
    /// For a server at an address such as `https://telemetry.example` or, behind a proxy, `https://example/telemetry`.
    ///
    /// ```
    /// use telemetrics_client::Client;
    ///
    /// let client = Client::new("https://telemetry.example")?.with_token("what an admin has given")?;
    /// assert!(Client::new("telemetry.example").is_err());
    /// # Ok::<(), telemetrics_client::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Address`] and [`Error::Setup`].
    pub fn new(server: &str) -> Result<Self, Error> {
        let is_one = Url::parse(server).is_ok_and(|url| url.has_host() && matches!(url.scheme(), "http" | "https"));
        if !is_one {
            return Err(Error::Address(server.to_owned()));
        }
        let http = reqwest::Client::builder().connect_timeout(CONNECT_TIME).read_timeout(SILENCE).build();
        Ok(Self {
            http: http.map_err(Error::setup)?,
            server: server.trim_end_matches('/').to_owned(),
            authorization: None,
            telemetry_id: HeaderValue::from_static(DEFAULT_TELEMETRY_ID),
            retries: Retries::default(),
        })
    }

    /// The same server, asked with an API token.
    ///
    /// # Errors
    /// [`Error::Unsendable`].
    pub fn with_token(self, token: &str) -> Result<Self, Error> {
        let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| Error::Unsendable("token"))?;
        value.set_sensitive(true);
        Ok(Self { authorization: Some(value), ..self })
    }

    /// The same server, told another telemetry id with records than the one that clients send by themselves.
    ///
    /// # Errors
    /// [`Error::Unsendable`].
    pub fn with_telemetry_id(self, id: &str) -> Result<Self, Error> {
        let telemetry_id = HeaderValue::try_from(id).map_err(|_| Error::Unsendable("telemetry id"))?;
        Ok(Self { telemetry_id, ..self })
    }

    /// The same server, asked again more or less often.
    #[must_use]
    pub fn with_retries(self, retries: Retries) -> Self {
        Self { retries, ..self }
    }

    /// Makes a call that takes no body.
    ///
    /// # Errors
    /// When the server is not reached, refuses, or answers something else than agreed.
    pub async fn call<E: Endpoint<Body = ()>>(&self, call: &E) -> Result<E::Response, Error> {
        self.send(call, &()).await
    }

    /// Makes a call with its body.
    ///
    /// # Errors
    /// As those of [`Self::call`].
    pub async fn send<E: Endpoint>(&self, call: &E, body: &E::Body) -> Result<E::Response, Error> {
        let path = url(call);
        let body = to_json(&path, body)?;
        let question = Question {
            method: method(E::METHOD),
            // The body `()` is null.
            body: (body != "null").then_some(body),
            header: (ACCEPT, JSON),
            repeat: if E::METHOD == Method::Get { Repeat::Harmless } else { Repeat::OnlyIfNotBegun },
            path,
        };
        self.answer(question).await
    }

    /// What a path answers, as it comes, such as the exports': [`telemetrics_common::records::NDJSON_PATH`] with a
    /// [`telemetrics_common::RecordFilter`]. Tried again until the answer begins, not when it breaks off.
    ///
    /// ```no_run
    /// # async fn example(client: telemetrics_client::Client) -> Result<(), telemetrics_client::Error> {
    /// use futures_util::TryStreamExt;
    /// use telemetrics_common::RecordFilter;
    /// use telemetrics_common::records::NDJSON_PATH;
    ///
    /// let mut chunks = std::pin::pin!(client.export(NDJSON_PATH, &RecordFilter::default()).await?);
    /// while let Some(chunk) = chunks.try_next().await? {
    ///     println!("{} bytes more", chunk.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the server is not reached, refuses, or the connection breaks.
    pub async fn export<T: Serialize>(
        &self,
        path: &str,
        params: &T,
    ) -> Result<impl Stream<Item = Result<Bytes, Error>> + use<T>, Error> {
        let question = Question {
            method: reqwest::Method::GET,
            path: path_with_query(path, params),
            body: None,
            header: (ACCEPT, HeaderValue::from_static("*/*")),
            repeat: Repeat::Harmless,
        };
        let response = self.ask(&question).await?;
        Ok(response.bytes_stream().map_err(move |source| Error::unreachable(&question.path, source)))
    }

    async fn answer<T: DeserializeOwned>(&self, question: Question) -> Result<T, Error> {
        let response = self.ask(&question).await?;
        let path = question.path;
        match response.bytes().await {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|source| Error::unreadable(path, source)),
            Err(source) => Err(Error::unreachable(path, source)),
        }
    }

    /// Asks until there is an answer, or no hope for one.
    async fn ask(&self, question: &Question) -> Result<Response, Error> {
        let mut attempts = 1;
        loop {
            let asked = self.ask_once(question).await;
            let again = attempts < self.retries.attempts;
            let asked_for = match asked {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) if again && question.repeat.after(response.status()) => {
                    retry::asked_for(response.headers())
                }
                Ok(response) => return Err(refusal(&question.path, response).await),
                Err(error) if again && question.repeat.after_failure(&error) => None,
                Err(source) => return Err(Error::unreachable(&question.path, source)),
            };
            tokio::time::sleep(self.retries.pause(attempts, asked_for)).await;
            attempts += 1;
        }
    }

    async fn ask_once(&self, question: &Question) -> reqwest::Result<Response> {
        let url = format!("{}{}", self.server, question.path);
        let mut request = self.http.request(question.method.clone(), url).header(question.header.0, &question.header.1);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if let Some(body) = &question.body {
            request = request.header(CONTENT_TYPE, JSON).body(body.clone());
        }
        request.send().await
    }
}

fn to_json(path: &str, body: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(body).map_err(|source| Error::unreadable(path, source))
}

async fn refusal(path: &str, response: Response) -> Error {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap_or_default();
    let message = serde_json::from_str(&text).map_or(text, |error: ErrorBody| error.message);
    Error::Refused { path: path.to_owned(), status, message }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}
