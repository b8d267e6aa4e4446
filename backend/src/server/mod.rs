//! The HTTP server around the routes: connections, layers, and a shutdown that loses nothing.

// Hidden is what is public for this workspace's own tests and programs; nothing that others may build on.
pub mod assets;
#[doc(hidden)]
pub mod client_address;
mod front;
#[doc(hidden)]
pub mod guard;
#[doc(hidden)]
pub mod health;
pub mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use telemetrics_common::Timestamp;

use crate::access::Gate;
use crate::access::sign_on::SignOn;
use crate::app::{App, AppState, Shared};
use crate::config::Config;
use crate::in_force::InForce;
use crate::ingest::limits;
use crate::ingest::writer::{self, WriterTask};
use crate::jobs::{Jobs, Work};
use crate::live::Live;
use crate::metrics::Metrics;
use crate::store;
use crate::watch::Watch;

pub use self::front::Front;
use self::tls::Tls;

/// The largest head of a request.
const HEAD_BYTES: usize = 64 << 10;
/// Pause after a connection could not be accepted, for instance because there are too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The address at the other end of a connection, an extension of each request.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// How long connections may take.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the head of a request, and idle between two.
    pub head: Duration,
    /// For requests that are under way when the server stops.
    pub stop: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head: Duration::from_secs(15), stop: Duration::from_secs(20) }
    }
}

/// Opens the store, starts the writer, and puts the routes together.
///
/// # Errors
/// The database's, or that views do not fit together.
#[doc(hidden)]
pub async fn build(
    mut config: Config,
    app: App,
    clock: fn() -> Timestamp,
) -> anyhow::Result<(Front, AppState, WriterTask)> {
    config.access.behind_https |= config.tls.tls_cert.is_some();
    let store = store::open(&app.options(&config.database)).await?;
    let metrics = Arc::new(Metrics::default());
    let live = Live::new(store.clone());
    let (writer, task) = writer::start(store.clone(), live.clone(), Arc::clone(&metrics), config.queue_capacity)?;
    let limits = limits::Limits::new(&config.limits);
    let sign_on = SignOn::of(&config.access.sign_on)?;
    let gate = Gate::new(config.access.clone(), config.listen);
    let (jobs, stopping) = (Jobs::default(), CancellationToken::new());
    let (views, dashboard) = (app.views(), app.dashboard().clone());
    let machine_key = config.privacy.machine_ids.key()?;
    let in_force = InForce::load(&store, &config).await?;
    in_force.keep_looking(store.clone(), stopping.clone());
    let watch = Watch::new(clock(), store.folder(), config.min_free_disk);
    watch.keep_looking(store.clone(), Arc::clone(&metrics), clock, stopping.clone());
    let work = Work {
        store: store.clone(),
        in_force: in_force.clone(),
        ceiling: config.retention.max_database_size,
        metrics: Arc::clone(&metrics),
        clock,
    };
    jobs.start(work, stopping.clone());
    let state = AppState::from(Shared {
        config,
        store,
        writer,
        gate,
        limits,
        live,
        sign_on,
        machine_key,
        in_force,
        watch,
        jobs,
        metrics,
        stopping,
        clock,
        views,
        dashboard,
    });
    let front = Front::new(&state, app.into_router(state.clone())?);
    Ok((front, state, task))
}

/// Serves until told to stop; then finishes the requests that are under way.
#[doc(hidden)]
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    front: Front,
    state: &AppState,
    limits: Limits,
    stop: CancellationToken,
) {
    let connections = TaskTracker::new();
    let places = Arc::new(Semaphore::new(state.config.max_connections));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = stop.cancelled() => break,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        let (front, stop, tls) = (front.clone(), stop.clone(), tls.as_ref().map(Tls::acceptor));
        connections.spawn(async move {
            // Answers are small and complete: waiting to fill a packet only delays them.
            let _ = stream.set_nodelay(true);
            match tls {
                None => serve_connection(stream, peer, front, limits, stop).await,
                // Aside, so that connections without it do not hold room for its state.
                Some(acceptor) => {
                    Box::pin(async move {
                        // Who does not come to an end with it has as little time as for a head.
                        match tokio::time::timeout(limits.head, acceptor.accept(stream)).await {
                            Ok(Ok(stream)) => serve_connection(stream, peer, front, limits, stop).await,
                            Ok(Err(error)) => tracing::debug!(%error, "no secure connection came about"),
                            Err(_) => tracing::debug!("a secure connection took too long"),
                        }
                    })
                    .await;
                }
            }
            drop(place);
        });
    }
    drop(listener);
    state.stopping.cancel();
    connections.close();
    if tokio::time::timeout(limits.stop, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "connections that did not end are cut");
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, Peer, tokio::sync::OwnedSemaphorePermit)> {
    // The semaphore is never closed.
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, Peer(peer), place)),
        Err(error) => {
            tracing::warn!(%error, "cannot accept a connection");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    front: Front,
    limits: Limits,
    stop: CancellationToken,
) {
    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        front.answer(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        // A sender that has said all it has to say may still wait for the answer.
        .half_close(true)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        // What goes wrong on a connection is the client's business.
        _ = connection.as_mut() => return,
        () = stop.cancelled() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
