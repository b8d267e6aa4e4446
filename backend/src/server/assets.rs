//! The dashboard's files, compressed beforehand. Which they are is the program's choice: [`Dashboard`].

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rust_embed::DynRustEmbed;
use sha2::{Digest, Sha256};

use crate::api;
use crate::app::AppState;

const INDEX: &str = "index.html";
const NO_DASHBOARD: &str = "This program was built without the dashboard: build it with `make build`.\n";
/// Compressed variants that lie beside a file, best first.
const VARIANTS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// What Trunk has built. None at all, unless a program has it inside:
///
/// ```
/// use rust_embed::RustEmbed;
/// use telemetrics_backend::server::assets::Dashboard;
///
/// #[derive(RustEmbed)]
/// #[folder = "dist"]
/// #[allow_missing = true]
/// struct Dist;
///
/// let dashboard = Dashboard::new(Dist);
/// ```
#[derive(Clone, Default)]
pub struct Dashboard(Option<Arc<dyn DynRustEmbed + Send + Sync>>);

impl Dashboard {
    /// The files that a program has inside.
    pub fn new(files: impl DynRustEmbed + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(files)))
    }

    fn get(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        Some(self.0.as_ref()?.get(path)?.data)
    }

    /// The content security policy: everything from here, no inline code but the page's own starter.
    #[doc(hidden)]
    pub fn policy(&self) -> HeaderValue {
        let page = self.get(INDEX).map(|data| String::from_utf8_lossy(&data).into_owned()).unwrap_or_default();
        let hashes: String = inline_scripts(&page).map(|script| format!(" 'sha256-{}'", hash(script))).collect();
        let policy = format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; \
             img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
             form-action 'self'; frame-ancestors 'none'"
        );
        // Made of ASCII only.
        HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    }

    /// Bytes of the first load over the wire, each file in its smallest form.
    #[doc(hidden)]
    pub fn first_load_bytes(&self) -> usize {
        let names: Vec<_> = self.0.iter().flat_map(|files| files.names()).collect();
        let plain = names.iter().filter(|name| VARIANTS.iter().all(|(_, ending)| !name.ends_with(ending)));
        plain
            .filter_map(|name| {
                let packed = VARIANTS.iter().filter_map(|(_, ending)| self.get(&format!("{name}{ending}")));
                packed.chain(self.get(name)).map(|data| data.len()).min()
            })
            .sum()
    }
}

/// `GET /`.
#[doc(hidden)]
pub async fn index(State(state): State<AppState>, headers: HeaderMap) -> Response {
    page(&state.dashboard, &headers)
}

fn page(dashboard: &Dashboard, headers: &HeaderMap) -> Response {
    file(dashboard, INDEX, headers)
        .unwrap_or_else(|| (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain")], NO_DASHBOARD).into_response())
}

/// A file of the dashboard, or its page for an address that the dashboard itself knows.
#[doc(hidden)]
pub async fn file_or_index(State(state): State<AppState>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read && let Some(response) = file(&state.dashboard, path, request.headers()) {
        return response;
    }
    let accepts_page = request.headers().get(ACCEPT).is_some_and(|accept| contains(accept, "text/html"));
    if is_read && accepts_page {
        return page(&state.dashboard, request.headers());
    }
    api::not_found(request.method().clone(), request.uri().clone()).await.into_response()
}

fn file(dashboard: &Dashboard, path: &str, headers: &HeaderMap) -> Option<Response> {
    let accepts = headers.get(ACCEPT_ENCODING);
    let accepted = VARIANTS.iter().filter(|(encoding, _)| accepts.is_some_and(|value| contains(value, encoding)));
    let packed = accepted.into_iter().find_map(|(encoding, ending)| {
        Some((dashboard.get(&format!("{path}{ending}"))?, Some(HeaderValue::from_static(encoding))))
    });
    let (data, encoding) = packed.or_else(|| Some((dashboard.get(path)?, None)))?;
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
