//! Who is answered, and what every answer says to browsers.

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::AppState;
use crate::error::Error;

/// Refuses requests to dashboard and API that name a foreign host: a page elsewhere whose name was made
/// to point here must not get to read records. Machines, health checks and metrics may use any name.
pub async fn check_host(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let open = is_open_to_any_host(request.method(), request.uri().path());
    let host = request.uri().authority().map(Authority::as_str).or_else(|| host(request.headers()));
    if open || host.is_some_and(|host| is_own(host, &state.config.allowed_hosts)) {
        return next.run(request).await;
    }
    let hint = "use localhost or 127.0.0.1, or start the server with --allowed-host";
    Error::Forbidden(format!("Host: {hint}")).into_response()
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST)?.to_str().ok()
}

fn is_open_to_any_host(method: &Method, path: &str) -> bool {
    let collector = method == Method::POST && matches!(path, "/" | "/v2/collector" | "/v3/collector");
    collector || matches!(path, "/healthz" | "/readyz" | "/metrics")
}

/// Whether a host, whatever its port, is this machine or was allowed.
fn is_own(host: &str, allowed: &[String]) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    let loopback = matches!(name, "localhost" | "[::1]")
        || name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    loopback || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
}

/// Adds the security headers.
pub async fn secure(State(policy): State<HeaderValue>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    let fixed = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    let name = HeaderName::from_static("cache-control");
    headers.entry(name).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn machines_and_probes_may_use_any_name() {
        assert!(is_open_to_any_host(&Method::POST, "/"));
        assert!(is_open_to_any_host(&Method::POST, "/v3/collector"));
        assert!(is_open_to_any_host(&Method::GET, "/healthz"));
        assert!(!is_open_to_any_host(&Method::GET, "/"));
        assert!(!is_open_to_any_host(&Method::GET, "/api/records"));
        assert!(!is_open_to_any_host(&Method::POST, "/api/v1/quarantine/replay"));
    }
}
