//! `GET /api/records`: the older server's query, kept for the scripts that use it.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{Stream, StreamExt, pin_mut};
use telemetrics_common::classification::{Pattern, is_classification};
use telemetrics_common::filter::Severities;
use telemetrics_common::legacy::{LegacyQuery, LegacyRecords, MAX_BUILD_CHARS, MAX_LIMIT, PATH};
use telemetrics_common::{Access, RecordFilter, Timestamp};

use super::records::streamed;
use crate::api::{Call, Routes, plain_json};
use crate::app::AppState;
use crate::error::{Error, Result};
use crate::store::records::{self, StoredRecord};

pub(super) fn routes() -> Routes {
    let summary = "The older server's query; new programs use /api/v1/records";
    Routes::new().routes(plain_json::<LegacyQuery, LegacyRecords>(PATH, Access::Account, summary, get(list)))
}

async fn list(State(state): State<AppState>, Call(query): Call<LegacyQuery>) -> Result<Response> {
    let limit = query.limit.unwrap_or(MAX_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(bad("limit", format!("must be 1 to {MAX_LIMIT}")));
    }
    let before = query.from_id;
    let filter = filter(query, state.now())?;
    let records = records::all(&state.store.aside(), filter, before).await?;
    let body = streamed(as_json(records, limit as usize));
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

fn filter(query: LegacyQuery, now: Timestamp) -> Result<RecordFilter> {
    let seconds = match (query.created_in_days, query.created_in_sec) {
        (Some(days), _) => Some(i64::from(days) * 86_400),
        (None, Some(seconds)) => Some(i64::try_from(seconds).map_err(|_| bad("created_in_sec", "is too large"))?),
        (None, None) => None,
    };
    let exactly = |text: String| {
        let three_parts = "must be DOMAIN/PROBE/REST, at most 140 characters";
        is_classification(&text).then_some(Pattern::Exact(text)).ok_or_else(|| bad("classification", three_parts))
    };
    let severity =
        |severity: u8| severity.to_string().parse::<Severities>().map_err(|_| bad("severity", "must be 1 to 4"));
    let build = query.build;
    if build.as_ref().is_some_and(|build| build.chars().count() > MAX_BUILD_CHARS) {
        return Err(bad("build", format!("must have at most {MAX_BUILD_CHARS} characters")));
    }
    let since = |seconds: i64| Timestamp::from_millis(now.millis().saturating_sub(seconds.saturating_mul(1000)));
    Ok(RecordFilter {
        classification: query.classification.map(exactly).transpose()?,
        severity: query.severity.map(severity).transpose()?,
        machine_id: query.machine_id.map(|id| id.parse().map_err(|error| bad("machine_id", error))).transpose()?,
        build,
        received_from: seconds.map(since),
        ..RecordFilter::default()
    })
}

fn bad(parameter: &str, rule: impl std::fmt::Display) -> Error {
    Error::BadRequest(format!("{parameter}: {rule}"))
}

/// `{"records": [ … ]}` piece by piece: ten thousand payloads need not fit into memory.
fn as_json(
    chunks: impl Stream<Item = Result<Vec<StoredRecord>>> + Send,
    limit: usize,
) -> impl Stream<Item = Result<Bytes>> + Send {
    async_stream::try_stream! {
        let mut written = 0;
        yield Bytes::from_static(b"{\"records\":[");
        pin_mut!(chunks);
        while let Some(chunk) = chunks.next().await {
            let mut json = Vec::new();
            for record in chunk?.into_iter().take(limit - written) {
                if written > 0 {
                    json.push(b',');
                }
                serde_json::to_writer(&mut json, &record.into_legacy()).map_err(|error| Error::Internal(error.into()))?;
                written += 1;
            }
            yield Bytes::from(json);
            if written == limit {
                break;
            }
        }
        yield Bytes::from_static(b"]}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::EPOCH;

    #[test]
    fn parameters_are_checked() {
        let check = |query: LegacyQuery, message: &str| {
            assert_eq!(filter(query, NOW).unwrap_err().to_string(), message);
        };
        let query = LegacyQuery::default;
        check(LegacyQuery { severity: Some(5), ..query() }, "severity: must be 1 to 4");
        check(LegacyQuery { machine_id: Some("x".repeat(33)), ..query() }, "machine_id: must be 1 to 32 characters");
        check(LegacyQuery { build: Some("x".repeat(257)), ..query() }, "build: must have at most 256 characters");
        let rule = "classification: must be DOMAIN/PROBE/REST, at most 140 characters";
        check(LegacyQuery { classification: Some("a/b".to_owned()), ..query() }, rule);
        check(LegacyQuery { classification: Some("a/*".to_owned()), ..query() }, rule);
    }

    #[test]
    fn days_go_before_seconds() {
        let query = LegacyQuery { created_in_days: Some(1), created_in_sec: Some(5), ..LegacyQuery::default() };
        assert_eq!(filter(query, NOW).unwrap().received_from, Some(Timestamp::from_seconds(-86_400)));
        let query = LegacyQuery { created_in_sec: Some(5), ..LegacyQuery::default() };
        assert_eq!(filter(query, NOW).unwrap().received_from, Some(Timestamp::from_seconds(-5)));
    }
}
