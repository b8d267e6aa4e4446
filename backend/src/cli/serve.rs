//! `telemetrics serve`.

use anyhow::Context;
use telemetrics_common::accounts::FIRST_ACCOUNT_PATH;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::access;
use crate::app::App;
use crate::config::Config;
use crate::server;

pub(super) async fn run(config: Config, app: App) -> anyhow::Result<()> {
    let listener =
        TcpListener::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    let (router, state, writer) = server::build(config, app, crate::now).await?;
    let stop = stop_on_signal()?;
    if let Some(link) = access::offer_first_account(&state.gate, &state.store, state.now()).await? {
        tracing::info!("make the first account within a day at http://{address}{FIRST_ACCOUNT_PATH}#{link}");
    }
    tracing::info!("Telemetrics serves http://{address}");
    server::serve(listener, router, &state, server::Limits::default(), stop).await;
    writer.finish().await;
    state.store.close().await?;
    tracing::info!("stopped");
    Ok(())
}

fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stopping.cancel();
    });
    Ok(stop)
}
