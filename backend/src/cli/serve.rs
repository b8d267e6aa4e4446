//! `telemetrics serve`.

use std::pin::pin;

use anyhow::{Context, bail};
use listenfd::ListenFd;
use sd_notify::NotifyState;
use telemetrics_common::accounts::FIRST_ACCOUNT_PATH;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::access;
use crate::app::App;
use crate::config::Config;
use crate::server;
use crate::server::tls::Tls;

pub(super) async fn run(mut config: Config, app: App) -> anyhow::Result<()> {
    // From the first moment on: without it the signal ends the program, whatever is under way.
    let hangup = signal(SignalKind::hangup())?;
    let (listener, tls) = (listen(&config).await?, Tls::of(&config.tls)?);
    // A socket that was given may be another than the one in the settings, and may be open to more.
    config.listen = listener.local_addr()?;
    config.access.check(config.listen).map_err(anyhow::Error::msg)?;
    let (address, scheme) = (config.listen, if tls.is_some() { "https" } else { "http" });
    let (front, state, mut writer) = server::build(config, app, crate::now).await?;
    let stop = stop_on_signal()?;
    match &tls {
        Some(tls) => tls.keep_reloading(hangup, stop.clone()),
        None => pass_over(hangup),
    }
    if let Some(link) = access::offer_first_account(&state.gate, &state.store, state.now()).await? {
        tracing::info!("make the first account within a day at {scheme}://{address}{FIRST_ACCOUNT_PATH}#{link}");
    }
    tracing::info!("Telemetrics serves {scheme}://{address}");
    tell_service_manager(&[NotifyState::Ready]);
    let mut serving = pin!(server::serve(listener, tls, front, &state, server::Limits::default(), stop.clone()));
    let is_broken = tokio::select! {
        () = &mut serving => false,
        () = writer.broken() => true,
    };
    if is_broken {
        // Nothing would be stored any more: whoever has started the server starts it again.
        stop.cancel();
        serving.await;
        bail!("the writing task failed");
    }
    tell_service_manager(&[NotifyState::Stopping]);
    writer.finish().await;
    state.store.close().await?;
    tracing::info!("stopped");
    Ok(())
}

/// A socket that the service manager has opened (systemd.socket(5)), or one of our own.
async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    if let Some(listener) = ListenFd::from_env().take_tcp_listener(0).context("cannot use the socket that was given")? {
        listener.set_nonblocking(true)?;
        return Ok(TcpListener::from_std(listener)?);
    }
    TcpListener::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))
}

/// Tells systemd how far the server is, if it is that which has started it (sd_notify(3)).
fn tell_service_manager(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(false, states) {
        tracing::debug!(%error, "the service manager was not told");
    }
}

/// Hears a signal that asks for nothing here.
fn pass_over(mut hangup: Signal) {
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            tracing::info!("SIGHUP: there is no certificate to read anew");
        }
    });
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
