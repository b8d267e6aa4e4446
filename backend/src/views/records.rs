//! Records: list, details, exports, live events and facets.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{Stream, StreamExt};
use telemetrics_common::csv::Csv;
use telemetrics_common::facets::{Facets, GetFacets};
use telemetrics_common::filter::{Clock, EventId, MachineId, Source};
use telemetrics_common::records::{
    CSV_PATH, DEFAULT_LIMIT, GetRecord, LIVE_PATH, ListRecords, MAX_LIMIT, NDJSON_PATH, RecordDetails, RecordPage,
    RecordRow,
};
use telemetrics_common::{Access, RecordFilter, ViewInfo, views};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;

use super::{View, legacy, quarantine};
use crate::access::{Caller, Pass};
use crate::api::{Call, Routes, endpoint, events, lines, table};
use crate::app::AppState;
use crate::error::{Error, Result};
use crate::export;
use crate::store::records::StoredRecord;
use crate::store::search::PayloadSearch;
use crate::store::{self, Store, facets};

/// How often it is asked whether somebody who listens still may: what they still hear after their session's end.
const STILL_ALLOWED: Duration = Duration::from_secs(1);
/// How records look as CSV.
const CSV_EXAMPLE: &str = "id,external,server_timestamp,severity,classification,build,machine_id,payload\r\n\
                           7,false,2026-11-23T00:00:00Z,1,org.clearlinux/hello/world,41190,\
                           5f0c3a9e7b2d41688e6a90d4c1b7f235,\"hello\n\"\r\n";

/// The view.
pub struct Records;

impl View for Records {
    fn info(&self) -> ViewInfo {
        views::RECORDS
    }

    fn routes(&self) -> Routes {
        let live = "Server-sent events: one for each record that is committed, on any instance";
        Routes::new()
            .routes(endpoint::<ListRecords, _, _>(list))
            .routes(endpoint::<GetRecord, _, _>(details))
            .routes(endpoint::<GetFacets, _, _>(count))
            .routes(table::<Csv<RecordFilter>>(
                CSV_PATH,
                Access::Account,
                "Records that pass a filter as CSV",
                CSV_EXAMPLE,
                get(csv),
            ))
            .routes(lines::<RecordFilter, RecordDetails>(
                NDJSON_PATH,
                Access::Account,
                "Records that pass a filter as JSON, one a line",
                get(ndjson),
            ))
            .routes(events::<RecordFilter, RecordRow>(LIVE_PATH, Access::Account, live, get(listen)))
            .merge(quarantine::routes())
            .merge(legacy::routes())
    }
}

/// Checks a page's limit.
pub(super) fn limit(limit: Option<u32>) -> Result<u64> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if (1..=MAX_LIMIT).contains(&limit) {
        Ok(u64::from(limit))
    } else {
        Err(Error::BadRequest(format!("limit: must be 1 to {MAX_LIMIT}")))
    }
}

async fn list(state: AppState, call: ListRecords, (): ()) -> Result<RecordPage> {
    let budget = Duration::from_millis(state.config.search_budget_ms);
    store::records::page(&state.store.aside(), call.params, call.before, limit(call.limit)?, budget).await
}

async fn details(state: AppState, call: GetRecord, (): ()) -> Result<RecordDetails> {
    Ok(store::records::get(&state.store, call.id).await?.into_details())
}

async fn count(state: AppState, call: GetFacets, (): ()) -> Result<Facets> {
    let budget = Duration::from_millis(state.config.search_budget_ms);
    facets::facets(&state.store.aside(), &call.0, budget).await
}

async fn csv(State(state): State<AppState>, Call(export): Call<Csv<RecordFilter>>) -> Result<Response> {
    let rows = export::csv(&state.store.aside(), export).await?;
    Ok(download("text/csv; charset=utf-8; header=present", "records.csv", rows))
}

async fn ndjson(State(state): State<AppState>, Call(filter): Call<RecordFilter>) -> Result<Response> {
    let lines = export::ndjson(&state.store.aside(), filter).await?;
    Ok(download("application/x-ndjson", "records.ndjson", lines))
}

/// A body whose failure can only break the answer off, which the client sees: its status has gone out already.
pub(super) fn streamed(body: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Body {
    Body::from_stream(body.inspect(|chunk| {
        if let Err(error) = chunk {
            tracing::error!(error = error.inside(), "an answer broke off");
        }
    }))
}

pub(super) fn download(
    content_type: &'static str,
    name: &'static str,
    body: impl Stream<Item = Result<Bytes>> + Send + 'static,
) -> Response {
    let mut response = streamed(body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    response
}

async fn listen(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Call(filter): Call<RecordFilter>,
) -> Result<Response> {
    let pass = Pass::of(&caller, &headers);
    let search = PayloadSearch::new(&filter)?;
    let mut records = state.live.listen().await?;
    let stopping = state.stopping.clone();
    let events = async_stream::stream! {
        // Lets the client know that from here on nothing is missed.
        yield Ok::<_, Infallible>(Event::default().comment("listening"));
        let mut doubt = tokio::time::interval(STILL_ALLOWED);
        doubt.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let received = tokio::select! {
                // However many records there are, there is doubt in between.
                biased;
                () = stopping.cancelled() => return,
                _ = doubt.tick() => {
                    if pass.allows(&state, Access::Account).await { continue } else { return }
                }
                received = records.recv() => received,
            };
            match received {
                Ok(record) if passes(&state.store, &filter, search.as_ref(), &record) => {
                    let row = (*record).clone().into_row();
                    yield Ok(Event::default().json_data(row).unwrap_or_default());
                }
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => {
                    yield Ok(Event::default().event("missed").data(missed.to_string()));
                }
                Err(RecvError::Closed) => return,
            }
        }
    };
    let mut response = Sse::new(events).keep_alive(KeepAlive::default()).into_response();
    // Proxies must not hold events back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// Whether a record passes a filter, without asking the database.
fn passes(store: &Store, filter: &RecordFilter, search: Option<&PayloadSearch>, stored: &StoredRecord) -> bool {
    let record = &stored.record;
    let is = |wanted: Option<&str>, value: &str| wanted.is_none_or(|wanted| wanted == value);
    is(filter.system.as_deref(), &record.system_name)
        && is(filter.build.as_deref(), &record.build)
        && is(filter.machine_id.as_ref().map(MachineId::as_str), &record.machine_id)
        && is(filter.event_id.as_ref().map(EventId::as_str), &record.event_id)
        && is(filter.platform.as_deref(), &record.host_type)
        && is(filter.arch.as_deref(), &record.arch)
        && is(filter.kernel.as_deref(), &record.kernel_version)
        && filter.kind.is_none_or(|kind| store.is_of(kind, &record.classification))
        && filter.stack.is_none_or(|id| stored.stack_id.map(i64::from) == Some(id))
        && filter.clock.is_none_or(|Clock::Wrong| stored.has_wrong_clock())
        && filter.classification.as_ref().is_none_or(|pattern| pattern.matches(&record.classification))
        && filter.severity.as_ref().is_none_or(|severities| severities.contains(record.severity))
        && filter.source.is_none_or(|source| source == Source::of(record.external))
        && filter.from.is_none_or(|from| record.captured_at >= from)
        && filter.to.is_none_or(|to| record.captured_at < to)
        && filter.received_from.is_none_or(|from| stored.received_at >= from)
        && filter.received_to.is_none_or(|to| stored.received_at < to)
        && filter.guilty.is_none_or(|id| stored.guilty.as_ref().is_some_and(|guilty| guilty.id == id))
        && search.is_none_or(|search| search.passes(&record.payload))
}
