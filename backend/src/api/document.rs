//! What the OpenAPI document says of a call.

use axum::routing::MethodRouter;
use telemetrics_common::{Access, ErrorBody, Method, Role};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterIn, Paths, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{
    Content, HttpMethod, PathItem, Ref, RefOr, Required, Response, ResponseBuilder, Responses, ResponsesBuilder, Schema,
};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::UtoipaMethodRouter;

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
    /// Nothing where the answer has no body.
    pub(super) content_type: Option<&'a str>,
    pub(super) answer: Option<RefOr<Schema>>,
}

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
    let responses = responses(&call, &error);
    let body = call.body.map(|schema| {
        let content = Content::new(Some(schema));
        RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True)).build()
    });
    let operation = OperationBuilder::new()
        .summary(Some(call.summary))
        .parameters(Some(parameters::<P>(call.path)))
        .request_body(body)
        .extensions(Some(ExtensionsBuilder::new().add("x-access", access_name(call.access)).build()))
        .responses(responses);
    let item = PathItem::new(documented_method(call.method), operation);
    let paths: Paths = PathsBuilder::new().path(call.path, item).build();
    (schemas, paths, guarded(call.access, route))
}

/// Parameters of the path, and of the query.
fn parameters<P: IntoParams>(path: &str) -> impl Iterator<Item = Parameter> {
    let in_path = move |parameter: &Parameter| path.contains(&format!("{{{}}}", parameter.name));
    P::into_params(|| Some(ParameterIn::Query)).into_iter().map(move |mut parameter| {
        if in_path(&parameter) {
            parameter.parameter_in = ParameterIn::Path;
            parameter.required = Required::True;
        }
        parameter
    })
}

fn responses(call: &Documented<'_>, error: &RefOr<Schema>) -> Responses {
    let refusal = |text: &str| refusal(error, text);
    let as_asked = ResponseBuilder::new().description("As asked");
    let as_asked = match call.content_type {
        Some(content_type) => as_asked.content(content_type, Content::new(call.answer.clone())),
        None => as_asked,
    };
    let responses = ResponsesBuilder::new()
        .response(call.status.to_string(), as_asked.build())
        .response("400", refusal("A parameter is unknown or badly written; the message names it"))
        .response("503", refusal("Not now; Retry-After says when"))
        .response("default", refusal("Not done; the message says why"));
    let responses = match call.access {
        Access::Anyone if call.body.is_none() => responses,
        Access::Anyone => responses
            .response("401", refusal("Name and password do not belong together"))
            .response("403", refusal("Not allowed, or no longer"))
            .response("429", refusal("Too many attempts; Retry-After says when")),
        _ => responses
            .response("401", refusal("Log in, or send a token in `Authorization: Bearer …`"))
            .response("403", refusal("The role does not allow it")),
    };
    let responses = match call.path.contains('{') {
        true => responses.response("404", refusal("There is no such thing")),
        false => responses,
    };
    let responses = match call.body {
        Some(_) => responses
            .response("409", refusal("It is there already, or somebody else has changed it meanwhile"))
            .response("413", refusal("The body is too large")),
        None => responses,
    };
    responses.build()
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

/// An answer that says why it is not as asked.
pub(super) fn refusal(error: &RefOr<Schema>, text: &str) -> Response {
    ResponseBuilder::new().description(text).content("application/json", Content::new(Some(error.clone()))).build()
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
