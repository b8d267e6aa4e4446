//! What HTTP alone costs: the same requests to an axum handler that reads them and does nothing.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use telemetrics_common::collector::HEADER_FORM_PATH;
use tokio::net::TcpListener;

use super::load::{Load, Plan};
use crate::demo::DemoRecord;

const CONNECTIONS: u64 = 256;

/// Requests a second that are answered `201`.
pub(super) async fn records_per_second(sample: &[DemoRecord], duration: Duration) -> anyhow::Result<f64> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let router = Router::new().route(HEADER_FORM_PATH, post(async |_: Bytes| StatusCode::CREATED));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let load = Arc::new(Load::new(address, sample));
    load.run(Plan::Count(sample.len() as u64), CONNECTIONS).await.context("the handler does not answer")?;
    tracing::info!(seconds = duration.as_secs(), "measuring: an axum handler that does nothing");
    let outcome = load.run(Plan::For(duration), CONNECTIONS).await?;
    server.abort();
    Ok(outcome.committed_per_second())
}
