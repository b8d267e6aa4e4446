//! The audit log. A page that is no tab.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use futures_util::{Stream, StreamExt, stream};
use serde_json::Value;
use telemetrics_common::audit::{AuditEntry, AuditFilter, AuditPage, CSV_PATH, ListAudit, NDJSON_PATH};
use telemetrics_common::csv::{Csv, guarded};
use telemetrics_common::{Access, Role};

use super::records::{download, limit};
use crate::api::{Call, Routes, endpoint, lines, table};
use crate::app::AppState;
use crate::error::{Error, Result};
use crate::export::written;
use crate::store::audit::list;

/// How many entries an export reads at once.
const CHUNK: u64 = 500;
/// How entries look as CSV.
const CSV_EXAMPLE: &str = "id,at,who,address,action,target,before,after\r\n\
                           7,2026-11-23T00:00:00Z,ada,192.0.2.7,guilty.hide,abort() [libc.so.6],false,true\r\n";

/// The routes.
pub(crate) fn routes() -> Routes {
    let admin = Access::Role(Role::Admin);
    Routes::new()
        .routes(endpoint::<ListAudit, _, _>(page))
        .routes(table::<Csv<AuditFilter>>(CSV_PATH, admin, "What people have changed, as CSV", CSV_EXAMPLE, get(csv)))
        .routes(lines::<AuditFilter, AuditEntry>(
            NDJSON_PATH,
            admin,
            "What people have changed as JSON, one a line",
            get(ndjson),
        ))
}

async fn page(state: AppState, call: ListAudit, (): ()) -> Result<AuditPage> {
    let limit = limit(call.limit)?;
    let mut entries = list(&state.store, &call.params, call.before, limit + 1).await?;
    let more = entries.len() as u64 > limit;
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_before = entries.last().map(|entry| entry.id).filter(|_| more);
    Ok(AuditPage { entries, next_before })
}

async fn csv(State(state): State<AppState>, Call(export): Call<Csv<AuditFilter>>) -> Result<Response> {
    let header = ["id", "at", "who", "address", "action", "target", "before", "after"];
    let header = written(|writer| writer.write_record(header))?;
    let guards = export.guard_formulas.unwrap_or(false);
    let rows = chunks(state, export.params).map(move |chunk| {
        let chunk = chunk?;
        written(|writer| chunk.iter().try_for_each(|entry| writer.write_record(csv_row(entry, guards))))
    });
    let body = stream::once(async { Ok(header) }).chain(rows);
    Ok(download("text/csv; charset=utf-8; header=present", "audit.csv", body))
}

fn csv_row(entry: &AuditEntry, guards: bool) -> [String; 8] {
    let text = |text: String| if guards { guarded(&text).into_owned() } else { text };
    let json = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
    [
        entry.id.to_string(),
        entry.at.to_string(),
        text(entry.who.clone().unwrap_or_default()),
        entry.address.clone().unwrap_or_default(),
        entry.action.clone(),
        text(entry.target.clone()),
        json(&entry.before),
        json(&entry.after),
    ]
}

async fn ndjson(State(state): State<AppState>, Call(filter): Call<AuditFilter>) -> Result<Response> {
    let body = chunks(state, filter).map(|chunk| {
        let mut text = Vec::new();
        for entry in chunk? {
            serde_json::to_writer(&mut text, &entry).map_err(|error| Error::Internal(error.into()))?;
            text.push(b'\n');
        }
        Ok(Bytes::from(text))
    });
    Ok(download("application/x-ndjson", "audit.ndjson", body))
}

/// All entries that pass a filter, newest first, some at a time.
fn chunks(state: AppState, filter: AuditFilter) -> impl Stream<Item = Result<Vec<AuditEntry>>> {
    stream::try_unfold((state, filter, None), |(state, filter, before)| async move {
        let entries = list(&state.store, &filter, before, CHUNK).await?;
        let last = entries.last().map(|entry| entry.id);
        Ok(last.map(|last| (entries, (state, filter, Some(last)))))
    })
}
