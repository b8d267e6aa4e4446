//! What HTTP alone costs: the same requests to an axum handler that reads them and does nothing, in a process of its own as
//! the collector is.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::{get, post};
use telemetrics_common::collector::HEADER_FORM_PATH;
use tokio::net::TcpListener;

use super::load::{Load, Plan};
use super::server::Server;
use crate::demo::DemoRecord;

const CONNECTIONS: u64 = 256;

/// Requests a second that are answered `201`.
pub(super) async fn records_per_second(
    folder: &Path,
    sample: &[DemoRecord],
    duration: Duration,
) -> anyhow::Result<f64> {
    let server = Server::start_empty(&folder.join("empty.log")).await?;
    let load = Arc::new(Load::new(server.address(), sample));
    load.run(Plan::Count(sample.len() as u64), CONNECTIONS).await.context("the handler does not answer")?;
    tracing::info!(seconds = duration.as_secs_f64(), "measuring: an axum handler that does nothing");
    let outcome = load.run(Plan::For(duration), CONNECTIONS).await?;
    Ok(outcome.committed_per_second())
}

/// That handler; it ends with its process.
///
/// # Errors
/// When it cannot listen.
pub(super) async fn serve(address: SocketAddr) -> anyhow::Result<()> {
    let router = Router::new()
        .route(HEADER_FORM_PATH, post(async |_: Bytes| StatusCode::CREATED))
        .route("/healthz", get(StatusCode::OK));
    Ok(axum::serve(TcpListener::bind(address).await?, router).await?)
}
