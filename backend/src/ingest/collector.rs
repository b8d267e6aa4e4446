//! The collector: takes records from machines by HTTP.
//!
//! A client takes 200 and 201 as delivered and holds back everything after any other answer, so each
//! status here is part of the contract.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use telemetrics_common::Timestamp;
use telemetrics_common::collector::{EXTERNAL_HEADER, JSON_FORM_PATH, Quarantined};

use super::answer;
use super::body;
use super::privacy;
use super::record::NewRecord;
use super::wire::{self, WireError};
use crate::access::Caller;
use crate::app::AppState;
use crate::config::InvalidRecords;
use crate::error::{Error, Result};
use crate::store::insert::{NewQuarantined, Stored};
use crate::store::quarantine;

/// The two forms of a record on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Metadata as headers, the payload as body.
    Header,
    /// Everything as one JSON object.
    Json,
}

/// `POST /` and `POST /v2/collector`: the header form, or the JSON form where only that can be meant; and
/// `POST /v3/collector`: the JSON form.
pub async fn collect(state: &AppState, request: Request) -> Response {
    let form = if request.uri().path() == JSON_FORM_PATH { Form::Json } else { form_of(request.headers()) };
    let metrics = &state.metrics;
    match take(state, form, request).await {
        Ok(Outcome::Stored(stored, record)) => {
            let status = if stored.resend { StatusCode::OK } else { StatusCode::CREATED };
            let counter = if stored.resend { &metrics.resent } else { &metrics.stored };
            counter.add(1);
            let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
            (status, headers, answer::json(stored, &record)).into_response()
        }
        Ok(Outcome::Quarantined(field, message)) => {
            metrics.quarantined.add(1);
            metrics.refused_because(field);
            Json(Quarantined { quarantined: true, message }).into_response()
        }
        Err(Refusal { reason, error }) => {
            metrics.refused_because(reason);
            let counter = match error {
                Error::Unavailable { .. } | Error::Internal(_) => &metrics.unavailable,
                _ => &metrics.refused,
            };
            counter.add(1);
            error.into_response()
        }
    }
}

/// The same as a route: for the router, which names it in its answers to other methods; records do not come by it.
pub async fn route(State(state): State<AppState>, request: Request) -> Response {
    collect(&state, request).await
}

fn form_of(headers: &HeaderMap) -> Form {
    let is_json = headers.get(CONTENT_TYPE).is_some_and(|value| {
        let essence = value.as_bytes().split(|&byte| byte == b';').next().unwrap_or_default();
        essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
    });
    let has_metadata = || wire::has_metadata(headers.keys().map(axum::http::HeaderName::as_str));
    if is_json && !has_metadata() { Form::Json } else { Form::Header }
}

enum Outcome {
    Stored(Stored, Box<NewRecord>),
    /// With the field whose rule was broken.
    Quarantined(&'static str, String),
}

/// A record that was not taken, and the name of the reason.
struct Refusal {
    reason: &'static str,
    error: Error,
}

fn because(reason: &'static str) -> impl Fn(Error) -> Refusal {
    move |error| Refusal { reason, error }
}

/// The reason that an error has whatever was being done.
fn reason_of(error: Error) -> Refusal {
    let reason = match error {
        Error::TooLarge(_) => "too-large",
        Error::TooSlow(_) => "too-slow",
        Error::Unavailable { .. } => "unavailable",
        Error::Internal(_) => "internal",
        _ => "body",
    };
    Refusal { reason, error }
}

async fn take(state: &AppState, form: Form, request: Request) -> Result<Outcome, Refusal> {
    let received_at = state.now();
    let (parts, body): (_, Body) = request.into_parts();
    let headers = &parts.headers;
    let config = &state.config;
    // First of all: also a sender that is refused has to be heard out to get its answer.
    let bytes = body::read(headers, body, config.max_body_bytes).await.map_err(reason_of)?;
    state.watch.check_disk().map_err(because("disk"))?;
    let address = parts.extensions.get::<Caller>().and_then(|caller| caller.address);
    state.limits.take_from(address, received_at).map_err(because("rate"))?;
    let settings = state.in_force.now();
    settings.known_ids.check(headers, || may_lack_id(headers, form), address).map_err(because("telemetry-id"))?;
    let bytes = body::decode(headers, bytes, config.max_body_bytes, config.content_encodings).map_err(reason_of)?;
    let external = headers.get(EXTERNAL_HEADER).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    let (parsed, kept) = match form {
        Form::Header => {
            let keeps = config.invalid_header_records == InvalidRecords::Quarantine;
            let kept = keeps.then(|| bytes.clone());
            (wire::parse_header_form(pairs(headers), bytes, external), kept)
        }
        Form::Json => {
            let parsed = wire::parse_json_form(&bytes, external);
            (parsed, (config.invalid_json_records == InvalidRecords::Quarantine).then_some(bytes))
        }
    };
    match (parsed, kept) {
        (Ok(record), _) => {
            state.limits.take_of(&record.machine_id, received_at).map_err(because("rate"))?;
            let record = privacy::apply(record, &settings.scrubber, state.machine_key.as_ref());
            let (stored, record) = state.writer.record(record, received_at, None).await.map_err(reason_of)?;
            Ok(Outcome::Stored(stored, Box::new(record)))
        }
        (Err(error), None) => Err(because(error.field)(Error::BadRequest(error.to_string()))),
        (Err(error), Some(bytes)) => {
            let body = match form {
                Form::Header => wire::header_form_as_json(pairs(headers), &bytes),
                Form::Json => wire::decode_text(bytes),
            };
            let scrubbed = wire::with_payload(&body, |payload| settings.scrubber.scrub(payload));
            // Of what cannot be read, all may be payload.
            let body = scrubbed.unwrap_or_else(|| settings.scrubber.scrub(body));
            // Aside: it would make what every record has room for so much larger.
            Box::pin(keep(state, &error, body, external, received_at)).await
        }
    }
}

async fn keep(
    state: &AppState,
    error: &WireError,
    body: String,
    external: bool,
    received_at: Timestamp,
) -> Result<Outcome, Refusal> {
    let most = state.config.max_quarantine;
    if quarantine::room(&state.store, most).await.map_err(reason_of)? == 0 {
        let full = Error::unavailable(format!("{error}; and the quarantine is full ({most} records)"));
        return Err(because("quarantine-full")(full));
    }
    let reason = error.to_string();
    let kept = NewQuarantined { received_at, reason: reason.clone(), external, body };
    state.writer.quarantine(kept).await.map_err(reason_of)?;
    Ok(Outcome::Quarantined(error.field, reason))
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &[u8])> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
}

/// Only the header form's version 1 had no telemetry id.
fn may_lack_id(headers: &HeaderMap, form: Form) -> bool {
    form == Form::Header && wire::header_form_version(pairs(headers)) == Some(1)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair =
            |&(name, value)| (HeaderName::from_bytes(str::as_bytes(name)).unwrap(), HeaderValue::from_static(value));
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn the_form_is_told_by_content_type_and_metadata() {
        let check = |pairs: &[(&'static str, &'static str)], form| assert_eq!(form_of(&headers(pairs)), form);
        check(&[("content-type", "application/text")], Form::Header);
        check(&[("content-type", "application/json")], Form::Json);
        check(&[("content-type", "Application/JSON; charset=utf-8")], Form::Json);
        check(&[("content-type", "application/json"), ("severity", "1")], Form::Header);
        check(&[("content-type", "application/json"), ("machine-id", "1")], Form::Header);
    }

    #[test]
    fn the_first_version_had_no_telemetry_id() {
        let check = |pairs: &[(&'static str, &'static str)], form, expected: bool| {
            assert_eq!(may_lack_id(&headers(pairs), form), expected, "{pairs:?} {form:?}");
        };
        check(&[("record_format_version", "1")], Form::Header, true);
        check(&[("record_format_version", "2")], Form::Header, false);
        check(&[("record_format_version", "1")], Form::Json, false);
        check(&[], Form::Header, false);
    }
}
