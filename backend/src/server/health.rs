//! For those who watch the server: alive, ready, and its numbers.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::access::{self, Caller};
use crate::app::AppState;
use crate::error::Result;
use crate::metrics::Gauges;

/// `GET /healthz`: the process answers.
pub async fn alive() -> Json<Value> {
    Json(json!({"status": "alive"}))
}

/// `GET /readyz`: the database answers too, and its disk has room. Its schema was brought up to date before the server listened.
pub async fn ready(State(state): State<AppState>) -> Result<Json<Value>> {
    state.store.ping().await?;
    state.watch.check_disk()?;
    Ok(Json(json!({"status": "ready"})))
}

/// `GET /metrics`, for Prometheus: on this machine, or with a token.
pub async fn metrics(State(state): State<AppState>, caller: Caller, headers: HeaderMap) -> Result<impl IntoResponse> {
    access::check_watcher(&caller, &headers)?;
    let gauges = Gauges { lost_by_hooks: state.store.lost_by_hooks().collect(), ..state.watch.gauges() };
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics.render(&gauges)))
}
