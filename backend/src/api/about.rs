//! What the OpenAPI document says of the API as a whole: how callers show who they are, and what calls are about.

use telemetrics_common::Method;
use telemetrics_common::accounts::CSRF_HEADER;
use telemetrics_common::collector::{HEADER_FORM_PATH, JSON_FORM_PATH};
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{OpenApi, OpenApiBuilder};

const TOKEN: &str = "token";
const SESSION: &str = "session";
const CSRF: &str = "csrf";

/// What calls are about, by the part of their path that comes behind `/api/v1/`.
const SUBJECTS: &[(&str, &str)] = &[
    ("accounts", "Who may log in, and what they may do"),
    ("audit", "What people have changed"),
    ("builds", "Records by build"),
    ("collector", "How machines send records"),
    ("crashes", "Crashes by the function to blame"),
    ("facets", "What a filter of records could be narrowed to"),
    ("first-account", "The first account of a server that others reach"),
    ("guilties", "The functions to blame: where they were hit, and what people say about them"),
    ("ingest", "How records come in"),
    ("jobs", "Work in the background"),
    ("login", "Logging in"),
    ("logout", "Logging out"),
    ("machines", "All that there is of one machine"),
    ("mce", "Machine checks"),
    ("me", "Who is asking, their password and their sessions"),
    ("never-guilty", "The functions that a backtrace never blames"),
    ("openapi", "This description"),
    ("overview", "How the fleet is"),
    ("population", "Machines by build"),
    ("quarantine", "Records that broke a rule and were kept"),
    ("records", "Records: lists, exports and live events"),
    ("retention", "How long records are kept"),
    ("saved-views", "Addresses of the dashboard that people have given a name"),
    ("scrubbing", "What is taken out of payloads before they are stored"),
    ("sign-on", "Logging in with a provider"),
    ("stats", "Records by classification, platform, severity and more"),
    ("storage", "What takes the room"),
    ("systems", "The systems that records came from"),
    ("telemetry-ids", "The telemetry ids that machines may send"),
    ("thermal", "Processors that became too hot"),
    ("tokens", "What scripts show instead of a password"),
    ("updates", "Updates from version to version"),
    ("views", "The dashboard's tabs"),
    ("watching", "How the server is"),
];

/// The document without its calls.
pub(super) fn about() -> OpenApi {
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token, made by `POST /api/v1/tokens` or `telemetrics token add`"));
    let session = "The cookie that logging in sets; behind https its name is `__Host-telemetrics`";
    let session = ApiKey::Cookie(ApiKeyValue::with_description("telemetrics", session));
    let csrf = "The `csrf` of `GET /api/v1/me`, which a session sends with each change";
    let csrf = ApiKey::Header(ApiKeyValue::with_description(CSRF_HEADER, csrf));
    let components = ComponentsBuilder::new()
        .security_scheme(TOKEN, SecurityScheme::Http(token.build()))
        .security_scheme(SESSION, SecurityScheme::ApiKey(session))
        .security_scheme(CSRF, SecurityScheme::ApiKey(csrf));
    let subjects = SUBJECTS.iter().map(|(name, text)| TagBuilder::new().name(*name).description(Some(*text)).build());
    OpenApiBuilder::new().components(Some(components.build())).tags(Some(subjects)).build()
}

/// What a path is about: `records` of `/api/v1/records/{id}`.
pub(super) fn subject(path: &str) -> &str {
    match path.strip_prefix("/api/v1/").or_else(|| path.strip_prefix("/api/")) {
        Some(rest) => rest.split(['/', '.']).next().unwrap_or_default(),
        None if matches!(path, "/" | HEADER_FORM_PATH | JSON_FORM_PATH) => "collector",
        None => "watching",
    }
}

/// What callers show, one of these, by whom a call is for. Nothing is among them where a server, or that call, may let
/// everyone in; machines show their telemetry id, which is a parameter.
pub(super) fn securities(method: Method, access: &str) -> Vec<SecurityRequirement> {
    const NO_SCOPES: [&str; 0] = [];
    let nothing = SecurityRequirement::default();
    let token = SecurityRequirement::new(TOKEN, NO_SCOPES);
    let session = SecurityRequirement::new(SESSION, NO_SCOPES);
    let session = if method == Method::Get { session } else { session.add(CSRF, NO_SCOPES) };
    match access {
        "machine" => Vec::new(),
        "watcher" => vec![nothing, token],
        "anyone" | "reader" => vec![nothing, token, session],
        _ => vec![token, session],
    }
}
