//! What the OpenAPI document says of a call.

use axum::routing::MethodRouter;
use telemetrics_common::accounts::ChangePassword;
use telemetrics_common::{Access, Endpoint, ErrorBody, Method, Role};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, Paths, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{
    HttpMethod, PathItem, Ref, RefOr, Required, Response, ResponseBuilder, Responses, ResponsesBuilder, Schema,
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::UtoipaMethodRouter;

use super::about::{securities, subject};
use super::example::Examples;
use crate::access::guarded;
use crate::app::AppState;

/// What the document says of a call.
pub(super) struct Documented<'a> {
    pub(super) method: Method,
    pub(super) access: Access,
    pub(super) path: &'a str,
    pub(super) summary: &'a str,
    pub(super) body: Option<RefOr<Schema>>,
    /// The answer's when nothing is in the way.
    pub(super) status: u16,
    /// What that answer is.
    pub(super) text: &'a str,
    /// Its content type and what it holds; nothing where it has no body.
    pub(super) answer: Option<(&'a str, RefOr<Schema>)>,
}

/// What most answers are.
pub(super) const AS_ASKED: &str = "As asked";

/// Whom a call is for, as the document says it.
fn access_name(access: Access) -> &'static str {
    match access {
        Access::Anyone => "anyone",
        Access::Reader => "reader",
        Access::Account | Access::Role(Role::Viewer) => "viewer",
        Access::Role(Role::Maintainer) => "maintainer",
        Access::Role(Role::Admin) => "admin",
    }
}

pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;

pub(super) fn document<P: IntoParams>(
    call: Documented<'_>,
    mut schemas: Schemas,
    route: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    let error = schema_of::<ErrorBody>(&mut schemas);
    let examples = Examples(&schemas);
    let responses = responses(&call, &error, examples);
    let body = call.body.map(|schema| {
        let content = examples.content(schema);
        RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True)).build()
    });
    let operation = OperationBuilder::new()
        .summary(Some(call.summary))
        .parameters(Some(parameters::<P>(call.path, examples)))
        .request_body(body)
        .responses(responses);
    let paths = described(call.path, call.method, access_name(call.access), operation);
    (schemas, paths, guarded(call.access, route))
}

/// A call's place in the document: its name, what it is about, and whom it is for.
pub(super) fn described(path: &str, method: Method, access: &str, operation: OperationBuilder) -> Paths {
    let operation = operation
        .operation_id(Some(operation_id(method, path)))
        .tag(subject(path))
        .securities(Some(securities(method, access)))
        .extensions(Some(ExtensionsBuilder::new().add("x-access", access).build()));
    PathsBuilder::new().path(path, PathItem::new(documented_method(method), operation)).build()
}

/// What generated clients call it: `getRecordsById` for `GET /api/v1/records/{id}`.
fn operation_id(method: Method, path: &str) -> String {
    let path = if path == "/" { "root" } else { path.strip_prefix("/api/v1").unwrap_or(path) };
    let path = path.replace('{', "by-");
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(method.as_str().to_lowercase(), |id, word| {
        let (first, rest) = word.split_at(1);
        id + &first.to_uppercase() + rest
    })
}

/// Parameters of the path, and of the query.
fn parameters<P: IntoParams>(path: &str, examples: Examples<'_>) -> impl Iterator<Item = Parameter> {
    let in_path = move |parameter: &Parameter| path.contains(&format!("{{{}}}", parameter.name));
    P::into_params(|| Some(ParameterIn::Query)).into_iter().map(move |mut parameter| {
        if in_path(&parameter) {
            parameter.parameter_in = ParameterIn::Path;
            parameter.required = Required::True;
        }
        with_example(parameter, examples)
    })
}

/// A parameter with its own example, else with a usual one.
fn with_example(parameter: Parameter, examples: Examples<'_>) -> Parameter {
    // It does not tell its own but in JSON.
    if serde_json::to_value(&parameter).is_ok_and(|told| told.get("example").is_some()) {
        return parameter;
    }
    let example = parameter.schema.as_ref().and_then(|schema| examples.of(&parameter.name, schema));
    ParameterBuilder::from(parameter).example(example).build()
}

fn responses(call: &Documented<'_>, error: &RefOr<Schema>, examples: Examples<'_>) -> Responses {
    let as_asked = ResponseBuilder::new().description(call.text);
    let as_asked = match &call.answer {
        Some((content_type, answer)) => as_asked.content(*content_type, examples.content(answer.clone())),
        None => as_asked,
    };
    let responses = ResponsesBuilder::new().response(call.status.to_string(), as_asked.build());
    refused(responses, error, refusals(call))
}

/// How a call is refused: the status, what the document says of it, and the message of one such answer.
pub(super) type Refusal = (&'static str, &'static str, &'static str);

/// The database is away, or there is too much to do.
pub(super) const NOT_NOW: Refusal = ("503", "Not now; Retry-After says when", "the database cannot be used now");
/// As `server::guard` ends what takes too long, whatever it is.
pub(super) const TOO_LONG: Refusal =
    ("504", "It took too long and was broken off; a change may have been made", "the answer took too long");
/// What else there may be.
pub(super) const NOT_DONE: Refusal = ("default", "Not done; the message says why", "internal error");

fn refusals(call: &Documented<'_>) -> Vec<Refusal> {
    let (is_open, has_body) = (call.access == Access::Anyone, call.body.is_some());
    let mut all = vec![
        ("400", "A parameter is unknown or badly written; the message names it", "limit: must be 1 to 1000"),
        NOT_NOW,
        TOO_LONG,
        NOT_DONE,
    ];
    all.extend(match (is_open, has_body) {
        (true, true) => [
            ("401", "Name and password do not belong together", "name or password is wrong"),
            ("403", "Not allowed, or no longer", "the link is not valid, or no longer; start the server for a new one"),
        ],
        (true, false) => [
            ("401", "A token was sent that is not valid", "the token is not valid"),
            ("403", "Not from there", "Host: use localhost or 127.0.0.1, or start the server with --allowed-host"),
        ],
        (false, _) => [
            ("401", "Log in, or send a token in `Authorization: Bearer …`", "log in, or send a token"),
            ("403", "The role does not allow it", "your role does not allow this"),
        ],
    });
    if call.path.contains('{') || (has_body && !is_open) {
        all.push(("404", "There is no such thing", "there is no record 7"));
    }
    if call.method != Method::Get && !is_open {
        let text = "It is there already, or somebody else has changed it meanwhile";
        all.push(("409", text, "somebody else has changed this meanwhile; load it again"));
    }
    if has_body {
        all.push(("413", "The body is too large", "body: larger than 1048576 bytes, or broken off"));
    }
    if has_body && (is_open || call.path == ChangePassword::PATH) {
        all.push(("429", "Too many attempts; Retry-After says when", "too many attempts to log in"));
    }
    all
}

/// A reference to a type's schema, which is added to the others; a list stands for itself.
pub(super) fn schema_of<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    T::schemas(schemas);
    match T::schema() {
        RefOr::T(Schema::Object(object)) => {
            schemas.push((T::name().into_owned(), RefOr::T(Schema::Object(object))));
            RefOr::Ref(Ref::from_schema_name(T::name()))
        }
        other => other,
    }
}

/// A text, such as this one.
pub(super) fn text(example: Option<&str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).examples(example).into()
}

/// Answers, with those that say why they are not as asked.
pub(super) fn refused(
    responses: ResponsesBuilder,
    error: &RefOr<Schema>,
    refusals: impl IntoIterator<Item = Refusal>,
) -> Responses {
    let with = |responses: ResponsesBuilder, refusal: Refusal| responses.response(refusal.0, answer(error, refusal));
    refusals.into_iter().fold(responses, with).build()
}

fn answer(error: &RefOr<Schema>, (status, text, message): Refusal) -> Response {
    let example = serde_json::to_value(ErrorBody { message: message.to_owned() }).ok();
    let content = ContentBuilder::new().schema(Some(error.clone())).example(example).build();
    let answer = ResponseBuilder::new().description(text).content("application/json", content);
    match status {
        "429" | "503" => answer.header("Retry-After", retry_after()).build(),
        _ => answer.build(),
    }
}

fn retry_after() -> Header {
    HeaderBuilder::new()
        .description(Some("After how many seconds it may be asked again"))
        .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)))
        .example(Some(10.into()))
        .build()
}

fn documented_method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
        Method::Put => HttpMethod::Put,
        Method::Patch => HttpMethod::Patch,
        Method::Delete => HttpMethod::Delete,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_named_by_method_and_path() {
        let check = |method, path: &str, expected: &str| assert_eq!(operation_id(method, path), expected);
        check(Method::Get, "/api/v1/records", "getRecords");
        check(Method::Get, "/api/v1/records.csv", "getRecordsCsv");
        check(Method::Get, "/api/v1/records/{id}/backtrace", "getRecordsByIdBacktrace");
        check(Method::Put, "/api/v1/telemetry-ids", "putTelemetryIds");
        check(Method::Get, "/api/records", "getApiRecords");
        check(Method::Delete, "/api/v1/machines/{machine_id}", "deleteMachinesByMachineId");
        check(Method::Post, "/", "postRoot");
    }
}
