//! Who is answered, and what every answer says to browsers.

use std::time::Duration;

use axum::Json;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use telemetrics_common::ErrorBody;
use telemetrics_common::collector::{HEADER_FORM_PATH, JSON_FORM_PATH};

use crate::app::AppState;
use crate::error::{Error, Result};

/// Browsers that have come by https once come by no other way for a year.
const HSTS: &str = "max-age=31536000";
/// How long an answer may take to begin. Bodies are read under a time limit of their own.
const ANSWER_TIME: Duration = Duration::from_secs(60);

/// Ends an answer that does not begin in time.
pub(crate) async fn in_time(answer: impl Future<Output = Response>) -> Response {
    tokio::time::timeout(ANSWER_TIME, answer).await.unwrap_or_else(|_| too_long())
}

/// In place of what took too long. It is not a 503, which means that nothing has begun: a change may be made, or half of it.
pub(crate) fn too_long() -> Response {
    let message = "the answer took too long".to_owned();
    (StatusCode::GATEWAY_TIMEOUT, Json(ErrorBody { message })).into_response()
}

/// Refuses requests from pages elsewhere. While the server is open to everyone who reaches it, that is every request to
/// dashboard and API that names a foreign host: a page whose name was made to point here must not get to read records.
/// With accounts such a page has no cookie, and only changes are looked at. Machines, health checks and metrics may use
/// any name.
///
/// # Errors
/// `Forbidden`, and the database's.
pub(crate) async fn check_origin(state: &AppState, parts: &Parts) -> Result<()> {
    if is_for_machines(&parts.method, parts.uri.path()) {
        return Ok(());
    }
    // Aside, for the reason that `access::identify` gives.
    check(parts, Box::pin(state.gate.is_open(&state.store)).await?, &state.config.allowed_hosts)
}

fn check(parts: &Parts, is_open: bool, allowed: &[String]) -> Result<()> {
    let host = parts.uri.authority().map(Authority::as_str).or_else(|| host(&parts.headers));
    if is_open && !host.is_some_and(|host| is_own(host, allowed)) {
        let hint = "use localhost or 127.0.0.1, start the server with --allowed-host, or make an account by \
                    `telemetrics user add NAME --role admin`";
        return Err(Error::Forbidden(format!("Host: {hint}")));
    }
    if !parts.method.is_safe() && !is_own_origin(&parts.headers, host, is_open, allowed) {
        return Err(Error::Forbidden("Origin: pages from elsewhere may not change anything here".to_owned()));
    }
    Ok(())
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST)?.to_str().ok()
}

/// Whether a request brings a record.
pub(super) fn is_record(method: &Method, path: &str) -> bool {
    method == Method::POST && matches!(path, "/" | HEADER_FORM_PATH | JSON_FORM_PATH)
}

/// Whether a request is one of machines that send records, or of what watches the server.
pub fn is_for_machines(method: &Method, path: &str) -> bool {
    is_record(method, path) || matches!(path, "/healthz" | "/readyz" | "/metrics")
}

/// Whether a host, whatever its port, is this machine or was allowed.
fn is_own(host: &str, allowed: &[String]) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    let loopback = matches!(name, "localhost" | "[::1]")
        || name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    loopback || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
}

/// Whether a request comes from a page of this server, or from no page at all. With accounts a page is this server's
/// when it was asked for by the same name.
fn is_own_origin(headers: &HeaderMap, host: Option<&str>, is_open: bool, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Some((_, origin)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else { return false };
    let is_asked_for = host.is_some_and(|host| host.eq_ignore_ascii_case(origin));
    (!is_open && is_asked_for) || is_own(origin, allowed)
}

/// Adds the security headers to those of an answer: with a policy all that browsers know, else those that also matter where
/// no page can come from.
pub(crate) fn secure(headers: &mut HeaderMap, policy: Option<&HeaderValue>, is_https: bool) {
    if let Some(policy) = policy {
        let fixed = [
            (X_FRAME_OPTIONS, "DENY"),
            (REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
            (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
        ];
        // With those that come after it.
        headers.reserve(fixed.len() + 5);
        for (name, value) in fixed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if is_https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_is_not_told_that_nothing_has_begun() {
        let answer = in_time(std::future::pending()).await;
        assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
    }

    #[test]
    fn only_own_names_are_answered() {
        let allowed = ["telemetrics.example".to_owned()];
        for host in ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "Telemetrics.example:443"] {
            assert!(is_own(host, &allowed), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "10.0.0.1", "", "[::2]"] {
            assert!(!is_own(host, &allowed), "{host}");
        }
    }

    #[test]
    fn only_own_pages_may_change_things() {
        let check = |origin: Option<&'static str>, host: &str, is_open: bool, expected: bool| {
            let headers = origin.map(|origin| (ORIGIN, HeaderValue::from_static(origin))).into_iter().collect();
            assert_eq!(is_own_origin(&headers, Some(host), is_open, &[]), expected, "{origin:?} {host} {is_open}");
        };
        check(None, "localhost", true, true);
        check(Some("http://127.0.0.1:8080"), "127.0.0.1:8080", true, true);
        check(Some("https://evil.example"), "127.0.0.1:8080", true, false);
        check(Some("https://evil.example"), "evil.example", true, false);
        check(Some("null"), "127.0.0.1:8080", true, false);
        check(Some("https://telemetrics.example"), "Telemetrics.example", false, true);
        check(Some("https://evil.example"), "telemetrics.example", false, false);
    }

    #[test]
    fn machines_and_probes_may_use_any_name() {
        assert!(is_for_machines(&Method::POST, "/"));
        assert!(is_for_machines(&Method::POST, "/v3/collector"));
        assert!(is_for_machines(&Method::GET, "/healthz"));
        assert!(!is_for_machines(&Method::GET, "/"));
        assert!(!is_for_machines(&Method::GET, "/api/records"));
        assert!(!is_for_machines(&Method::POST, "/api/v1/quarantine/replay"));
    }

    #[test]
    fn records_come_to_all_of_the_collectors_paths_and_to_no_others() {
        let paths = crate::App::new().openapi().unwrap().paths.paths;
        let mut collectors = Vec::new();
        for (path, item) in &paths {
            let tags = item.post.as_ref().and_then(|post| post.tags.clone()).unwrap_or_default();
            let is_collector = tags == ["collector"];
            assert_eq!(is_record(&Method::POST, path), is_collector, "{path}");
            collectors.extend(is_collector.then_some(path));
        }
        assert_eq!(collectors.len(), 3, "{collectors:?}");
    }
}
