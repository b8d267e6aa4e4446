//! What HTTP alone costs: the same requests to an axum handler that reads them and does nothing, in a process of its own as
//! the collector is.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::{get, post};
use telemetrics_common::collector::HEADER_FORM_PATH;
use tokio::net::TcpListener;

/// Answers until its process ends.
///
/// # Errors
/// When it cannot listen.
pub(super) async fn serve(address: SocketAddr) -> anyhow::Result<()> {
    let router = Router::new()
        .route(HEADER_FORM_PATH, post(async |_: Bytes| StatusCode::CREATED))
        .route("/healthz", get(StatusCode::OK));
    Ok(axum::serve(TcpListener::bind(address).await?, router).await?)
}
