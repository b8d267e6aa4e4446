//! What machines and watchers ask for, documented: the collector, and whether the server is well. They look after
//! themselves who may ask.

use axum::routing::{MethodRouter, get, post};
use telemetrics_common::ErrorBody;
use telemetrics_common::collector::{
    EXTERNAL_HEADER, HEADER_FORM_PATH, JSON_FORM_PATH, JsonRecord, Quarantined, TELEMETRY_ID_HEADER,
};
use telemetrics_common::legacy::LegacyRecord;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{
    Content, HttpMethod, PathItem, RefOr, Required, Response, ResponseBuilder, ResponsesBuilder, Schema,
};
use utoipa_axum::router::UtoipaMethodRouter;

use super::Routes;
use super::document::{Schemas, refusal, schema_of};
use crate::app::AppState;
use crate::ingest::collector;
use crate::ingest::rules::Field;
use crate::server::{assets, health};

/// What the document says of a field of the header form.
fn described(field: Field) -> &'static str {
    match field {
        Field::RecordFormatVersion => "1 to 4",
        Field::Classification => "`DOMAIN/PROBE/REST`",
        Field::Severity => "1 low, 2 medium, 3 high, 4 critical",
        Field::MachineId => "1 to 32 characters",
        Field::CreationTimestamp => "When it was made, by the machine's clock, in Unix seconds",
        Field::Arch => "As `uname -m` says it",
        Field::HostType => "`sys_vendor|product_name|product_version`",
        Field::Build => "OS version",
        Field::KernelVersion => "As `uname -r` says it",
        Field::PayloadFormatVersion => "Version of the payload, from format version 2 on",
        Field::SystemName => "`ID` of os-release, from format version 2 on",
        Field::BoardName => "Main board, from format version 3 on",
        Field::CpuModel => "Processor, from format version 3 on",
        Field::BiosVersion => "Firmware, from format version 3 on",
        Field::EventId => "32 lower-case hex digits, from format version 4 on",
    }
}

/// The routes.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(header_form("/", get(assets::index).post(collector::collect)))
        .routes(header_form(HEADER_FORM_PATH, post(collector::collect)))
        .routes(json_form(JSON_FORM_PATH, post(collector::collect_json)))
        .routes(health("/healthz", "anyone", "The process answers", "application/json", get(health::alive)))
        .routes(health("/readyz", "anyone", "Records can be stored", "application/json", get(health::ready)))
        .routes(health("/metrics", "watcher", "Numbers for Prometheus", "text/plain", get(health::metrics)))
}

fn header_form(path: &str, route: MethodRouter<AppState>) -> UtoipaMethodRouter<AppState> {
    let metadata = Field::ALL.map(|field| {
        // Records of every version have it, and none may leave it out.
        let required = field.since() == 1 && !field.may_be_missing();
        header(field.name(), described(field), required)
    });
    let body = Content::new(Some(text()));
    let body = RequestBodyBuilder::new().description(Some("The payload")).content("text/plain", body).build();
    let operation = OperationBuilder::new()
        .summary(Some("Takes a record in the header form: metadata as headers, the payload as body"))
        .parameters(Some(metadata))
        .request_body(Some(body));
    collects(path, operation, route)
}

fn json_form(path: &str, route: MethodRouter<AppState>) -> UtoipaMethodRouter<AppState> {
    let mut schemas = Vec::new();
    let body = Content::new(Some(schema_of::<JsonRecord>(&mut schemas)));
    let body = RequestBodyBuilder::new().content("application/json", body).required(Some(Required::True)).build();
    let operation = OperationBuilder::new().summary(Some("Takes a record in the JSON form")).request_body(Some(body));
    let (more, paths, route) = collects(path, operation, route);
    schemas.extend(more);
    (schemas, paths, route)
}

/// What both forms have in common.
fn collects(path: &str, operation: OperationBuilder, route: MethodRouter<AppState>) -> UtoipaMethodRouter<AppState> {
    let mut schemas = Schemas::new();
    let stored = schema_of::<LegacyRecord>(&mut schemas);
    let quarantined = schema_of::<Quarantined>(&mut schemas);
    let known = OneOfBuilder::new().item(stored.clone()).item(quarantined).build();
    let error = schema_of::<ErrorBody>(&mut schemas);
    let refusal = |text: &str| refusal(&error, text);
    let answer = |text: &str, schema: RefOr<Schema>| {
        let content = Content::new(Some(schema));
        ResponseBuilder::new().description(text).content("application/json", content).build()
    };
    let responses = ResponsesBuilder::new()
        .response("201", answer("Stored: it is on the disk", stored))
        .response("200", answer("Known since it was sent before, or kept in quarantine", RefOr::T(known.into())))
        .response("400", refusal("A rule is broken; the message names the field"))
        .response("403", refusal("The telemetry id is not one of this server's"))
        .response("413", refusal("The payload is too large"))
        .response("429", refusal("Too many at once; Retry-After says when"))
        .response("503", refusal("Not now; Retry-After says when"))
        .response("default", refusal("Not taken; the message says why"));
    let operation = operation
        .parameter(header(TELEMETRY_ID_HEADER, "One of the server's telemetry ids", true))
        .parameter(header(EXTERNAL_HEADER, "`true` marks a machine outside the organisation", false))
        .extensions(Some(ExtensionsBuilder::new().add("x-access", "machine").build()))
        .responses(responses.build());
    documented(path, HttpMethod::Post, operation.build(), schemas, route)
}

fn health(
    path: &str,
    access: &str,
    summary: &str,
    content_type: &str,
    route: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    let mut schemas = Schemas::new();
    let error = schema_of::<ErrorBody>(&mut schemas);
    let well = Content::new((content_type == "text/plain").then(text));
    let well: Response = ResponseBuilder::new().description("It is").content(content_type, well).build();
    let responses = ResponsesBuilder::new()
        .response("200", well)
        .response("503", refusal(&error, "It is not; the message says why"))
        .response("default", refusal(&error, "Not told; the message says why"));
    let operation = OperationBuilder::new()
        .summary(Some(summary))
        .extensions(Some(ExtensionsBuilder::new().add("x-access", access).build()))
        .responses(responses.build());
    documented(path, HttpMethod::Get, operation.build(), schemas, route)
}

fn documented(
    path: &str,
    method: HttpMethod,
    operation: Operation,
    schemas: Schemas,
    route: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    (schemas, PathsBuilder::new().path(path, PathItem::new(method, operation)).build(), route)
}

fn header(name: &str, text: &str, required: bool) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(text))
        .required(if required { Required::True } else { Required::False })
        .schema(Some(self::text()))
        .build()
}

fn text() -> RefOr<Schema> {
    RefOr::T(ObjectBuilder::new().schema_type(Type::String).build().into())
}
