//! What machines and watchers ask for, documented: the collector, and whether the server is well. They look after
//! themselves who may ask.

use axum::routing::{MethodRouter, get, post};
use serde_json::Value;
use telemetrics_common::collector::{
    DEFAULT_TELEMETRY_ID, EXTERNAL_HEADER, HEADER_FORM_PATH, JSON_FORM_PATH, JsonRecord, Quarantined,
    TELEMETRY_ID_HEADER,
};
use telemetrics_common::legacy::LegacyRecord;
use telemetrics_common::{ErrorBody, Method};
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Required, ResponseBuilder, ResponsesBuilder, Schema};
use utoipa_axum::router::UtoipaMethodRouter;

use super::Routes;
use super::about::about;
use super::document::{NOT_DONE, NOT_NOW, Refusal, Schemas, TOO_LONG, described, refused, schema_of, text};
use super::example::Examples;
use crate::app::AppState;
use crate::ingest::collector;
use crate::ingest::rules::Field;
use crate::server::{assets, health};

/// How a record is refused.
const REFUSALS: [Refusal; 9] = [
    ("400", "A rule is broken; the message names the field", "severity: must be 1, 2, 3 or 4"),
    ("401", "A token was sent, too, that is not valid", "the token is not valid"),
    ("403", "The telemetry id is not one of this server's", "X-Telemetry-TID: is not known here"),
    ("408", "The payload came too slowly", "the body took more than 30 s"),
    ("413", "The payload is too large", "body: larger than 524288 bytes"),
    ("429", "Too many at once; Retry-After says when", "too many records of this machine; send the record again later"),
    NOT_NOW,
    TOO_LONG,
    ("default", "Not taken; the message says why", "internal error"),
];

/// What the document says of a field of the header form.
fn meaning(field: Field) -> &'static str {
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

/// The routes, and what is said of all routes.
pub(crate) fn routes() -> Routes {
    let numbers = "telemetrics_collector_records_total{result=\"stored\"} 1204\n";
    Routes::with_openapi(about())
        .routes(header_form("/", get(assets::index).post(collector::route)))
        .routes(header_form(HEADER_FORM_PATH, post(collector::route)))
        .routes(json_form(JSON_FORM_PATH, post(collector::route)))
        .routes(health("/healthz", "anyone", "The process answers", is("alive"), get(health::alive)))
        .routes(health("/readyz", "anyone", "Records can be stored", is("ready"), get(health::ready)))
        .routes(health(
            "/metrics",
            "watcher",
            "Numbers for Prometheus",
            ("text/plain", text(Some(numbers))),
            get(health::metrics),
        ))
}

fn header_form(path: &str, route: MethodRouter<AppState>) -> UtoipaMethodRouter<AppState> {
    let mut schemas = Schemas::new();
    let record = schema_of::<JsonRecord>(&mut schemas);
    let examples = Examples(&schemas);
    // Both forms have the same fields.
    let record = examples.of("", &record).unwrap_or_default();
    let metadata = Field::ALL.map(|field| {
        // Records of every version have it, and none may leave it out.
        let required = field.since() == 1 && !field.may_be_missing();
        header(field.name(), meaning(field), required, &record[field.name()])
    });
    let body = examples.content(text(record["payload"].as_str()));
    let body = RequestBodyBuilder::new().description(Some("The payload")).content("text/plain", body).build();
    let operation = OperationBuilder::new()
        .summary(Some("Takes a record in the header form: metadata as headers, the payload as body"))
        .parameters(Some(metadata))
        .request_body(Some(body));
    collects(path, operation, route)
}

fn json_form(path: &str, route: MethodRouter<AppState>) -> UtoipaMethodRouter<AppState> {
    let mut schemas = Schemas::new();
    let body = schema_of::<JsonRecord>(&mut schemas);
    let body = Examples(&schemas).content(body);
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
    let known: RefOr<Schema> = OneOfBuilder::new().item(stored.clone()).item(quarantined).into();
    let error = schema_of::<ErrorBody>(&mut schemas);
    let examples = Examples(&schemas);
    let answer = |text: &str, schema: RefOr<Schema>| {
        ResponseBuilder::new().description(text).content("application/json", examples.content(schema)).build()
    };
    let responses = ResponsesBuilder::new()
        .response("201", answer("Stored: it is on the disk", stored))
        .response("200", answer("Known since it was sent before, or kept in quarantine", known));
    let operation = operation
        .parameter(header(TELEMETRY_ID_HEADER, "One of the server's telemetry ids", true, &DEFAULT_TELEMETRY_ID.into()))
        .parameter(header(EXTERNAL_HEADER, "`true` marks a machine outside the organisation", false, &"true".into()))
        .responses(refused(responses, &error, REFUSALS));
    let paths = described(path, Method::Post, "machine", operation);
    (schemas, paths, route)
}

fn health(
    path: &str,
    access: &str,
    summary: &str,
    (content_type, well): (&str, RefOr<Schema>),
    route: MethodRouter<AppState>,
) -> UtoipaMethodRouter<AppState> {
    let mut schemas = Schemas::new();
    let error = schema_of::<ErrorBody>(&mut schemas);
    let well = Examples(&schemas).content(well);
    let well = ResponseBuilder::new().description("It is").content(content_type, well).build();
    let refusals = [
        ("401", "A token is needed, or was sent and is not valid", "log in, or send a token"),
        ("503", "It is not; the message says why", "the database cannot be used now"),
        TOO_LONG,
        NOT_DONE,
    ];
    let responses = refused(ResponsesBuilder::new().response("200", well), &error, refusals);
    let operation = OperationBuilder::new().summary(Some(summary)).responses(responses);
    (schemas, described(path, Method::Get, access, operation), route)
}

/// The answer that something is so.
fn is(status: &str) -> (&'static str, RefOr<Schema>) {
    let status = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([status]));
    ("application/json", ObjectBuilder::new().property("status", status).required("status").into())
}

fn header(name: &str, meaning: &str, required: bool, example: &Value) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(meaning))
        .required(if required { Required::True } else { Required::False })
        .schema(Some(text(None)))
        .example(Some(example.clone()))
        .build()
}
