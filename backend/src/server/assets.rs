//! The dashboard's files, inside the program and compressed beforehand.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::api;

/// What Trunk built. Empty in a program that was built before the dashboard.
#[derive(RustEmbed)]
#[folder = "../dist"]
#[allow_missing = true]
struct Dist;

const INDEX: &str = "index.html";
const NO_DASHBOARD: &str = "This program was built without the dashboard: build it with `make build`.\n";
/// Compressed variants that lie beside a file, best first.
const VARIANTS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// `GET /`.
pub async fn index(headers: HeaderMap) -> Response {
    file(INDEX, &headers)
        .unwrap_or_else(|| (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain")], NO_DASHBOARD).into_response())
}

/// A file of the dashboard, or its page for an address that the dashboard itself knows.
pub async fn file_or_index(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read && let Some(response) = file(path, request.headers()) {
        return response;
    }
    let accepts_page = request.headers().get(ACCEPT).is_some_and(|accept| contains(accept, "text/html"));
    if is_read && accepts_page {
        return index(request.headers().clone()).await;
    }
    api::not_found(request.method().clone(), request.uri().clone()).await.into_response()
}

fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let accepts = headers.get(ACCEPT_ENCODING);
    let accepted = VARIANTS.iter().filter(|(encoding, _)| accepts.is_some_and(|value| contains(value, encoding)));
    let packed = accepted.into_iter().find_map(|(encoding, ending)| {
        Some((Dist::get(&format!("{path}{ending}"))?.data, Some(HeaderValue::from_static(encoding))))
    });
    let (data, encoding) = packed.or_else(|| Some((Dist::get(path)?.data, None)))?;
    let mut response = Body::from(data.into_owned()).into_response();
    let headers = response.headers_mut();
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let mime = if mime.type_() == "text" { format!("{mime}; charset=utf-8") } else { mime.to_string() };
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(&mime).ok()?);
    // Trunk puts a hash of the content into the names of all files but the page.
    let cache = if path == INDEX { "no-cache" } else { "public, max-age=31536000, immutable" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, encoding);
    }
    Some(response)
}

fn contains(value: &HeaderValue, word: &str) -> bool {
    value.to_str().is_ok_and(|value| value.split([',', ';', ' ']).any(|part| part == word))
}

/// The content security policy: everything from here, no inline code but the page's own starter.
pub fn policy() -> HeaderValue {
    let page = Dist::get(INDEX).map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default();
    let hashes: String = inline_scripts(&page).map(|script| format!(" 'sha256-{}'", hash(script))).collect();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; img-src 'self' data: blob:; \
         connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    );
    // Made of ASCII only.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

fn hash(script: &str) -> String {
    STANDARD.encode(Sha256::digest(script.as_bytes()))
}

/// The texts of the page's scripts that are written into it.
fn inline_scripts(page: &str) -> impl Iterator<Item = &str> {
    page.split("<script").skip(1).filter_map(|rest| {
        let (tag, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!tag.contains("src=")).then_some(script)
    })
}

/// Bytes of the dashboard's first load over the wire, each file in its smallest form.
pub fn first_load_bytes() -> usize {
    let plain = Dist::iter().filter(|name| VARIANTS.iter().all(|(_, ending)| !name.ends_with(ending)));
    plain
        .filter_map(|name| {
            let packed = VARIANTS.iter().filter_map(|(_, ending)| Dist::get(&format!("{name}{ending}")));
            packed.chain(Dist::get(&name)).map(|file| file.data.len()).min()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_found() {
        let page = "<script type=\"module\">\nimport a;\n</script><script src=\"/x.js\"></script><script>b</script>";
        assert_eq!(inline_scripts(page).collect::<Vec<_>>(), ["\nimport a;\n", "b"]);
    }

    #[test]
    fn encodings_are_whole_words() {
        let value = HeaderValue::from_static("gzip, deflate, br;q=0.9");
        assert!(contains(&value, "br") && contains(&value, "gzip") && !contains(&value, "zip"));
    }
}
