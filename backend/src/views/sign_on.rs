//! Logging in with a provider: there and back. Browsers come here by links, so what goes wrong is told on the page.

use axum::extract::State;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use telemetrics_common::accounts::{LOGIN_PAGE, SIGN_ON_BACK_PATH, SIGN_ON_PATH};
use telemetrics_common::query;
use utoipa::IntoParams;

use crate::access::sign_on::{Attempt, Person, SignOn};
use crate::access::{self, Caller};
use crate::api::{Call, Inside, Routes, redirect};
use crate::app::AppState;
use crate::error::{Error, Result};

/// How long one may take to log in, in seconds.
const ATTEMPT_SECONDS: u32 = 600;

/// The routes.
pub(crate) fn routes() -> Routes {
    let there = "Leads to the provider of logins, where there is one";
    let back = "Where the provider leads back to; begins a session";
    Routes::new().routes(redirect::<Nothing>(SIGN_ON_PATH, there, get(begin))).routes(redirect::<Back>(
        SIGN_ON_BACK_PATH,
        back,
        get(finish),
    ))
}

#[derive(Deserialize, Serialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// What the provider says. It may say more than what is of interest here.
#[derive(Default, Deserialize, Serialize, IntoParams)]
struct Back {
    /// By which it confirms the login.
    code: Option<String>,
    /// What it was given.
    state: Option<String>,
    /// Why there is no code.
    error: Option<String>,
}

async fn begin(State(state): State<AppState>, Call(_): Call<Nothing>) -> Response {
    match started(&state).await {
        Ok(response) => response,
        Err(error) => told(&error),
    }
}

async fn started(state: &AppState) -> Result<Response> {
    let (url, attempt) = sign_on(state)?.begin().await?;
    leads(&url, &[cookie(state, Some(&attempt))])
}

async fn finish(State(state): State<AppState>, caller: Caller, headers: HeaderMap, Call(back): Call<Back>) -> Response {
    match entered(&state, &caller, &headers, back).await {
        Ok(response) => response,
        Err(error) => told(&error),
    }
}

async fn entered(state: &AppState, caller: &Caller, headers: &HeaderMap, back: Back) -> Result<Response> {
    let sign_on = sign_on(state)?;
    if back.error.is_some() {
        return Err(Error::Forbidden("the provider did not let you in".to_owned()));
    }
    let again = || Error::Forbidden("the login took too long, or was begun in another browser; begin again".to_owned());
    let brought_back = access::cookie(headers, cookie_name(state));
    let attempt = brought_back.and_then(Attempt::parse).ok_or_else(again)?;
    let (Some(code), Some(given)) = (back.code, back.state) else { return Err(again()) };
    let person: Person = sign_on.finish(attempt, &given, code).await?;
    let entered = access::enter_as(&state.gate, &state.store, person, caller, state.now()).await?;
    leads("/", &[entered.cookie.to_str().unwrap_or_default().to_owned(), cookie(state, None)])
}

fn sign_on(state: &AppState) -> Result<&SignOn> {
    state.sign_on.as_ref().ok_or_else(|| Error::NotFound("there is no provider of logins".to_owned()))
}

fn cookie_name(state: &AppState) -> &'static str {
    if state.config.access.behind_https { "__Secure-telemetrics-login" } else { "telemetrics-login" }
}

/// The cookie of an attempt, or of none. It comes along when the provider leads back, as the session's own would not.
fn cookie(state: &AppState, attempt: Option<&Attempt>) -> String {
    let (value, age) = attempt.map_or((String::new(), 0), |attempt| (attempt.text(), ATTEMPT_SECONDS));
    let secure = if state.config.access.behind_https { "; Secure" } else { "" };
    let name = cookie_name(state);
    format!("{name}={value}; Path={SIGN_ON_PATH}; Max-Age={age}; HttpOnly; SameSite=Lax{secure}")
}

fn leads(to: &str, cookies: &[String]) -> Result<Response> {
    let header = |text: &str| HeaderValue::from_str(text).map_err(|error| Error::Internal(error.into()));
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, header(to)?);
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, header(cookie)?);
    }
    Ok(response)
}

/// Leads to the page for logging in, which tells what went wrong.
fn told(error: &Error) -> Response {
    let pairs = [("problem".to_owned(), error.to_string())];
    match leads(&format!("{LOGIN_PAGE}?{}", query::encode(&pairs)), &[]) {
        Ok(response) => Inside::with(error, response),
        Err(error) => error.into_response(),
    }
}
