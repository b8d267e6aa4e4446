//! What every answer says to browsers, by the list of the Mozilla Observatory.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};

use crate::support::request::Record;
use crate::support::{Kind, TestApp, on};

/// The dashboard, the API, a refusal, what is not there, and what watchers ask for.
const PATHS: [&str; 6] =
    ["/", "/crashes", "/api/v1/overview", "/api/v1/records?limit=0", "/api/v1/nothing", "/healthz"];

fn value<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).unwrap_or_else(|| panic!("{name} is missing")).to_str().unwrap()
}

fn directives(policy: &str) -> BTreeMap<&str, Vec<&str>> {
    let parts = policy.split(';').map(|part| part.split_ascii_whitespace());
    parts.filter_map(|mut words| Some((words.next()?, words.collect()))).collect()
}

fn check_policy(policy: &str) {
    let policy = directives(policy);
    assert_eq!(policy["default-src"], ["'none'"]);
    for name in ["base-uri", "frame-ancestors"] {
        assert_eq!(policy[name], ["'none'"], "{name}");
    }
    assert_eq!(policy["form-action"], ["'self'"]);
    for (name, sources) in &policy {
        for source in sources {
            let harmless = ["'none'", "'self'", "'wasm-unsafe-eval'", "data:", "blob:"].contains(source);
            assert!(harmless || source.starts_with("'sha256-"), "{name} {source}");
            assert!(!matches!(*source, "data:" | "blob:") || *name == "img-src", "{name} {source}");
        }
    }
}

async fn check_headers(app: Arc<TestApp>, is_https: bool) {
    for path in PATHS {
        let headers = app.get(path).await.headers;
        check_policy(value(&headers, "content-security-policy"));
        let expected = [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ];
        for (name, expected) in expected {
            assert_eq!(value(&headers, name), expected, "{name} of {path}");
        }
        assert!(headers.contains_key("x-request-id"), "{path}");
        if path.starts_with("/api") {
            assert_eq!(value(&headers, "cache-control"), "no-store", "{path}");
        }
        // No other page may read what is here.
        assert!(!headers.contains_key("access-control-allow-origin"), "{path}");
        let age = headers.get("strict-transport-security").map(|value| value.to_str().unwrap().to_owned());
        let age = age.map(|text| text.strip_prefix("max-age=").unwrap().parse::<u64>().unwrap());
        assert_eq!(age.is_some_and(|age| age >= 15_768_000), is_https, "{path}");
    }
}

#[tokio::test]
async fn answers_have_the_headers_of_the_observatory() {
    on(Kind::Sqlite, &[], |app| check_headers(app, false)).await;
}

#[tokio::test]
async fn browsers_that_came_by_https_stay_there() {
    on(Kind::Sqlite, &["--behind-https"], |app| check_headers(app, true)).await;
}

async fn check_record_headers(app: Arc<TestApp>, is_https: bool) {
    let check = async |request, status| {
        let headers = app.send(request).await.expect(status).headers;
        assert_eq!(value(&headers, "content-type"), "application/json");
        assert_eq!(value(&headers, "x-content-type-options"), "nosniff");
        assert_eq!(value(&headers, "cache-control"), "no-store");
        assert!(headers.contains_key("x-request-id"));
        assert_eq!(headers.contains_key("strict-transport-security"), is_https);
        // What only browsers know would be a third of the answer.
        assert!(!headers.contains_key("content-security-policy"));
    };
    check(Record::numbered(1).in_headers(), StatusCode::CREATED).await;
    check(Record::numbered(2).with("severity", "9").in_headers(), StatusCode::BAD_REQUEST).await;
}

#[tokio::test]
async fn answers_to_machines_say_what_also_matters_to_them() {
    on(Kind::Sqlite, &[], |app| check_record_headers(app, false)).await;
    on(Kind::Sqlite, &["--behind-https"], |app| check_record_headers(app, true)).await;
}
